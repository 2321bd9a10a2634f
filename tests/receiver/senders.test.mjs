// Receivers of schemes of one's own, of providers that sign more than the body, and of those whose events
// have no key.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ACCEPTED, DUPLICATE, NOW, SECRET, clockAt, hookward, seen } from "./kit.mjs";

const { MemoryStore, Receiver, customScheme, providers, sign } = hookward;

const STALE = [401, { code: "timestamp_too_old" }, false];

function make(options) {
  const clock = clockAt(NOW - 10 * 86_400);
  const store = new MemoryStore({ now: clock });
  clock.time = NOW;
  return { clock, store, receiver: new Receiver({ secret: SECRET, store, now: clock, ...options }) };
}

test("a scheme of one's own: its tolerance, its horizon, its event key", async () => {
  const scheme = customScheme({
    id: "mine",
    signature: "X-Mine",
    format: "t={timestamp},v1={signature}",
    signed: "{timestamp}.{body}",
    time: "s",
    tolerance: 60,
    horizon: 7200,
    eventKey: "/event/id",
  });
  const { receiver, clock } = make({ scheme });
  const request = (id, at) => {
    const body = JSON.stringify({ event: { id }, at });
    return { headers: sign({ scheme, secret: SECRET, body, timestamp: at }), body };
  };
  const handle = (one, handler = () => {}) => receiver.handle(one, handler).then(seen);
  const first = request("a", NOW);
  assert.deepEqual(await handle(first), ACCEPTED);
  assert.deepEqual(await handle(request("a", NOW + 1), assert.fail), DUPLICATE);
  assert.deepEqual(await handle(request("b", NOW - 61)), ACCEPTED);
  clock.pass(7200);
  assert.deepEqual(await handle(first, assert.fail), DUPLICATE);
  clock.pass(1);
  assert.deepEqual(await handle(first, assert.fail), STALE);
});

test("either a provider or a scheme, and one that was checked", () => {
  const scheme = customScheme({ signature: "X-Mine" });
  assert.doesNotThrow(() => new Receiver({ scheme, secret: SECRET }));
  for (const [options, code] of [
    [{ scheme, provider: "svix" }, "invalid_option"],
    [{ scheme: { signature: "X-Mine" } }, "invalid_option"],
    [{}, "invalid_option"],
    [{ provider: "paypal" }, "unsupported_provider"],
  ]) {
    assert.throws(() => new Receiver({ secret: SECRET, ...options }), { code }, JSON.stringify(options));
  }
});

test("in a store, a scheme of one's own has a name that is nobody else's: its id, or a source", async () => {
  const store = new MemoryStore();
  const made = (id, more) => () => new Receiver({ scheme: customScheme({ id, signature: "X-Mine", eventKey: "/id" }), secret: SECRET, store, ...more });
  // Left out, the default written out, a provider, and one that cannot be verified.
  for (const id of [undefined, "custom", "stripe", "paypal"]) {
    assert.throws(made(id), { code: "invalid_option", message: /source/ }, id);
    assert.doesNotThrow(made(id, { source: "mine" }), id);
    assert.doesNotThrow(made(id, { store: undefined }), id);
  }
  const body = '{"id":"evt_1"}';
  const receivers = [
    made("stripe", { source: "a" })(),
    made("stripe", { source: "b" })(),
    made(undefined, { source: "c" })(),
    made("mine")(),
    made("other")(),
  ];
  for (const receiver of receivers) {
    const headers = sign({ scheme: customScheme({ signature: "X-Mine" }), secret: SECRET, body });
    assert.deepEqual(seen(await receiver.handle({ headers, body }, () => {})), ACCEPTED);
    assert.deepEqual(seen(await receiver.handle({ headers, body }, assert.fail)), DUPLICATE);
  }
  const stripe = new Receiver({ provider: "stripe", secret: SECRET, store });
  const headers = sign({ provider: "stripe", secret: SECRET, body });
  assert.deepEqual(seen(await stripe.handle({ headers, body }, () => {})), ACCEPTED);
});

test("events without a key are all handled, and none of them late: nobody would know them again", async () => {
  const scheme = customScheme({
    id: "mine",
    signature: "X-Mine",
    format: "t={timestamp},v1={signature}",
    signed: "{timestamp}.{body}",
    time: "s",
    horizon: 7200,
    eventKey: "none",
  });
  const { receiver } = make({ scheme });
  const request = (at) => ({ headers: sign({ scheme, secret: SECRET, body: "{}", timestamp: at }), body: "{}" });
  let handled = 0;
  for (let copies = 0; copies < 3; copies++) {
    assert.deepEqual(seen(await receiver.handle(request(NOW - 300), () => handled++)), ACCEPTED);
  }
  assert.equal(handled, 3);
  assert.deepEqual(seen(await receiver.handle(request(NOW - 301), assert.fail)), STALE);

  const dropbox = make({ provider: "dropbox" });
  const body = '{"list_folder":{"accounts":["dbid:1"]}}';
  const headers = sign({ provider: "dropbox", secret: SECRET, body });
  for (let copies = 0; copies < 3; copies++) {
    assert.deepEqual(seen(await dropbox.receiver.handle({ headers, body }, () => handled++)), ACCEPTED);
  }
  assert.equal(handled, 6);
});

test("where the URL is signed, it is the one that is registered, whatever the request's is", async () => {
  const url = "https://example.com/webhooks?a=1";
  for (const provider of ["square", "hubspot"]) {
    assert.throws(() => new Receiver({ provider, secret: SECRET }), { code: "invalid_target" }, provider);
    const { receiver } = make({ provider, url });
    const body = '{"event_id":"1","eventId":1}';
    const request = { headers: sign({ provider, secret: SECRET, body, method: "POST", url, timestamp: NOW }), body };
    assert.deepEqual(seen(await receiver.handle({ ...request, method: "POST", url: "/behind-a-proxy" }, () => {})), ACCEPTED);
    const other = make({ provider, url: `${url}2` });
    assert.deepEqual(seen(await other.receiver.handle({ ...request, url }, assert.fail)), [401, { code: "signature_mismatch" }, false]);
  }
});

test("two Shopify updates of one order are two events, and a copy of one is one", async () => {
  const { receiver } = make({ provider: "shopify" });
  const update = (price) => {
    const body = JSON.stringify({ id: 820982911946154500, price });
    return { headers: sign({ provider: "shopify", secret: SECRET, body }), body };
  };
  assert.deepEqual(seen(await receiver.handle(update("1.00"), () => {})), ACCEPTED);
  assert.deepEqual(seen(await receiver.handle(update("2.00"), () => {})), ACCEPTED);
  assert.deepEqual(seen(await receiver.handle(update("1.00"), assert.fail)), DUPLICATE);
});

test("tinysend is late by the time that its body says", async () => {
  const { receiver } = make({ provider: "tinysend" });
  const request = (id, age) => {
    const body = JSON.stringify({ id, type: "post.sent", created_at: new Date((NOW - age) * 1000).toISOString(), data: {} });
    return { headers: sign({ provider: "tinysend", secret: SECRET, body }), body };
  };
  assert.deepEqual(seen(await receiver.handle(request("a", 86_400), () => {})), ACCEPTED);
  assert.deepEqual(seen(await receiver.handle(request("a", 86_400), assert.fail)), DUPLICATE);
  assert.deepEqual(seen(await receiver.handle(request("b", 86_401), assert.fail)), STALE);
});

test("every provider of the catalogue can be received, once, with a memory", async () => {
  let received = 0;
  for (const { id: provider, scheme } of providers()) {
    const url = /\{(method|url)/.test(scheme.signed ?? "") ? "https://example.com/webhooks" : undefined;
    const secret = `${/^base64:(.*)$/.exec(scheme.key ?? "")?.[1] ?? ""}${scheme.key === "hex" ? "ab".repeat(32) : "c2VjcmV0LW9mLTMyLWJ5dGVzLW9mLXRoZS10ZXN0cyE="}`;
    const { receiver } = make({ provider, secret, url });
    const [unit, pointer] = (scheme.time ?? "").split(" ");
    const time = { s: NOW, ms: NOW * 1000, rfc3339: new Date(NOW * 1000).toISOString() }[unit];
    const body = JSON.stringify({ id: "1", type: "x", data: {}, ...(pointer && { [pointer.slice(1)]: time }) });
    const headers = sign({ provider, secret, body, id: "msg_1", timestamp: NOW, ...(url && { method: "POST", url }) });
    const answer = await receiver.handle({ headers, body }, () => received++);
    assert.deepEqual(seen(answer), ACCEPTED, `${provider}: ${answer.error}`);
    const copy = seen(await receiver.handle({ headers, body }, () => received++));
    assert.deepEqual(copy, scheme.eventKey === "none" ? ACCEPTED : DUPLICATE, provider);
  }
  assert.ok(received >= 70, String(received));
});
