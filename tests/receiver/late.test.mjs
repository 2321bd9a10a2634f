// Retries under an old signature, and replays of them: what is accepted late, and what is not. An event
// that was handled must never be accepted again, whatever the store has forgotten.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ACCEPTED, DUPLICATE, NOW, OUTAGE, SECRET, clockAt, delivery, hookward, seen, wrap } from "./kit.mjs";

const { MemoryStore, Receiver } = hookward;

const TOLERANCE = 300;
const HORIZON = 36 * 3600;
const STALE = [401, { code: "timestamp_too_old" }, false];

/** A receiver whose store has been remembering for ten days. */
function make({ store: storeOptions, faults = {}, ...options } = {}) {
  const clock = clockAt(NOW - 10 * 86_400);
  const memory = new MemoryStore({ now: clock, ...storeOptions });
  clock.time = NOW;
  const store = wrap(memory, faults);
  const receiver = new Receiver({ provider: "tinyposter", secret: SECRET, store, now: clock, ...options });
  return { clock, memory, receiver, handle: (request, handler = () => {}) => receiver.handle(request, handler).then(seen) };
}

test("a retry under its first signature is accepted up to the provider's horizon, to the second", async () => {
  for (const [age, expected] of [[0, ACCEPTED], [TOLERANCE, ACCEPTED], [TOLERANCE + 1, ACCEPTED], [33 * 3600, ACCEPTED], [HORIZON, ACCEPTED], [HORIZON + 1, STALE]]) {
    const { handle } = make();
    assert.deepEqual(await handle(delivery({ at: NOW - age })), expected, String(age));
  }
});

test("the event says that it is late", async () => {
  const { receiver } = make();
  const freshness = async (age) => (await receiver.receive(delivery({ at: NOW - age }), (event) => event.verification.freshness)).result;
  assert.deepEqual([await freshness(0), await freshness(TOLERANCE), await freshness(TOLERANCE + 1)], ["fresh", "fresh", "late"]);
});

test("all of a provider's retries, hours apart, after failures of every kind: handled once", async () => {
  const { handle, receiver, clock } = make();
  const request = delivery();
  let handled = 0;
  await assert.rejects(receiver.handle(request, () => Promise.reject(new Error("mine"))), { message: "mine" });
  for (const wait of [60, 300, 1800, 7200, 21_600]) {
    clock.pass(wait);
    await assert.rejects(receiver.handle(request, () => Promise.reject(new Error("mine"))), { message: "mine" });
  }
  clock.pass(86_400);
  assert.deepEqual(await handle(request, () => handled++), ACCEPTED);
  assert.deepEqual(await handle(request, () => handled++), DUPLICATE);
  assert.equal(handled, 1);
});

test("a replay within the horizon is a duplicate, and behind it stale, at every age", async () => {
  const { handle, clock } = make();
  const request = delivery();
  assert.deepEqual(await handle(request), ACCEPTED);
  for (let age = 0; age <= 8 * 86_400; age += 3571) {
    clock.time = NOW + age;
    assert.deepEqual(await handle(request, assert.fail), age <= HORIZON ? DUPLICATE : STALE, String(age));
  }
});

test("a replay is never accepted, wherever the sender's clock stood when it was signed and whatever the retention", async () => {
  for (const retention of [HORIZON + 2 * TOLERANCE, HORIZON + 2 * TOLERANCE + 1, 400_000]) {
    for (const ahead of [-TOLERANCE, -1, 0, 1, TOLERANCE]) {
      const { handle, clock } = make({ retention });
      const request = delivery({ at: NOW + ahead });
      assert.deepEqual(await handle(request), ACCEPTED);
      const moments = [0, TOLERANCE, HORIZON - TOLERANCE, HORIZON - 1, HORIZON, HORIZON + 1, HORIZON + TOLERANCE, HORIZON + TOLERANCE + 1, HORIZON + 2 * TOLERANCE, retention - 1, retention, retention + 1];
      for (const moment of moments.sort((a, b) => a - b)) {
        clock.time = NOW + moment;
        const answer = await handle(request, assert.fail);
        assert.ok(answer[0] === 401 || answer[1].status === "duplicate", `${retention} ${ahead} ${moment}: ${JSON.stringify(answer)}`);
      }
    }
  }
});

test("without a store nothing late is accepted", async () => {
  const receiver = new Receiver({ provider: "tinyposter", secret: SECRET, now: clockAt() });
  assert.deepEqual(seen(await receiver.handle(delivery({ at: NOW - TOLERANCE }), () => {})), ACCEPTED);
  assert.deepEqual(seen(await receiver.handle(delivery({ at: NOW - TOLERANCE - 1 }), assert.fail)), STALE);
});

test("a horizon of one's own, and none", async () => {
  const short = make({ horizon: 3600 });
  assert.deepEqual(await short.handle(delivery({ at: NOW - 3600 })), ACCEPTED);
  assert.deepEqual(await short.handle(delivery({ at: NOW - 3601 })), STALE);
  const none = make({ horizon: TOLERANCE });
  assert.deepEqual(await none.handle(delivery({ at: NOW - TOLERANCE })), ACCEPTED);
  assert.deepEqual(await none.handle(delivery({ at: NOW - TOLERANCE - 1 })), STALE);
});

test("the provider's horizon does not fit into a retention that is too short: refused, with the reason", () => {
  const options = { provider: "tinyposter", secret: SECRET, store: new MemoryStore() };
  assert.throws(() => new Receiver({ ...options, retention: HORIZON + 2 * TOLERANCE - 1 }), { code: "invalid_policy", message: /129600 s.*130200 s.*130199 s/ });
  assert.doesNotThrow(() => new Receiver({ ...options, retention: HORIZON + 2 * TOLERANCE }));
  assert.throws(() => new Receiver({ ...options, tolerance: 86_400, retention: 300_000 }), { code: "invalid_policy" });
});

test("a store that has just begun: what may have been handled before it is stale, what cannot have been is not", async () => {
  const clock = clockAt();
  const store = new MemoryStore({ now: clock });
  const receiver = new Receiver({ provider: "tinyposter", secret: SECRET, store, now: clock });
  const handle = (request, handler = () => {}) => receiver.handle(request, handler).then(seen);
  const since = store.remembersSince();
  clock.pass(3600);
  // Its sender's clock may be fast by the tolerance: it may have come so much before its date.
  assert.deepEqual(await handle(delivery({ at: since + TOLERANCE - 1 }), assert.fail), STALE);
  assert.deepEqual(await handle(delivery({ at: since + TOLERANCE })), ACCEPTED);
  assert.deepEqual(await handle(delivery({ at: since - 100 }), assert.fail), STALE);
});

test("what was handled by a process that is gone is not accepted late by the next, wherever clocks stood", async () => {
  for (const ahead of [-TOLERANCE, 0, TOLERANCE]) {
    const { clock, handle } = make();
    const request = delivery({ at: NOW + ahead });
    clock.time = NOW + 0.9;
    assert.deepEqual(await handle(request), ACCEPTED);
    // The process ends, and another starts in the same second: with an empty memory.
    const next = new Receiver({ provider: "tinyposter", secret: SECRET, store: new MemoryStore({ now: clock }), now: clock });
    for (const later of [2 * TOLERANCE + 1, 3600, HORIZON - TOLERANCE, HORIZON + TOLERANCE]) {
      clock.time = NOW + later;
      assert.deepEqual(seen(await next.handle(request, assert.fail)), STALE, `${ahead} ${later}`);
    }
  }
});

test("an evicted event is not accepted late: the store no longer remembers so far back", async () => {
  const { handle, clock, memory } = make({ store: { maxKeys: 3 } });
  const first = delivery();
  assert.deepEqual(await handle(first), ACCEPTED);
  clock.pass(1000);
  const before = memory.remembersSince();
  for (let others = 0; others < 3; others++) assert.deepEqual(await handle(delivery({ at: clock.time })), ACCEPTED);
  assert.equal(memory.remembersSince(), NOW + 1);
  assert.ok(before < NOW);
  assert.deepEqual(await handle(first, assert.fail), STALE);
  // Another that is as old, and was never seen: nobody can tell.
  assert.deepEqual(await handle(delivery(), assert.fail), STALE);
  // What cannot have been handled before that is welcome.
  clock.pass(2000);
  const since = memory.remembersSince();
  assert.deepEqual(await handle(delivery({ at: since + TOLERANCE - 1 }), assert.fail), STALE);
  assert.deepEqual(await handle(delivery({ at: since + TOLERANCE })), ACCEPTED);
});

test("an event that is evicted by its own late copy's claim is not accepted", async () => {
  // The one key that there is room for is that of the event itself, until another takes its place while
  // the late copy is on its way between verification and claim.
  let interfere = async () => {};
  const { handle, clock, receiver } = make({
    store: { maxKeys: 1 },
    faults: { claim: async (next, ...args) => (await interfere(), next(...args)) },
  });
  const first = delivery();
  assert.deepEqual(await handle(first), ACCEPTED);
  clock.pass(1000);
  interfere = async () => {
    interfere = async () => {};
    assert.deepEqual(seen(await receiver.handle(delivery({ at: clock.time }), () => {})), ACCEPTED);
  };
  assert.deepEqual(await handle(first, assert.fail), STALE);
});

test("a refused late delivery leaves no claim behind", async () => {
  const { handle, clock, memory } = make({ store: { maxKeys: 1 } });
  assert.deepEqual(await handle(delivery()), ACCEPTED);
  clock.pass(1000);
  assert.deepEqual(await handle(delivery({ at: clock.time })), ACCEPTED);
  const late = delivery();
  assert.deepEqual(await handle(late, assert.fail), STALE);
  assert.deepEqual(await handle(late, assert.fail), STALE);
  assert.equal((await memory.claim("anything", 60)).state, "new");
});

test("a store that cannot say since when it remembers: late deliveries are an outage, fresh ones are not", async () => {
  for (const answer of [() => { throw new Error("away"); }, async () => { throw new Error("away"); }, () => "long ago", () => null, () => Number.NaN, () => -1, () => NOW * 1000]) {
    const { handle, memory } = make({ faults: { remembersSince: answer } });
    const late = delivery({ at: NOW - 3600 });
    assert.deepEqual(await handle(late, assert.fail), OUTAGE);
    assert.deepEqual(await handle(delivery()), ACCEPTED);
    // And the claim was given back: nobody has to wait for its end.
    const receiver = new Receiver({ provider: "tinyposter", secret: SECRET, store: memory, now: clockAt() });
    assert.deepEqual(seen(await receiver.handle(late, () => {})), ACCEPTED);
  }
});

test("a store that loses nothing, and one that claims to remember from the future", async () => {
  const everything = make({ faults: { remembersSince: () => undefined } });
  assert.deepEqual(await everything.handle(delivery({ at: NOW - HORIZON })), ACCEPTED);
  const nothing = make({ faults: { remembersSince: () => NOW + 5000 } });
  assert.deepEqual(await nothing.handle(delivery({ at: NOW - TOLERANCE - 1 }), assert.fail), STALE);
  assert.deepEqual(await nothing.handle(delivery({ at: NOW - TOLERANCE })), ACCEPTED);
});

test("a late copy of a done event is a duplicate, even if much else was forgotten: the provider is to stop", async () => {
  const { handle, clock } = make({ faults: { remembersSince: () => NOW + 5000 } });
  const request = delivery();
  assert.deepEqual(await handle(request), ACCEPTED);
  clock.pass(7200);
  assert.deepEqual(await handle(request, assert.fail), DUPLICATE);
});

test("a clock that is set back, or was ahead, lets no event in twice", async () => {
  const { handle, clock } = make();
  const request = delivery();
  assert.deepEqual(await handle(request), ACCEPTED);
  for (const jump of [-TOLERANCE, -1, HORIZON - 5, -HORIZON, 200, -400, 86_400, 3 * 86_400, -4 * 86_400]) {
    clock.pass(jump);
    const answer = await handle(request, assert.fail);
    assert.ok(answer[0] === 401 || answer[1].status === "duplicate", JSON.stringify(answer));
  }
});

test("the store is asked since when it remembers only where it matters", async () => {
  let asked = 0;
  const { handle } = make({ faults: { remembersSince: (next) => (asked++, next()) } });
  await handle(delivery());
  await handle(delivery({ at: NOW - HORIZON - 1 }), assert.fail);
  assert.equal(asked, 0);
  await handle(delivery({ at: NOW - 3600 }));
  assert.equal(asked, 1);
});

test("what a full memory forgot while the clock was ahead is not accepted when the clock is set back", async () => {
  const { handle, clock, memory } = make({ store: { maxKeys: 2 } });
  const first = delivery();
  assert.deepEqual(await handle(first), ACCEPTED);
  assert.deepEqual(await handle(delivery()), ACCEPTED);
  clock.pass(400_000);
  assert.deepEqual(await handle(delivery({ at: clock.time })), ACCEPTED);
  clock.pass(3600 - 400_000);
  assert.deepEqual(await handle(first, assert.fail), STALE);
  assert.equal(memory.remembersSince(), NOW + 1);
});

test("what was over when it came again, and then was not handled, is not accepted when the clock is set back", async () => {
  const { handle, clock } = make();
  const first = delivery({ provider: "tinyposter", id: "again" });
  assert.deepEqual(await handle(first), ACCEPTED);
  clock.pass(400_000);
  const resent = delivery({ id: "again", at: clock.time });
  await assert.rejects(handle(resent, () => Promise.reject(new Error("mine"))), /mine/);
  clock.pass(3600 - 400_000);
  assert.deepEqual(await handle(first, assert.fail), STALE);
});

test("a fraction in what a store says counts as the next whole second", async () => {
  const at = NOW - HORIZON + 10_000;
  const found = [];
  for (let since = at - 2 * TOLERANCE; since <= at + 2 * TOLERANCE; since += 1) {
    const answer = async (since) => (await make({ faults: { remembersSince: () => since } }).handle(delivery({ at })))[0];
    assert.equal(await answer(since - 0.5), await answer(since), String(since - at));
    found.push(await answer(since));
  }
  assert.ok(found.includes(200) && found.includes(401), String(found));
});
