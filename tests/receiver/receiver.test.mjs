// What a receiver does with deliveries and their copies, while nothing fails.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ACCEPTED, BUSY, DUPLICATE, NOW, SECRET, clockAt, deferred, delivery, hookward, seen, wrap } from "./kit.mjs";

const { MemoryStore, Receiver } = hookward;

/** A receiver with a memory, under a clock of its own. */
function make(options = {}) {
  const clock = clockAt();
  const store = new MemoryStore({ now: clock });
  return { clock, store, receiver: new Receiver({ provider: "tinyposter", secret: SECRET, store, now: clock, ...options }) };
}

test("an event is handed to the handler, and its copies are not", async () => {
  const { receiver } = make();
  const request = delivery({ id: "evt_a", type: "post.published" });
  const events = [];
  assert.deepEqual(seen(await receiver.handle(request, (event) => events.push(event))), ACCEPTED);
  for (let copies = 0; copies < 3; copies++) {
    assert.deepEqual(seen(await receiver.handle(request, assert.fail)), DUPLICATE);
  }
  const [{ id, type, verification }] = events;
  assert.deepEqual([events.length, id, type, verification.provider, verification.freshness], [1, "evt_a", "post.published", "tinyposter", "fresh"]);
});

test("receive gives what the handler gave, and for a copy the event alone", async () => {
  const { receiver } = make();
  const request = delivery({ id: "evt_b" });
  const first = await receiver.receive(request, async (event) => ({ saved: event.id }));
  assert.deepEqual([first.status, first.event.id, first.result], ["accepted", "evt_b", { saved: "evt_b" }]);
  const second = await receiver.receive(request, assert.fail);
  assert.deepEqual([second.status, second.event.id, second.result], ["duplicate", "evt_b", undefined]);
});

test("a copy signed anew is a copy: the event decides, not the signature", async () => {
  const { receiver, clock } = make();
  assert.deepEqual(seen(await receiver.handle(delivery({ id: "evt_c" }), () => {})), ACCEPTED);
  clock.pass(60);
  assert.deepEqual(seen(await receiver.handle(delivery({ id: "evt_c", at: clock() }), assert.fail)), DUPLICATE);
});

test("different events do not hinder each other", async () => {
  const { receiver } = make();
  const gate = deferred();
  const slow = receiver.handle(delivery(), () => gate.promise);
  assert.deepEqual(seen(await receiver.handle(delivery(), () => {})), ACCEPTED);
  gate.resolve();
  assert.deepEqual(seen(await slow), ACCEPTED);
});

test("a copy that comes while the handler runs is told to come again, never that all is well", async () => {
  const { receiver, clock } = make({ leaseSeconds: 40 });
  const request = delivery();
  const gate = deferred();
  const first = receiver.handle(request, () => gate.promise);
  clock.pass(15);
  const busy = await receiver.handle(request, assert.fail);
  assert.deepEqual(seen(busy), BUSY);
  assert.equal(busy.headers["retry-after"], "25");
  await assert.rejects(receiver.receive(request, assert.fail), { name: "HookwardError", code: "event_in_progress", status: 503, retryAfterSeconds: 25 });
  gate.resolve();
  assert.deepEqual(seen(await first), ACCEPTED);
  assert.deepEqual(seen(await receiver.handle(request, assert.fail)), DUPLICATE);
});

test("a hundred copies at once are handled once", async () => {
  const { receiver } = make();
  const request = delivery();
  let handled = 0;
  const gate = deferred();
  const answers = Array.from({ length: 100 }, () => receiver.handle(request, () => (handled++, gate.promise)));
  await Promise.race(answers);
  gate.resolve();
  const got = (await Promise.all(answers)).map(seen);
  assert.equal(handled, 1);
  assert.deepEqual(got.filter(([status]) => status === 200), [ACCEPTED]);
  assert.deepEqual(got.filter(([status]) => status !== 200), Array(99).fill(BUSY));
});

test("a handler that throws gives the event free at once, and its error is the caller's", async () => {
  const { receiver } = make();
  const request = delivery();
  const mine = new Error("the database is away");
  for (const call of ["handle", "receive"]) {
    await assert.rejects(receiver[call](request, () => { throw mine; }), (error) => error === mine);
    await assert.rejects(receiver[call](request, async () => { throw mine; }), (error) => error === mine);
    await assert.rejects(receiver[call](request, () => Promise.reject(undefined)), (error) => error === undefined);
  }
  assert.deepEqual(seen(await receiver.handle(request, () => {})), ACCEPTED);
});

test("an error of the package's own, thrown by the handler, is not taken for the delivery's", async () => {
  const { receiver } = make();
  const request = delivery();
  const forged = { ...delivery(), body: "{}" };
  const nested = () => hookward.verify({ provider: "tinyposter", secret: SECRET, headers: forged.headers, body: forged.body, now: NOW });
  // Answered with 401, the provider would take the event for refused.
  await assert.rejects(receiver.handle(request, nested), { code: "signature_mismatch" });
  assert.deepEqual(seen(await receiver.handle(request, () => {})), ACCEPTED);
});

test("what is forged, stale or malformed is refused with its code, and claims nothing", async () => {
  const { receiver } = make();
  const good = delivery({ id: "evt_d" });
  const refusals = [
    [{ ...good, body: `${good.body} ` }, 401, "signature_mismatch"],
    [{ ...good, headers: {} }, 401, "missing_signature"],
    [delivery({ secret: "whsec_other" }), 401, "signature_mismatch"],
    [delivery({ at: NOW + 301 }), 401, "timestamp_in_future"],
    [{ ...good, body: "x".repeat(2 ** 20 + 1) }, 413, "body_too_large"],
    [{ ...good, body: { parsed: true } }, 500, "body_not_raw"],
    [{ ...good, headers: 5 }, 500, "invalid_option"],
    [{ ...good, body: "{}", headers: hookward.sign({ provider: "tinyposter", secret: SECRET, body: "{}", timestamp: NOW }) }, 400, "malformed_envelope"],
  ];
  for (const [request, status, code] of refusals) {
    const answer = await receiver.handle(request, assert.fail);
    assert.deepEqual(seen(answer), [status, { code }, false]);
    assert.equal(answer.error.code, code);
    await assert.rejects(receiver.receive(request, assert.fail), { code });
  }
  assert.deepEqual(seen(await receiver.handle(good, () => {})), ACCEPTED);
});

test("the answer says no more than the code, as JSON", async () => {
  const { receiver } = make();
  const { headers, body, error } = await receiver.handle({ ...delivery(), body: "x" }, assert.fail);
  assert.equal(body, '{"code":"signature_mismatch"}');
  assert.deepEqual(headers, { "content-type": "application/json" });
  assert.match(error.message, /secret/);
  const accepted = await receiver.handle(delivery(), () => {});
  assert.deepEqual(Object.keys(accepted).sort(), ["body", "headers", "status"]);
});

test("only POST brings events", async () => {
  const { receiver } = make();
  for (const method of ["GET", "HEAD", "PUT", "post", "DELETE", "OPTIONS", ""]) {
    const answer = await receiver.handle({ ...delivery(), method }, assert.fail);
    assert.deepEqual(seen(answer), [405, { code: "method_not_allowed" }, false], method);
    assert.equal(answer.headers.allow, "POST");
  }
  const { method, ...request } = delivery();
  assert.deepEqual(seen(await receiver.handle(request, () => {})), ACCEPTED);
});

test("the event is what was verified, whatever becomes of the request meanwhile", async () => {
  const { receiver } = make();
  const request = delivery({ id: "evt_e" });
  const body = new TextEncoder().encode(request.body);
  const gate = deferred();
  const done = receiver.receive({ ...request, body }, async (event) => (await gate.promise, [event.payload.id, new TextDecoder().decode(event.body)]));
  body.fill(32);
  // Others are verified meanwhile.
  assert.deepEqual(seen(await receiver.handle(delivery(), () => {})), ACCEPTED);
  gate.resolve();
  assert.deepEqual((await done).result, ["evt_e", request.body]);
});

test("without a store every copy is handled", async () => {
  const receiver = new Receiver({ provider: "tinyposter", secret: SECRET, now: clockAt() });
  const request = delivery();
  let handled = 0;
  for (let copies = 0; copies < 3; copies++) assert.deepEqual(seen(await receiver.handle(request, () => handled++)), ACCEPTED);
  assert.equal(handled, 3);
  await assert.rejects(receiver.handle(request, () => Promise.reject(new Error("mine"))), { message: "mine" });
});

test("a done event is forgotten after the retention, and not before", async () => {
  const { receiver, clock } = make({ provider: "github", retention: 1000 });
  const request = delivery({ provider: "github" });
  assert.deepEqual(seen(await receiver.handle(request, () => {})), ACCEPTED);
  clock.pass(999);
  assert.deepEqual(seen(await receiver.handle(request, assert.fail)), DUPLICATE);
  clock.pass(1);
  assert.deepEqual(seen(await receiver.handle(request, () => {})), ACCEPTED);
});

test("receivers that share a store: of one source, one memory; of two, two", async () => {
  const { store, clock } = make();
  const common = { provider: "tinyposter", secret: SECRET, store, now: clock };
  const [one, same] = [new Receiver(common), new Receiver(common)];
  const [a, b] = ["team-a", "team-b"].map((source) => new Receiver({ ...common, source }));
  const request = delivery();
  assert.deepEqual(seen(await one.handle(request, () => {})), ACCEPTED);
  assert.deepEqual(seen(await same.handle(request, assert.fail)), DUPLICATE);
  assert.deepEqual(seen(await a.handle(request, () => {})), ACCEPTED);
  assert.deepEqual(seen(await b.handle(request, () => {})), ACCEPTED);
  assert.deepEqual(seen(await a.handle(request, assert.fail)), DUPLICATE);
});

test("receivers of two providers share a store without a word", async () => {
  const { store, clock } = make();
  const receivers = ["tinyposter", "tinysend"].map((provider) => new Receiver({ provider, secret: SECRET, store, now: clock }));
  for (const [at, provider] of ["tinyposter", "tinysend"].entries()) {
    assert.deepEqual(seen(await receivers[at].handle(delivery({ provider, id: "same" }), () => {})), ACCEPTED);
  }
});

test("headers that can be read once only, or not for long, are enough", async () => {
  const forms = {
    "an iterator": (headers) => new Headers(headers).entries(),
    "a generator": function* (headers) {
      yield* Object.entries(headers);
    },
    "an object that is emptied": (headers) => {
      const own = { ...headers };
      queueMicrotask(() => Object.keys(own).forEach((name) => delete own[name]));
      return own;
    },
    "a get() that is soon over": (headers) => {
      const own = new Headers(headers);
      let over = false;
      queueMicrotask(() => (over = true));
      return { get: (name) => (over ? assert.fail("over") : own.get(name)) };
    },
  };
  for (const [form, headersOf] of Object.entries(forms)) {
    // Slack's are looked through for a handshake first; a late one is judged again after the store has answered.
    for (const [provider, age] of [["tinyposter", 0], ["tinyposter", 5 * 3600], ["slack", 0]]) {
      const clock = clockAt();
      const store = { ...wrap(new MemoryStore({ now: clock }), {}), remembersSince: () => undefined };
      const receiver = new Receiver({ provider, secret: SECRET, store, now: clock });
      const request = () => {
        const made = delivery({ provider, at: NOW - age });
        return { ...made, headers: headersOf(made.headers) };
      };
      const what = `${form}, ${provider}, ${age} s old`;
      assert.deepEqual(seen(await receiver.handle(request(), () => {})), ACCEPTED, what);
      assert.equal((await receiver.receive(request(), () => {})).status, "accepted", what);
    }
  }
});

test("headers that cannot be read are told as such", async () => {
  const broken = {
    [Symbol.iterator]() {
      throw new Error("broken");
    },
  };
  for (const provider of ["tinyposter", "slack"]) {
    const receiver = new Receiver({ provider, secret: SECRET });
    assert.deepEqual(seen(await receiver.handle({ ...delivery(), headers: broken }, assert.fail)), [500, { code: "invalid_option" }, false]);
    await assert.rejects(receiver.receive({ ...delivery(), headers: broken }, assert.fail), { code: "invalid_option" });
  }
});
