// The conformance test for stores: the shipped ones pass it, and it catches whatever a store can do wrong.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { clockAt, hookward } from "./kit.mjs";

const { MemoryStore, storeTests } = hookward;

describe("MemoryStore", () => {
  for (const { name, run } of storeTests(inMemory((store) => store))) test(name, run);
});

/** The options of the tests for a store in memory, changed by `change`, which is also given its clock. */
function inMemory(change) {
  const clock = clockAt();
  let store;
  const make = () => (store ??= change(new MemoryStore({ now: clock }), clock));
  return { store: make, another: make, pass: clock.pass };
}

/** Stores that each do one thing wrong. */
const WRONG = {
  "claims what is claimed": (store) => ({ ...bound(store), claim: async (key) => (await store.claim(key, 600), { state: "new", token: "1" }) }),
  "gives every claim one token": (store) => {
    const tokens = new Map();
    return {
      ...bound(store),
      async claim(key, lease) {
        const claim = await store.claim(key, lease);
        if (claim.state === "new") tokens.set(key, claim.token);
        return claim.state === "new" ? { ...claim, token: "1" } : claim;
      },
      complete: (key, token, ttl) => store.complete(key, token === "1" ? tokens.get(key) : token, ttl),
      release: (key, token) => store.release(key, token === "1" ? tokens.get(key) : token),
    };
  },
  "gives no token": (store) => ({ ...bound(store), claim: async (key, lease) => ({ ...(await store.claim(key, lease)), token: "" }) }),
  "claims in two steps": (store) => {
    const busy = new Set();
    return {
      ...bound(store),
      async claim(key, lease) {
        const known = busy.has(key);
        await null;
        if (known) return store.claim(key, lease);
        busy.add(key);
        const claim = await store.claim(key, lease);
        return claim.state === "busy" ? { state: "new", token: `x${Math.random()}` } : claim;
      },
    };
  },
  "never lets a lease run out": (store) => ({ ...bound(store), claim: (key) => store.claim(key, 1e9) }),
  "completes with any token": (store, clock) => {
    const tokens = new Map();
    return {
      ...bound(store),
      async claim(key, lease) {
        const claim = await store.claim(key, lease);
        if (claim.state === "new") tokens.set(key, claim.token);
        return claim;
      },
      complete: (key, _, ttl) => store.complete(key, tokens.get(key), ttl),
    };
  },
  "completes after the lease, where nobody else has claimed": (store, clock) => {
    const leases = new Map();
    return {
      ...bound(store),
      async claim(key, lease) {
        const claim = await store.claim(key, lease);
        if (claim.state === "new") leases.set(key, claim.token);
        return claim;
      },
      async complete(key, token, ttl) {
        if (await store.complete(key, token, ttl)) return true;
        if (leases.get(key) !== token) return false;
        const claim = await store.claim(key, 600);
        return claim.state === "new" && store.complete(key, claim.token, ttl);
      },
    };
  },
  "says nothing when it completes": (store) => ({ ...bound(store), complete: async (...args) => void (await store.complete(...args)) }),
  "says that it completed when it did not": (store) => ({ ...bound(store), complete: async (...args) => (await store.complete(...args), true) }),
  "forgets what is done when its lease would have ended": (store) => {
    const leases = new Map();
    return {
      ...bound(store),
      claim: (key, lease) => (leases.set(key, lease), store.claim(key, lease)),
      complete: (key, token) => store.complete(key, token, leases.get(key)),
    };
  },
  "never forgets what is done": (store) => ({ ...bound(store), complete: (key, token) => store.complete(key, token, 1e9) }),
  "does not release": (store) => ({ ...bound(store), release: async () => {} }),
  "releases whatever the token": (store, clock) => {
    const tokens = new Map();
    return {
      ...bound(store),
      async claim(key, lease) {
        const claim = await store.claim(key, lease);
        if (claim.state === "new") tokens.set(key, claim.token);
        return claim;
      },
      release: (key) => store.release(key, tokens.get(key)),
    };
  },
  "undoes what is done when it is released": (store) => {
    const undone = new Set();
    return {
      ...bound(store),
      claim: async (key, lease) => (undone.has(key) ? { state: "new", token: "x" } : store.claim(key, lease)),
      release: async (key, token) => (undone.add(key), store.release(key, token)),
    };
  },
  "does not tell keys apart by case": (store) => ({ ...bound(store), claim: (key, lease) => store.claim(key.toLowerCase(), lease) }),
  "cuts long keys": (store) => ({ ...bound(store), claim: (key, lease) => store.claim(key.slice(0, 64), lease) }),
  "remembers since a moment ago, always": (store, clock) => ({ ...bound(store), remembersSince: () => clock.pass(1) ?? clock() }),
  "remembers in milliseconds": (store) => ({ ...bound(store), remembersSince: () => 1.8e12 }),
  "asks to wait in milliseconds": (store) => ({
    ...bound(store),
    async claim(key, lease) {
      const claim = await store.claim(key, lease);
      return claim.state === "busy" ? { ...claim, retryAfterSeconds: 600_000 } : claim;
    },
  }),
};

function bound(store) {
  return Object.fromEntries(["claim", "complete", "release", "remembersSince"].map((name) => [name, store[name].bind(store)]));
}

const caught = new Map();

for (const [fault, make] of Object.entries(WRONG)) {
  test(`a store is caught that ${fault}`, async () => {
    const failed = [];
    for (const { name, run } of storeTests(inMemory(make))) {
      await run().catch((error) => (assert.ok(error.message.length > 0), failed.push(name)));
    }
    assert.notEqual(failed.length, 0);
    for (const name of failed) caught.set(name, fault);
  });
}

test("each of its tests can fail", () => {
  assert.deepEqual(storeTests(inMemory((store) => store)).map(({ name }) => name).filter((name) => !caught.has(name)), []);
});

test("without a way to pass the time, it waits for it", async () => {
  const [{ run }] = storeTests({ store: () => new MemoryStore() }).filter(({ name }) => name.startsWith("when the lease has run out"));
  const start = Date.now();
  await run();
  assert.ok(Date.now() - start > 2000);
});
