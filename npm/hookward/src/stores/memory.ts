import { HookwardError, invalidOption, kindOf } from "../errors.js";
import { readOptions } from "../options.js";
import { clockOf, type Clock } from "../clock.js";
import type { Claim, Store } from "./store.js";

/** What a {@link MemoryStore} can be told. */
export interface MemoryStoreOptions {
  /** The most keys that are kept, at least 1; by default 100,000, which take about 20 MB. */
  readonly maxKeys?: number | undefined;
  /** The time, in Unix seconds. By default the clock's; for tests. */
  readonly now?: Clock | undefined;
}

interface Lease {
  readonly token: string;
  readonly until: number;
}

interface Done {
  readonly at: number;
  readonly until: number;
}

const KNOWN = /* @__PURE__ */ new Set(["maxKeys", "now"]);
const MAX_KEYS = 100_000;
/** Of a full store, this part is evicted at once: a hundredth. */
const EVICTED_PART = 100;

/**
 * Remembers events in this process's memory: right for one process, and until it ends. Several
 * processes each remember for themselves, and so handle copies of one event once each.
 *
 * When it is full it forgets the events that were done first, a hundredth of all at a time, and from
 * then on late deliveries from before that time are refused. Events that are being handled are never
 * forgotten: full of those, it fails, and the provider is told to try again.
 *
 * What is over counts as forgotten too. So of receivers that share one, those with a longer retention
 * refuse some late deliveries when keys of those with a shorter one make room.
 */
export class MemoryStore implements Store {
  readonly #maxKeys: number;
  readonly #now: Clock;
  /** Both in the order in which they were made. */
  readonly #leases = new Map<string, Lease>();
  readonly #done = new Map<string, Done>();
  #since: number;
  #tokens = 0;

  constructor(options: MemoryStoreOptions = {}) {
    const { maxKeys, now } = readOptions(options, KNOWN, (given) => ({
      maxKeys: readMaxKeys(given["maxKeys"]),
      now: clockOf(given["now"]),
    }));
    this.#maxKeys = maxKeys;
    this.#now = now;
    this.#since = after(now());
  }

  async claim(key: string, leaseSeconds: number): Promise<Claim> {
    const now = this.#now();
    const done = this.#done.get(key);
    if (done) {
      if (now < done.until) return { state: "done" };
      this.#forget(key, done);
    }
    const lease = this.#leases.get(key);
    if (lease) {
      if (now < lease.until) return { state: "busy", retryAfterSeconds: lease.until - now };
      this.#leases.delete(key);
    }
    this.#makeRoom(now);
    const token = String(++this.#tokens);
    this.#leases.set(key, { token, until: now + leaseSeconds });
    return { state: "new", token };
  }

  async complete(key: string, token: string, ttlSeconds: number): Promise<boolean> {
    const now = this.#now();
    const lease = this.#leases.get(key);
    if (lease?.token !== token || lease.until <= now) return false;
    this.#leases.delete(key);
    this.#done.set(key, { at: now, until: now + ttlSeconds });
    return true;
  }

  async release(key: string, token: string): Promise<void> {
    if (this.#leases.get(key)?.token === token) this.#leases.delete(key);
  }

  remembersSince(): number {
    return this.#since;
  }

  #makeRoom(now: number): void {
    if (this.#size() < this.#maxKeys) return;
    for (const [key, { until }] of this.#leases) {
      if (until <= now) this.#leases.delete(key);
    }
    for (const [key, done] of this.#done) {
      if (done.until <= now) this.#forget(key, done);
    }
    if (this.#size() < this.#maxKeys) return;
    if (this.#done.size === 0) {
      throw new HookwardError("store_unavailable", `all ${this.#maxKeys} keys of the store belong to events that are being handled`);
    }
    // Several at a time, since all of this takes as long as there are keys.
    let left = Math.ceil(this.#maxKeys / EVICTED_PART);
    for (const [key, done] of this.#done) {
      if (left-- === 0) return;
      this.#forget(key, done);
    }
  }

  /** Says so even of what was over: if the clock was ahead, and is set back, it was not. */
  #forget(key: string, { at }: Done): void {
    this.#done.delete(key);
    this.#since = Math.max(this.#since, after(at));
  }

  #size(): number {
    return this.#leases.size + this.#done.size;
  }
}

/** The first whole second behind a time. */
function after(time: number): number {
  return Math.floor(time) + 1;
}

function readMaxKeys(value: unknown): number {
  if (value === undefined) return MAX_KEYS;
  if (typeof value === "number" && Number.isInteger(value) && value >= 1) return value;
  throw invalidOption(`maxKeys must be a whole number of at least 1, but is ${kindOf(value)}`);
}
