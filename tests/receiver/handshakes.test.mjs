// Handshakes in a receiver: answered before anything is verified or handled, and no way around either.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";

import { ACCEPTED, NOW, SECRET, clockAt, deferred, hookward, seen } from "./kit.mjs";

const { MemoryStore, Receiver, sign } = hookward;

function make(options) {
  const clock = clockAt();
  const receiver = new Receiver({ ...("takeSecret" in options ? {} : { secret: SECRET }), now: clock, ...options });
  return {
    clock,
    receiver,
    get: (url) => receiver.handle({ method: "GET", url, headers: {}, body: "" }, assert.fail),
    post: (body, headers, handler = assert.fail) => receiver.handle({ method: "POST", url: "/webhooks", headers, body }, handler),
  };
}

const signed = (provider, body, secret = SECRET) => sign({ provider, secret, body, timestamp: NOW });

test("Meta's GET is answered with its challenge, if its verify token is ours", async () => {
  const { get, post } = make({ provider: "meta", verifyToken: "my-token" });
  const query = (token) => `/webhooks?hub.mode=subscribe&hub.verify_token=${token}&hub.challenge=1158201444`;
  const answer = await get(query("my-token"));
  assert.deepEqual([answer.status, answer.body, answer.headers["x-content-type-options"]], [200, "1158201444", "nosniff"]);
  assert.match(answer.headers["content-type"], /^text\/plain/);
  const refused = await get(query("other"));
  assert.ok(refused.status >= 400 && refused.status < 500 && refused.error !== undefined, String(refused.status));
  assert.doesNotMatch(refused.body, /1158201444/);
  const body = '{"object":"page","entry":[]}';
  assert.deepEqual(seen(await post(body, signed("meta", body), () => {})), ACCEPTED);
});

test("X's GET is answered under HMAC", async () => {
  const { get } = make({ provider: "x" });
  const answer = await get("https://example.com/webhooks?crc_token=abc_123-x");
  const tag = createHmac("sha256", SECRET).update("abc_123-x").digest("base64");
  assert.deepEqual([answer.status, JSON.parse(answer.body)], [200, { response_token: `sha256=${tag}` }]);
  // What could be an event is signed for nobody.
  const forged = await get(`/webhooks?crc_token=${encodeURIComponent('{"for_user_id":"1"}')}`);
  assert.deepEqual(seen(forged), [400, { code: "invalid_handshake" }, false]);
});

test("a GET that is no handshake, and other methods", async () => {
  for (const [provider, allow] of [["dropbox", "GET, POST"], ["meta", "GET, POST"], ["x", "GET, POST"], ["slack", "POST"], ["tinyposter", "POST"]]) {
    const { receiver, get } = make({ provider, verifyToken: "t" });
    const answer = await get("/webhooks");
    assert.deepEqual(seen(answer), [405, { code: "method_not_allowed" }, false], provider);
    assert.equal(answer.headers.allow, allow);
    for (const method of ["HEAD", "PUT", "get"]) {
      const other = await receiver.handle({ method, url: "/?challenge=abc&crc_token=abc", headers: {}, body: "" }, assert.fail);
      assert.deepEqual([other.status, other.headers.allow], [405, allow]);
    }
  }
});

test("Slack's is answered if it is signed, and nothing is handled", async () => {
  const { post } = make({ provider: "slack", store: new MemoryStore() });
  const body = '{"type":"url_verification","token":"t","challenge":"3eZbrw1aB10FEMAGAZd4FyFQ"}';
  const answer = await post(body, signed("slack", body));
  assert.deepEqual([answer.status, answer.body], [200, "3eZbrw1aB10FEMAGAZd4FyFQ"]);
  assert.deepEqual(seen(await post(body, signed("slack", body, "other"))), [401, { code: "signature_mismatch" }, false]);
  const event = '{"type":"event_callback","event_id":"Ev1"}';
  assert.deepEqual(seen(await post(event, signed("slack", event), () => {})), ACCEPTED);
});

test("a handshake counts by the secrets that are valid now", async () => {
  const { post } = make({ provider: "slack", secret: { secret: SECRET, notAfter: NOW - 1 } });
  const body = '{"type":"url_verification","token":"t","challenge":"abc"}';
  assert.deepEqual(seen(await post(body, signed("slack", body))), [500, { code: "no_secret" }, false]);
});

const ARRIVING = "b6f4c1d2e3a4958677b6f4c1d2e3a495";

/** A handshake that brings a secret. */
const asana = (post, secret = ARRIVING) => post("", { "x-hook-secret": secret });
const notion = (post, secret = `secret_${ARRIVING}`) => post(JSON.stringify({ verification_token: secret }), {});

test("a secret that arrives is handed over once, used from then on, and never replaced", async () => {
  for (const [provider, arrive, secret] of [["asana", asana, ARRIVING], ["notion", notion, `secret_${ARRIVING}`]]) {
    const taken = [];
    const { post } = make({ provider, takeSecret: (one) => void taken.push(one) });
    const body = '{"events":[{"action":"added"}],"id":"1"}';
    assert.deepEqual(seen(await post(body, signed(provider, body, secret))), [500, { code: "no_secret" }, false]);
    const answer = await arrive(post);
    assert.equal(answer.status, 200, `${provider} ${answer.body}`);
    if (provider === "asana") assert.equal(answer.headers["X-Hook-Secret"] ?? answer.headers["x-hook-secret"], secret);
    assert.deepEqual(taken, [secret]);
    assert.deepEqual(seen(await post(body, signed(provider, body, secret), () => {})), ACCEPTED);
    const again = await arrive(post, `${secret}2`);
    assert.ok(again.status >= 400, String(again.status));
    assert.deepEqual(taken, [secret]);
    assert.deepEqual(seen(await post(body, signed(provider, body, `${secret}2`))), [401, { code: "signature_mismatch" }, false]);
  }
});

test("a secret is taken for ten minutes, and not where there is one", async () => {
  const taken = [];
  const late = make({ provider: "asana", takeSecret: (one) => void taken.push(one) });
  late.clock.pass(600);
  assert.ok((await asana(late.post)).status >= 400);
  const closed = make({ provider: "asana" });
  assert.deepEqual(seen(await asana(closed.post)), [403, { code: "handshake_closed" }, false]);
  assert.deepEqual(taken, []);
  const inTime = make({ provider: "asana", takeSecret: (one) => void taken.push(one) });
  inTime.clock.pass(599);
  assert.equal((await asana(inTime.post)).status, 200);
  assert.deepEqual(taken, [ARRIVING]);
});

test("it is answered when it is kept, and not before; if it could not be kept, it may come again", async () => {
  const kept = deferred();
  let fails = true;
  const { post } = make({ provider: "asana", takeSecret: () => (fails ? Promise.reject(new Error("mine")) : kept.promise) });
  await assert.rejects(asana(post), { message: "mine" });
  fails = false;
  const answer = asana(post);
  // A second one that comes meanwhile finds it taken.
  assert.ok((await asana(post, `${ARRIVING}2`)).status >= 400);
  kept.resolve();
  assert.equal((await answer).status, 200);
});

test("a secret that takeSecret refuses, since there is one, is neither answered nor used", async () => {
  for (const refuse of [() => false, async () => false]) {
    const asked = [];
    const { post } = make({ provider: "asana", takeSecret: (one) => (asked.push(one), refuse()) });
    const answer = await asana(post);
    assert.deepEqual(seen(answer), [403, { code: "handshake_closed" }, false]);
    assert.doesNotMatch(JSON.stringify(answer.headers), new RegExp(ARRIVING));
    // Nor is it asked again.
    assert.ok((await asana(post)).status >= 400);
    assert.deepEqual(asked, [ARRIVING]);
    const body = '{"events":[{"action":"added"}],"id":"1"}';
    assert.deepEqual(seen(await post(body, signed("asana", body, ARRIVING))), [500, { code: "no_secret" }, false]);
  }
});

test("takeSecret in place of a secret, not beside one", () => {
  const takeSecret = () => {};
  for (const more of [{ secret: SECRET }, { secrets: [] }]) {
    assert.throws(() => new Receiver({ provider: "asana", takeSecret, ...more }), { code: "invalid_option" });
  }
  assert.throws(() => new Receiver({ provider: "asana", takeSecret: "yes" }), { code: "invalid_option" });
});
