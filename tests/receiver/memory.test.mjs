// MemoryStore at its bounds; what every store must do, it is held to by the conformance test.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ACCEPTED, NOW, OUTAGE, SECRET, clockAt, delivery, hookward, seen } from "./kit.mjs";

const { MemoryStore, Receiver } = hookward;

function make(maxKeys) {
  const clock = clockAt();
  const store = new MemoryStore({ maxKeys, now: clock });
  return {
    clock,
    store,
    async done(key, ttl = 1000) {
      const { state, token } = await store.claim(key, 60);
      assert.equal(state, "new", key);
      assert.equal(await store.complete(key, token, ttl), true, key);
    },
  };
}

const states = async (store, ...keys) => {
  const found = [];
  for (const key of keys) {
    const { state, token } = await store.claim(key, 60);
    if (state === "new") await store.release(key, token);
    found.push(state);
  }
  return found.join(" ");
};

test("it remembers since the second after it was made", () => {
  for (const [made, since] of [[NOW, NOW + 1], [NOW + 0.25, NOW + 1], [NOW + 0.999, NOW + 1]]) {
    assert.equal(new MemoryStore({ now: () => made }).remembersSince(), since);
  }
});

test("full, it forgets what was done first, and says since when it remembers", async () => {
  const { store, clock, done } = make(3);
  await done("a");
  clock.pass(10);
  await done("b");
  clock.pass(10.5);
  await done("c");
  assert.equal(store.remembersSince(), NOW + 1);
  clock.pass(10);
  await done("d"); // in place of a
  assert.equal(store.remembersSince(), NOW + 1);
  await done("e"); // in place of b
  assert.equal(store.remembersSince(), NOW + 11);
  await done("f"); // in place of c
  assert.equal(store.remembersSince(), NOW + 21);
  assert.equal(await states(store, "f", "e"), "done done");
});

test("it forgets by when they were done, not by when they were claimed", async () => {
  const { store, clock, done } = make(2);
  const { token } = await store.claim("slow", 60);
  await done("fast");
  clock.pass(30);
  await store.complete("slow", token, 1000);
  await done("new"); // in place of fast
  assert.equal(store.remembersSince(), NOW + 1);
  assert.equal(await states(store, "slow"), "done");
});

test("what is over makes room first, and nothing was lost by it", async () => {
  const { store, clock, done } = make(3);
  await done("long", 10_000);
  await done("short", 50);
  await store.claim("dead", 20);
  clock.pass(60);
  await done("a");
  await done("b");
  assert.equal(store.remembersSince(), NOW + 1);
  assert.equal(await states(store, "long"), "done");
});

test("it never forgets an event that is being handled: full of those, it fails, until one is over", async () => {
  const { store, clock, done } = make(2);
  await done("done");
  const { token } = await store.claim("a", 60);
  await store.claim("b", 30);
  await assert.rejects(store.claim("c", 60), { code: "store_unavailable" });
  assert.equal((await store.claim("a", 60)).state, "busy");
  clock.pass(30);
  assert.equal((await store.claim("c", 60)).state, "new");
  await assert.rejects(store.claim("d", 60), { code: "store_unavailable" });
  assert.equal(await store.complete("a", token, 1000), true);
  assert.equal((await store.claim("d", 60)).state, "new");
});

test("a receiver whose memory is full of handlers that run says 503", async () => {
  const clock = clockAt();
  const receiver = new Receiver({ provider: "tinyposter", secret: SECRET, now: clock, store: new MemoryStore({ maxKeys: 1, now: clock }) });
  let full;
  await receiver.handle(delivery(), async () => void (full = seen(await receiver.handle(delivery(), assert.fail))));
  assert.deepEqual(full, OUTAGE);
  assert.deepEqual(seen(await receiver.handle(delivery(), () => {})), ACCEPTED);
});

test("it stays within its bound, whatever comes", async () => {
  const { store, clock, done } = make(500);
  for (let at = 0; at < 5000; at++) {
    clock.pass(1);
    if (at % 3) await done(`k${at}`, 100_000);
    else await store.claim(`k${at}`, 5);
  }
  const kept = [];
  for (let at = 0; at < 5000; at++) {
    const { state, token } = await store.claim(`k${at}`, 1).catch(() => ({}));
    if (state === "new") await store.release(`k${at}`, token);
    if (state === "done") kept.push(at);
  }
  assert.ok(kept.length <= 500 && kept.length > 480, String(kept.length));
  // The newest, and everything that was done since it remembers.
  const since = store.remembersSince() - NOW;
  const expected = Array.from({ length: 5000 }, (_, at) => at).filter((at) => at % 3 && at + 1 >= since);
  assert.deepEqual(kept, expected);
});

test("what is no bound is refused", () => {
  for (const maxKeys of [0, -1, 1.5, Number.NaN, Infinity, "5", null]) {
    assert.throws(() => new MemoryStore({ maxKeys }), { code: "invalid_option" }, String(maxKeys));
  }
  assert.throws(() => new MemoryStore({ max: 5 }), { code: "invalid_option" });
  assert.throws(() => new MemoryStore(5), { code: "invalid_option" });
});
