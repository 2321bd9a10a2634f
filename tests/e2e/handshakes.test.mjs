// Handshakes: what providers ask of a URL before they post to it, and what nobody may gain by asking.

import assert from "node:assert/strict";
import { createHmac, randomBytes } from "node:crypto";
import { test } from "node:test";

import { request } from "../harness/http.mjs";
import { nowS } from "../harness/providers.mjs";
import { until } from "../harness/wait.mjs";
import { assertOutcome, assertProblem, uniquePath, useWorld } from "../harness/world.mjs";

const world = useWorld();

const mac = (secret, ...parts) => parts.reduce((hmac, part) => hmac.update(part), createHmac("sha256", secret));

/** A source of `provider` with a destination, and how its provider talks to it. */
async function made(provider, fields = {}) {
  const secret = `s${randomBytes(20).toString("hex")}`;
  const source = await world.admin.must("POST", "/v1/sources", { name: provider, provider, secrets: [secret], ...fields });
  const path = uniquePath();
  await world.admin.destination(world.receiver, path, source);
  const url = `${world.gateway.origin}/in/${source.id}`;
  return {
    source,
    secret,
    url,
    get: (query) => request(`${url}?${new URLSearchParams(query)}`),
    post: (body, headers = {}) => request(url, { method: "POST", headers: Object.entries(headers), body }),
    arrived: () => world.receiver.at(path),
    open: () => world.admin.call("POST", `/v1/sources/${source.id}/open`),
    read: () => world.admin.must("GET", `/v1/sources/${source.id}`),
  };
}

function assertEcho(answer, text) {
  assert.equal(answer.status, 200, answer.text);
  assert.equal(answer.text, text);
  assert.match(answer.headers["content-type"], /^text\/plain/);
  assert.equal(answer.headers["x-content-type-options"], "nosniff");
}

test("Meta: the challenge is echoed for the configured token alone", async () => {
  const meta = await made("meta", { verify_token: "a token of ours" });
  assert.equal(meta.source.has_verify_token, true);
  assert.ok(!JSON.stringify(meta.source).includes("a token of ours"));
  const ask = (token, more = {}) =>
    meta.get({ "hub.mode": "subscribe", "hub.verify_token": token, "hub.challenge": "1158201444", ...more });
  assertEcho(await ask("a token of ours"), "1158201444");
  for (const wrong of ["", "A token of ours", "a token of our", "a token of ours "]) {
    const answer = await ask(wrong);
    assertProblem(answer, 400, "invalid_handshake");
    assert.ok(!answer.text.includes("1158201444"));
  }
  assertProblem(await ask("a token of ours", { "hub.mode": "unsubscribe" }), 400, "invalid_handshake");
  assertProblem(await ask("a token of ours", { "hub.challenge": "<a b>" }), 400, "invalid_handshake");
  const without = await made("meta");
  assert.equal(without.source.has_verify_token, false);
  assertProblem(await without.get({ "hub.verify_token": "" }), 400, "invalid_handshake");
  await world.admin.must("PATCH", `/v1/sources/${without.source.id}`, { verify_token: "later" });
  const late = { "hub.mode": "subscribe", "hub.verify_token": "later", "hub.challenge": "x" };
  await until("the token to show", async () => (await without.get(late)).text === "x");
  const refused = await world.admin.call("PATCH", `/v1/sources/${(await made("github")).source.id}`, { verify_token: "x" });
  assertProblem(refused, 400, "invalid_request");
});

test("Dropbox: the challenge is echoed, and is no page of somebody else's", async () => {
  const dropbox = await made("dropbox");
  assertEcho(await dropbox.get({ challenge: "abc_123-xyz" }), "abc_123-xyz");
  assertEcho(await dropbox.get({ challenge: "<script>alert(1)</script>" }), "<script>alert(1)</script>");
  for (const challenge of ["", "a b", "a\r\nb", "é", "x".repeat(2049)]) {
    assertProblem(await dropbox.get({ challenge }), 400, "invalid_handshake");
  }
  const body = '{"list_folder":{"accounts":["dbid:1"]}}';
  const signed = { "X-Dropbox-Signature": mac(dropbox.secret, body).digest("hex") };
  // Identical bodies are different changes.
  assertOutcome(await dropbox.post(body, signed), "accepted");
  assertOutcome(await dropbox.post(body, signed), "accepted");
});

test("X: a handshake buys no signature for a delivery", async () => {
  const x = await made("x");
  const answer = await x.get({ crc_token: "challenge_1-A" });
  assert.equal(answer.status, 200);
  assert.deepEqual(answer.json, { response_token: `sha256=${mac(x.secret, "challenge_1-A").digest("base64")}` });
  // The tag of a token, bought from the gateway itself, on a delivery of that token.
  const bought = answer.json.response_token;
  const forged = await x.post("challenge_1-A", { "x-twitter-webhooks-signature": bought });
  assertProblem(forged, 400, "malformed_envelope");
  // Nothing that an event could be is signed by asking.
  for (const body of ['{"data":{"event_type":"profile.update"}}', "[1]", "1 2", "", "a".repeat(129), "a+b"]) {
    const refused = await x.get({ crc_token: body });
    assertProblem(refused, 400, "invalid_handshake");
    assert.ok(!refused.text.includes(mac(x.secret, body).digest("base64")));
  }
  const twice = await request(`${x.url}?crc_token=aaa&crc_token=bbb`);
  assertProblem(twice, 400, "invalid_handshake");
  // Asked by POST, it is a delivery without a signature.
  const posted = await request(`${x.url}?crc_token=aaa`, { method: "POST", body: "{}" });
  assertProblem(posted, 401, "missing_signature");
  assert.equal(x.arrived().length, 0);
});

test("Zoom: an answer under HMAC only to what Zoom has signed", async () => {
  const zoom = await made("zoom");
  const sign = (body, secret = zoom.secret, atS = nowS()) => ({
    "x-zm-request-timestamp": String(atS),
    "x-zm-signature": `v0=${mac(secret, `v0:${atS}:${body}`).digest("hex")}`,
  });
  const ask = (plainToken) => JSON.stringify({ event: "endpoint.url_validation", payload: { plainToken } });
  const body = ask("qgg8vlvZRS6UYooatFL8Aw");
  const answer = await zoom.post(body, sign(body));
  const encryptedToken = mac(zoom.secret, "qgg8vlvZRS6UYooatFL8Aw").digest("hex");
  assert.deepEqual(answer.json, { plainToken: "qgg8vlvZRS6UYooatFL8Aw", encryptedToken });
  assertProblem(await zoom.post(body), 401, "missing_signature");
  assertProblem(await zoom.post(body, sign(body, "another")), 401, "signature_mismatch");
  assertProblem(await zoom.post(body, sign(body, zoom.secret, nowS() - 400)), 401, "timestamp_too_old");
  // What Zoom's own signed content looks like is never put under the same key.
  for (const token of [`v0:${nowS()}:{}`, "", "a b", "x".repeat(129)]) {
    const refused = await zoom.post(ask(token), sign(ask(token)));
    assertProblem(refused, 400, "invalid_handshake");
    assert.ok(!refused.text.includes(mac(zoom.secret, token).digest("hex")));
  }
  assert.equal(zoom.arrived().length, 0);
});

test("Slack and Twitch: the challenge of what is signed is echoed, and is no event", async () => {
  const slack = await made("slack");
  const body = JSON.stringify({ type: "url_verification", challenge: "3eZbrw1aB" });
  const sign = (atS = nowS()) => ({
    "X-Slack-Request-Timestamp": String(atS),
    "X-Slack-Signature": `v0=${mac(slack.secret, `v0:${atS}:${body}`).digest("hex")}`,
  });
  assertEcho(await slack.post(body, sign()), "3eZbrw1aB");
  assertProblem(await slack.post(body), 401, "missing_signature");
  assertProblem(await slack.post(body, { ...sign(), "X-Slack-Signature": `v0=${"0".repeat(64)}` }), 401, "signature_mismatch");

  const twitch = await made("twitch");
  const ask = JSON.stringify({ challenge: "pogchamp-1", subscription: { status: "webhook_callback_verification_pending" } });
  const at = new Date().toISOString();
  const signed = (secret) => ({
    "Twitch-Eventsub-Message-Id": "m1",
    "Twitch-Eventsub-Message-Timestamp": at,
    "Twitch-Eventsub-Message-Signature": `sha256=${mac(secret, `m1${at}${ask}`).digest("hex")}`,
  });
  assertEcho(await twitch.post(ask, signed(twitch.secret)), "pogchamp-1");
  assertProblem(await twitch.post(ask, signed("another")), 401, "signature_mismatch");
  assert.equal(slack.arrived().length + twitch.arrived().length, 0);
});

test("Xero: 200 or 401, and never a body", async () => {
  const xero = await made("xero");
  const send = (body, secret = xero.secret) => xero.post(body, { "x-xero-signature": mac(secret, body).digest("base64") });
  const intent = '{"events":[],"firstEventSequence":0,"lastEventSequence":0,"entropy":"S0m3r4Nd0mt3xt"}';
  const event = '{"events":[{"resourceId":"r1"}],"firstEventSequence":1,"lastEventSequence":1,"entropy":"x"}';
  for (const [answer, status] of [
    [await send(intent), 200],
    [await send(intent, "another"), 401],
    [await xero.post(intent), 401],
    [await send(event), 200],
    [await send(event, "another"), 401],
  ]) {
    assert.equal(answer.status, status);
    assert.equal(answer.bytes.length, 0, answer.text);
  }
  await until("the one event", () => xero.arrived().length === 1);
  assert.equal(xero.arrived()[0].body.toString(), event);
});

test("WooCommerce: a ping is answered, anything else has to be signed", async () => {
  const woo = await made("woocommerce");
  const ping = await woo.post("webhook_id=42", { "content-type": "application/x-www-form-urlencoded" });
  assert.equal(ping.status, 200);
  assertProblem(await woo.post("webhook_id=42&x=1"), 401, "missing_signature");
  assertProblem(await woo.post('{"id":42}'), 401, "missing_signature");
  assert.equal(woo.arrived().length, 0);
});

test("Asana: a secret is taken once, while the source is open, and never replaces one", async () => {
  const asana = await made("asana", { secrets: undefined });
  assert.deepEqual(asana.source.secrets, []);
  const shake = (secret) => asana.post("", { "X-Hook-Secret": secret });
  const sign = (secret, body) => ({ "X-Hook-Signature": mac(secret, body).digest("hex") });
  const body = () => JSON.stringify({ events: [{ action: "changed", n: randomBytes(6).toString("hex") }] });

  assertProblem(await shake("too-early"), 403, "handshake_closed");
  // Without a secret nothing can be judged; it is sent again.
  const early = body();
  assertProblem(await asana.post(early, sign("too-early", early)), 503);

  const opened = await asana.open();
  assert.equal(opened.status, 200, opened.text);
  const left = Date.parse(opened.json.open_until) - Date.now();
  assert.ok(left > 9 * 60_000 && left <= 10 * 60_000, `${left} ms`);
  assertProblem(await asana.post("", { "X-Hook-Secret": "with space" }), 400, "invalid_handshake");
  const both = await Promise.all(["first-secret", "second-secret"].map(shake));
  const taken = both.filter(({ status }) => status === 200);
  assert.equal(taken.length, 1, both.map(({ text }) => text).join(" "));
  assertProblem(both.find(({ status }) => status !== 200), 403, "handshake_closed");
  const secret = taken[0].headers["x-hook-secret"];
  assert.match(secret, /^(first|second)-secret$/);

  const now = await asana.read();
  assert.deepEqual([now.secrets.length, now.open_until], [1, undefined]);
  assert.ok(!JSON.stringify(now).includes(secret));
  const first = body();
  assertOutcome(await asana.post(first, sign(secret, first)), "accepted");
  assertProblem(await shake("third-secret"), 403, "handshake_closed");
  assertProblem(await asana.open(), 409, "has_secret");
  assertProblem(await shake("third-secret"), 403, "handshake_closed");

  // The owner takes the secret away; only then can another arrive.
  await world.admin.must("PATCH", `/v1/sources/${asana.source.id}`, { secrets: [] });
  assertProblem(await shake("third-secret"), 403, "handshake_closed");
  assert.equal((await asana.open()).status, 200);
  assert.equal((await shake("third-secret")).status, 200);
  const second = body();
  assertProblem(await asana.post(second, sign(secret, second)), 401, "signature_mismatch");
  assertOutcome(await asana.post(second, sign("third-secret", second)), "accepted");
});

test("Notion: the verification token is the secret", async () => {
  const notion = await made("notion", { secrets: undefined });
  const token = `secret_${randomBytes(12).toString("hex")}`;
  const ask = JSON.stringify({ verification_token: token });
  assertProblem(await notion.post(ask), 403, "handshake_closed");
  assert.equal((await notion.open()).status, 200);
  const forged = { "X-Notion-Signature": `sha256=${"0".repeat(64)}` };
  assertProblem(await notion.post(ask, forged), 401, "signature_mismatch");
  assert.equal((await notion.post(ask)).status, 200);
  const body = JSON.stringify({ id: "ev1", type: "page.created" });
  const signed = { "X-Notion-Signature": `sha256=${mac(token, body).digest("hex")}` };
  assertOutcome(await notion.post(body, signed), "accepted");
  assertProblem(await notion.post(ask), 403, "handshake_closed");
});

test("a secret that cannot be kept is not acknowledged", async () => {
  const asana = await made("asana", { secrets: undefined });
  assert.equal((await asana.open()).status, 200);
  // This isolate knows the source as open before the registry goes away.
  assertProblem(await asana.post("", { "X-Hook-Secret": "with space" }), 400, "invalid_handshake");
  await world.gateway.setFaults({ registry: { fetch: "throw_before" } });
  assertProblem(await asana.post("", { "X-Hook-Secret": "lost" }), 503, "unavailable");
  await world.gateway.setFaults({});
  assert.deepEqual((await asana.read()).secrets, []);
});

test("opening is for providers that bring a secret, with the token, for sources that are there", async () => {
  const github = await made("github");
  assertProblem(await github.open(), 400, "invalid_request");
  const asana = await made("asana", { secrets: undefined });
  const bare = await request(`${world.gateway.origin}/v1/sources/${asana.source.id}/open`, { method: "POST" });
  assertProblem(bare, 401, "unauthorized");
  await world.admin.must("DELETE", `/v1/sources/${asana.source.id}`);
  assertProblem(await asana.open(), 404, "unknown_source");
});

test("GET without a handshake says what the URL is for; an invented URL says nothing", async () => {
  const github = await made("github");
  for (const url of [github.url, `${github.url}?crc_token=aaa`, `${github.url}?challenge=x`]) {
    const answer = await request(url);
    assert.equal(answer.status, 200);
    assert.match(answer.text, /webhook/);
    assert.ok(!/aaa|challenge/.test(answer.text));
  }
  assertProblem(await request(`${world.gateway.origin}/in/src_${"0".repeat(40)}`), 404, "unknown_source");
  const disabled = await made("x", { enabled: false });
  assertProblem(await disabled.get({ crc_token: "aaa" }), 403, "source_disabled");
});

test("a flood of handshakes costs no look-up for each, and the owner sees why they failed", async () => {
  const meta = await made("meta", { verify_token: "right" });
  await meta.get({ "hub.verify_token": "wrong" });
  await world.gateway.setFaults({ registry: { fetch: "count" } });
  const asked = await Promise.all(Array.from({ length: 100 }, () => meta.get({ "hub.verify_token": "wrong" })));
  for (const answer of asked) assertProblem(answer, 400, "invalid_handshake");
  const hits = await world.gateway.faultHits();
  assert.ok((hits["registry.fetch"] ?? 0) <= 5, JSON.stringify(hits));
  const list = () => world.admin.must("GET", `/v1/sources/${meta.source.id}/rejections`);
  await until("a rejection", async () => (await list()).counts.invalid_handshake > 0);
  assert.match((await list()).data[0].detail, /verify token/);
});
