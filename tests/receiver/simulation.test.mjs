// Random runs: several processes, a store that fails now and then, handlers that fail, hang and die, a
// clock that moves on, and a provider that sends again until it is answered with 2xx.

import assert from "node:assert/strict";
import { test } from "node:test";

import { SECRET, clockAt, deferred, delivery, hookward, wrap } from "./kit.mjs";

const { MemoryStore, Receiver } = hookward;

const LEASE = 60;
const RUNS = 300;
const STEPS = 60;

/** Numbers from 0 to 1, the same for one seed (mulberry32). */
function dice(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const settle = () => new Promise(setImmediate);

async function simulate(seed, failures) {
  const roll = dice(seed);
  const pick = (list) => list[Math.floor(roll() * list.length)];
  const clock = clockAt();
  const memory = new MemoryStore({ now: clock });
  let broken = failures;
  // Fails before the call, or after it: then it was made all the same.
  const flaky = async (next, ...args) => {
    if (roll() < broken) throw new Error("before");
    const answer = await next(...args);
    if (roll() < broken) throw new Error("after");
    return answer;
  };
  const store = wrap(memory, { claim: flaky, complete: flaky, release: flaky });
  const receivers = [1, 2, 3].map(() => new Receiver({ provider: "github", secret: SECRET, store, now: clock, leaseSeconds: LEASE }));
  const events = Array.from({ length: 4 }, () => ({ request: delivery({ provider: "github" }), runs: [], handled: 0, acknowledged: false }));
  const waiting = [];
  const failed = [];

  const send = async (event, fate) => {
    // It is claimed at once, and handled a moment later.
    const until = clock.time + LEASE;
    const answer = pick(receivers).handle(event.request, async () => {
      const run = { until, over: false };
      for (const other of event.runs) {
        assert.ok(other.over || other.until <= clock.time, "two handlers have the event under a lease at once");
      }
      event.runs.push(run);
      try {
        if (fate === "dies") await new Promise(() => {});
        if (fate === "throws") throw new Error("mine");
        if (fate === "hangs") {
          const gate = deferred();
          waiting.push(gate);
          await gate.promise;
        }
        event.handled++;
      } finally {
        run.over = true;
      }
    });
    const { status } = await answer.catch((error) => {
      assert.equal(error.message, "mine");
      return { status: 500 };
    });
    assert.ok([200, 500, 503].includes(status), String(status));
    if (status !== 200) return;
    assert.ok(event.handled > 0, "acknowledged, and never handled");
    event.acknowledged = true;
  };

  for (let step = 0; step < STEPS; step++) {
    void send(pick(events), pick(["works", "works", "hangs", "throws", "dies"])).catch((error) => failed.push(error));
    if (roll() < 0.5) await settle();
    if (roll() < 0.3) clock.pass(Math.floor(roll() * 45));
    if (roll() < 0.4 && waiting.length > 0) waiting.splice(Math.floor(roll() * waiting.length), 1)[0].resolve();
  }
  for (const gate of waiting) gate.resolve();
  await settle();
  if (failed.length > 0) throw failed[0];

  // Everything works again: whatever the provider still sends is handled, once, and then no more.
  broken = 0;
  clock.pass(LEASE);
  for (const event of events) {
    await send(event, "works");
    assert.ok(event.acknowledged, "not acknowledged, though nothing fails");
    const { handled } = event;
    await send(event, "works");
    assert.equal(event.handled, handled, "handled again after it was done");
  }
}

for (const failures of [0, 0.05, 0.3]) {
  test(`nothing is acknowledged unhandled, and nothing is lost, with a store that fails ${failures * 100} times in a hundred`, async () => {
    for (let seed = 0; seed < RUNS; seed++) {
      await simulate(seed, failures).catch((error) => {
        error.message = `seed ${seed}: ${error.message}`;
        throw error;
      });
    }
  });
}
