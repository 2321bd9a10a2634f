// Sources of every kind: schemes of one's own, signed URLs, secrets with a time, what is refused and why.

import assert from "node:assert/strict";
import { createHmac, randomBytes } from "node:crypto";
import { test } from "node:test";

import { request } from "../harness/http.mjs";
import { nowS } from "../harness/providers.mjs";
import { sleep, until } from "../harness/wait.mjs";
import { assertOutcome, assertProblem, uniquePath, useWorld } from "../harness/world.mjs";

const world = useWorld();

const secretText = () => randomBytes(24).toString("hex");
const mac = (secret, text) => createHmac("sha256", secret).update(text);
const create = (fields) => world.admin.call("POST", "/v1/sources", { name: "n", ...fields });

/** A source with a destination behind it, and how to post to it. */
async function made(fields) {
  const secret = fields.secret ?? secretText();
  const { secret: _, ...rest } = fields;
  const source = await world.admin.must("POST", "/v1/sources", { name: "n", secrets: [secret], ...rest });
  const path = uniquePath();
  await world.admin.destination(world.receiver, path, source);
  const post = (body, headers, query = "") =>
    request(`${world.gateway.origin}/in/${source.id}${query}`, { method: "POST", headers: Object.entries(headers), body });
  return { source, secret, post, arrived: () => world.receiver.at(path) };
}

const ACME = {
  signature: "X-Acme-Signature",
  timestamp: "X-Acme-Timestamp",
  format: "v0={signature}",
  time: "s",
  signed: "v0:{timestamp}:{body}",
  tolerance: 60,
  event_key: "/event_id",
  event_type: "/kind",
  event_type_header: "X-Acme-Kind",
};
const acme = (secret, body, atS = nowS()) => ({
  "X-Acme-Timestamp": String(atS),
  "X-Acme-Signature": `v0=${mac(secret, `v0:${atS}:${body}`).digest("hex")}`,
  "X-Acme-Kind": "order.paid",
});

test("a scheme of one's own: taken, recognised, delivered, and refused like any other", async () => {
  const { source, secret, post, arrived } = await made({ scheme: ACME });
  assert.deepEqual(source.scheme, { ...ACME, tolerance: "60" });
  assert.equal(source.provider, undefined);
  assert.deepEqual([source.tolerance_s, source.retry_horizon_s], [60, 60]);
  const body = '{"event_id":"e1","kind":"order.paid"}';
  assertOutcome(await post(body, acme(secret, body)), "accepted");
  const again = '{"event_id":"e1","kind":"order.paid","n":2}';
  assertOutcome(await post(again, acme(secret, again)), "duplicate");
  assertProblem(await post(again, acme(secret, body)), 401, "signature_mismatch");
  assertProblem(await post(body, acme(secretText(), body)), 401, "signature_mismatch");
  assertProblem(await post(body, acme(secret, body, nowS() - 90)), 401, "timestamp_too_old");
  assertProblem(await post(body, {}), 401, "missing_signature");
  await until("the delivery", () => arrived().length === 1);
  const [got] = arrived();
  assert.equal(got.get("hookward-event-type"), "order.paid");
  assert.equal(got.get("x-acme-kind"), "order.paid");
  assert.equal(got.get("x-acme-signature"), undefined);
  assert.deepEqual(await world.admin.must("GET", `/v1/sources/${source.id}`), source);
});

test("a signature is never passed on, whatever a scheme calls it", async () => {
  const { secret, post, arrived } = await made({
    scheme: { signature: "X-Sig", event_type_header: "x-sig", delivery_id_header: "X-Id" },
  });
  const body = randomBytes(9).toString("hex");
  const headers = { "X-Sig": mac(secret, body).digest("hex"), "X-Id": "d1" };
  assertOutcome(await post(body, headers), "accepted");
  await until("the delivery", () => arrived().length === 1);
  assert.equal(arrived()[0].get("x-sig"), undefined);
  assert.equal(arrived()[0].get("x-id"), "d1");
});

test("a scheme that cannot be verified is refused with the part at fault", async () => {
  const cases = [
    [{}, /header/],
    [{ signature: "X:Sig" }, /header/],
    [{ ...ACME, format: "v0" }, /format/],
    [{ ...ACME, encoding: "rot13" }, /encoding/],
    [{ ...ACME, time: "ns" }, /time/],
    [{ ...ACME, signed: "v0:{timestamp}" }, /signed content/],
    [{ ...ACME, timestamp: undefined }, /time/],
    [{ ...ACME, tolerance: 0 }, /tolerance/],
    [{ ...ACME, tolerance: 90_000 }, /tolerance/],
    [{ ...ACME, event_key: "id" }, /event key/],
    [{ ...ACME, event_key: "header" }, /event key/],
    [{ ...ACME, handshake: "sesame" }, /handshake/],
    [{ ...ACME, key: "base32" }, /key/],
  ];
  for (const [scheme, part] of cases) {
    const answer = await create({ scheme, secrets: [secretText()] });
    assertProblem(answer, 400, "invalid_scheme");
    assert.match(answer.json.detail, part, JSON.stringify(scheme));
  }
  const secrets = [secretText()];
  for (const fields of [
    { secrets },
    { secrets, provider: "github", scheme: ACME },
    { secrets, scheme: { ...ACME, colour: "red" } },
    { secrets, scheme: { ...ACME, signature: 7 } },
    { secrets, scheme: "X-Sig" },
    { scheme: ACME },
    { secrets: [], scheme: ACME },
  ]) {
    assertProblem(await create(fields), 400, "invalid_request");
  }
  assertProblem(await create({ provider: "paystack", secrets }), 400, "unsupported_provider");
  assert.match((await create({ provider: "paystack", secrets })).json.detail, /HMAC-SHA512/);
  assertProblem(await create({ provider: "airtable", secrets: ["!"] }), 400, "malformed_secret");
  const { source } = await made({ scheme: ACME });
  const patched = await world.admin.call("PATCH", `/v1/sources/${source.id}`, { scheme: ACME });
  assertProblem(patched, 400, "invalid_request");
});

test("a URL that is signed is the ingest URL, or what was said", async () => {
  const square = (secret, url, body) => ({
    "x-square-hmacsha256-signature": mac(secret, url + body).digest("base64"),
  });
  const body = () => JSON.stringify({ event_id: randomBytes(6).toString("hex"), type: "payment.made" });
  const own = await made({ provider: "square" });
  assert.equal(own.source.signed_url, own.source.ingest_url);
  const first = body();
  assertOutcome(await own.post(first, square(own.secret, own.source.ingest_url, first)), "accepted");
  assertProblem(await own.post(first, square(own.secret, "https://other.example/", first)), 401, "signature_mismatch");
  assertProblem(await own.post(first, square(own.secret, "", first)), 401, "signature_mismatch");

  const url = "https://hooks.example.com/square?shop=1";
  const said = await made({ provider: "square", signed_url: url });
  assert.equal(said.source.signed_url, url);
  const second = body();
  assertOutcome(await said.post(second, square(said.secret, url, second)), "accepted");
  assertProblem(
    await said.post(second, square(said.secret, said.source.ingest_url, second)),
    401,
    "signature_mismatch",
  );

  const hubspot = await made({ provider: "hubspot" });
  const sign = (method, at) =>
    mac(hubspot.secret, `${method}${hubspot.source.ingest_url}[]${at}`).digest("base64");
  const headers = (method) => {
    const at = Date.now();
    return { "X-HubSpot-Request-Timestamp": String(at), "X-HubSpot-Signature-v3": sign(method, at) };
  };
  assertProblem(await hubspot.post("[]", headers("PUT")), 401, "signature_mismatch");
  assertOutcome(await hubspot.post("[]", headers("POST")), "accepted");

  const secrets = [secretText()];
  for (const signed_url of ["", "hooks.example.com", "ftp://example.com/", "https://example.com/a b", 7]) {
    assertProblem(await create({ provider: "square", secrets, signed_url }), 400, "invalid_request");
  }
  assertProblem(await create({ provider: "github", secrets, signed_url: url }), 400, "invalid_request");
});

test("a secret is tried while it is valid, to the second, and no other is", async () => {
  const [early, late] = [secretText(), secretText()];
  const turn = nowS() + 4;
  const { source, post } = await made({
    provider: "github",
    secrets: [
      { secret: early, not_after: turn - 1 },
      { secret: late, not_before: new Date(turn * 1000).toISOString() },
    ],
  });
  const iso = (seconds) => new Date(seconds * 1000).toISOString().replace(".000Z", "Z");
  assert.deepEqual(source.secrets, [
    { not_before: null, not_after: iso(turn - 1) },
    { not_before: iso(turn), not_after: null },
  ]);
  const send = (secret) => {
    const body = randomBytes(9).toString("hex");
    return post(body, { "X-Hub-Signature-256": `sha256=${mac(secret, body).digest("hex")}` });
  };
  assertOutcome(await send(early), "accepted");
  assertProblem(await send(late), 401, "signature_mismatch");
  // What is remembered of the source is older than the turn, and is not relied on for it.
  await sleep(turn * 1000 - Date.now() - 1500);
  assertOutcome(await send(early), "accepted");
  await sleep(turn * 1000 - Date.now() + 50);
  assertProblem(await send(early), 401, "signature_mismatch");
  assertOutcome(await send(late), "accepted");

  await world.admin.must("PATCH", `/v1/sources/${source.id}`, { secrets: [{ secret: late, not_after: nowS() - 1 }] });
  // Without a secret nothing is judged: it can be mended, and is sent again.
  await until("the change to show", async () => (await send(late)).json.code === "source_misconfigured");
  assertProblem(await send(early), 503, "source_misconfigured");
});

test("times of secrets that make no sense are refused", async () => {
  const secret = secretText();
  for (const one of [
    { secret, not_before: 20, not_after: 19 },
    { secret, not_before: Date.now() },
    { secret, not_after: "tomorrow" },
    { secret, not_after: -1 },
    { secret, until: 5 },
    { not_after: 5 },
    { secret: "" },
    [secret],
    null,
  ]) {
    assertProblem(await create({ provider: "github", secrets: [one] }), 400, "invalid_request");
  }
});

test("a horizon longer than keys are remembered is refused with the reason", async () => {
  const secrets = [secretText()];
  const day = 24 * 3600;
  const answer = await create({ provider: "github", secrets, tolerance_s: 300, retry_horizon_s: 4 * day });
  assertProblem(answer, 400, "invalid_policy");
  assert.match(answer.json.detail, /remembered/);
  const custom = await create({ scheme: { ...ACME, horizon: 4 * day }, secrets });
  assertProblem(custom, 400, "invalid_policy");
  assert.equal((await create({ provider: "github", secrets, retry_horizon_s: 4 * day - 600 })).status, 201);
  const { source } = await made({ provider: "github" });
  const patched = await world.admin.call("PATCH", `/v1/sources/${source.id}`, { tolerance_s: 2 * day });
  assertProblem(patched, 400, "invalid_policy");
});
