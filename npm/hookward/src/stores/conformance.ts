/**
 * `hookward/store-test`: holds a store of your own to what a receiver relies on, under any test runner.
 *
 * @module
 */

import type { Awaitable, Claim, Store } from "hookward";

/** What {@link storeTests} needs. */
export interface StoreTestOptions {
  /** Gives the store; called anew for each test. It may hold keys of other tests. */
  store(): Awaitable<Store>;
  /** Gives a second one over the same memory, as another process has it; for stores that are shared. */
  another?(): Awaitable<Store>;
  /** Lets so many seconds pass for the store; by default by waiting for them. */
  pass?(seconds: number): Awaitable<void>;
}

/** One test: rejects with what is wrong. */
export interface StoreTest {
  readonly name: string;
  run(): Promise<void>;
}

/** What each test works with. */
interface Bench {
  readonly store: Store;
  readonly another: Store;
  readonly key: string;
  pass(seconds: number): Awaitable<void>;
}

declare function setTimeout(work: () => void, milliseconds: number): unknown;

/** Long enough for a store that counts in whole seconds. */
const LEASE = 2;
const AFTER_LEASE = 3.1;
const LONG = 600;
const MANY = 50;

/** The tests of a store. */
export function storeTests({ store, another = store, pass = wait }: StoreTestOptions): StoreTest[] {
  return Object.entries(TESTS).map(([name, test]) => ({
    name,
    run: async () => test({ store: await store(), another: await another(), key: randomKey(), pass }),
  }));
}

const TESTS: Readonly<Record<string, (bench: Bench) => Promise<void>>> = {
  async "a key that is not known is claimed, with a token"({ store, key }) {
    const token = await claimNew(store, key);
    check(typeof token === "string" && token !== "", "the token is not a text, or empty");
  },

  async "a claimed key is busy"({ store, another, key }) {
    await claimNew(store, key);
    for (const one of [store, another]) {
      const claim = await expectState(one, key, "busy");
      const { retryAfterSeconds: wait } = claim as { retryAfterSeconds?: unknown };
      check(wait === undefined || (typeof wait === "number" && wait >= 0 && wait <= LONG + 1), `retryAfterSeconds is ${String(wait)}`);
    }
  },

  async "of many claims at once, one is new"({ store, another, key }) {
    await oneOfMany(store, another, key);
  },

  async "of many claims at once after a lease has run out, one is new"({ store, another, key, pass }) {
    await claimNew(store, key, LEASE);
    await pass(AFTER_LEASE);
    await oneOfMany(store, another, key);
  },

  async "a completed key is done, and stays so"({ store, another, key }) {
    const token = await claimNew(store, key);
    check((await store.complete(key, token, LONG)) === true, "complete did not answer true");
    await expectState(store, key, "done");
    await expectState(another, key, "done");
    await store.release(key, token);
    await expectState(another, key, "done");
  },

  async "a done key is forgotten after its time to live, and not before"({ store, key, pass }) {
    const token = await claimNew(store, key);
    check((await store.complete(key, token, LEASE + 2)) === true, "complete did not answer true");
    await pass(LEASE);
    await expectState(store, key, "done");
    await pass(AFTER_LEASE);
    await claimNew(store, key);
  },

  async "a done key outlives the lease under which it was done"({ store, key, pass }) {
    const token = await claimNew(store, key, LEASE);
    check((await store.complete(key, token, LONG)) === true, "complete did not answer true");
    await pass(AFTER_LEASE);
    await expectState(store, key, "done");
  },

  async "a released key can be claimed again, under another token"({ store, another, key }) {
    const token = await claimNew(store, key);
    await store.release(key, token);
    const next = await claimNew(another, key);
    check(next !== token, "the token of the next claim is the same");
    check((await store.complete(key, token, LONG)) === false, "the released claim could be completed");
    await expectState(store, key, "busy");
  },

  async "another token neither completes nor releases"({ store, another, key }) {
    const token = await claimNew(store, key);
    const other = await claimNew(store, randomKey());
    for (const wrong of [other, "wrong", `${token} `, token.slice(1)]) {
      check((await another.complete(key, wrong, LONG)) === false, "a wrong token completed");
      await another.release(key, wrong);
    }
    await expectState(store, key, "busy");
    check((await store.complete(key, token, LONG)) === true, "the right token did not complete");
  },

  async "when the lease has run out, its holder can no longer complete"({ store, key, pass }) {
    const token = await claimNew(store, key, LEASE);
    await pass(AFTER_LEASE);
    check((await store.complete(key, token, LONG)) === false, "a claim was completed after its lease");
    await claimNew(store, key);
  },

  async "when another has the lease, the former holder neither completes nor releases"({ store, another, key, pass }) {
    const former = await claimNew(store, key, LEASE);
    await pass(AFTER_LEASE);
    const token = await claimNew(another, key);
    check(token !== former, "the token of the next claim is the same");
    check((await store.complete(key, former, LONG)) === false, "the former holder completed");
    await store.release(key, former);
    await expectState(store, key, "busy");
    check((await another.complete(key, token, LONG)) === true, "the holder could not complete");
    await store.release(key, former);
    await expectState(store, key, "done");
  },

  async "a lease that has run out is given anew in full"({ store, key, pass }) {
    await claimNew(store, key, LEASE);
    await pass(AFTER_LEASE);
    await claimNew(store, key, LONG);
    await pass(AFTER_LEASE);
    await expectState(store, key, "busy");
  },

  async "what was never claimed is neither completed nor released"({ store, key }) {
    check((await store.complete(key, "1", LONG)) === false, "an unclaimed key was completed");
    await store.release(key, "1");
    await claimNew(store, key);
  },

  async "keys are told apart to the letter, and may be long"({ store, key }) {
    const keys = [key, key.toUpperCase(), `a.b-c_d:${key}`, `${"x".repeat(64)}:${key}`, `${key}x`];
    const tokens = new Set<string>();
    for (const one of keys) tokens.add(await claimNew(store, one));
    check(tokens.size === keys.length, "two claims have one token");
    for (const one of keys) await expectState(store, one, "busy");
  },

  async "it says since when it remembers, and does not forget while nothing is lost"({ store, another, key }) {
    const before = await store.remembersSince();
    check(before === undefined || (typeof before === "number" && before > 0 && before < 1e11), `it remembers since ${String(before)}, which is no Unix time in seconds`);
    const token = await claimNew(store, key);
    await store.complete(key, token, LONG);
    for (const one of [store, another]) {
      const since = await one.remembersSince();
      check(since === before, `it remembers since ${String(before)}, and then since ${String(since)}`);
    }
  },
};

async function claimNew(store: Store, key: string, lease = LONG): Promise<string> {
  const claim = await store.claim(key, lease);
  check(claim?.state === "new", `claim answered ${String(claim?.state)} where it is new`);
  return (claim as { token: string }).token;
}

async function expectState(store: Store, key: string, state: Claim["state"]): Promise<Claim> {
  const claim = await store.claim(key, LONG);
  check(claim?.state === state, `claim answered ${String(claim?.state)} where it is ${state}`);
  return claim;
}

async function oneOfMany(store: Store, another: Store, key: string): Promise<void> {
  const claims = await Promise.all(Array.from({ length: MANY }, (_, at) => (at % 2 ? store : another).claim(key, LONG)));
  const states = claims.map(({ state }) => state);
  const count = (state: string) => states.filter((one) => one === state).length;
  check(count("new") === 1 && count("busy") === MANY - 1, `of ${MANY} claims, ${count("new")} were new and ${count("busy")} busy`);
}

function check(holds: boolean, message: string): asserts holds {
  if (!holds) throw new Error(message);
}

/** As long as an event's key is. */
function randomKey(): string {
  return Array.from({ length: 64 }, () => Math.floor(Math.random() * 16).toString(16)).join("");
}

function wait(seconds: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(() => resolve(), seconds * 1000));
}
