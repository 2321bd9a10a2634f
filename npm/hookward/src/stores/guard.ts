import { HookwardError, invalidOption, kindOf } from "../errors.js";
import type { Claim, Store } from "./store.js";

declare function setTimeout(work: () => void, milliseconds: number): unknown;
declare function clearTimeout(timer: unknown): void;

/** How long a provider is told to wait when the store cannot be reached, in seconds. */
const OUTAGE_SECONDS = 10;

/** The longest lease that a receiver takes, in seconds. */
export const LONGEST_LEASE = 86_400;

const CALLS = ["claim", "complete", "release", "remembersSince"] as const;

/**
 * @internal A store as the receiver uses it: whatever it throws, answers too late or answers wrongly is
 * `store_unavailable`.
 */
export class GuardedStore {
  readonly #store: Store;
  readonly #seconds: number;

  constructor(store: unknown, seconds: number) {
    for (const name of CALLS) {
      const found = (store as Record<string, unknown> | null | undefined)?.[name];
      if (typeof found !== "function") {
        throw invalidOption(`store must have claim, complete, release and remembersSince, but its ${name} is ${kindOf(found)}`);
      }
    }
    this.#store = store as Store;
    this.#seconds = seconds;
  }

  async claim(key: string, leaseSeconds: number): Promise<Claim> {
    const asked = run(() => this.#store.claim(key, leaseSeconds));
    try {
      return readClaim(await this.#inTime(asked));
    } catch (error) {
      // A claim that is granted after all is given back, so that a retry need not wait for its end.
      asked.then((claim) => this.#giveBack(key, claim)).catch(() => undefined);
      throw unavailable(error);
    }
  }

  async #giveBack(key: string, claim: unknown): Promise<void> {
    const granted = readClaim(claim);
    if (granted.state === "new") await this.#store.release(key, granted.token);
  }

  async complete(key: string, token: string, ttlSeconds: number): Promise<boolean> {
    try {
      const done: unknown = await this.#inTime(run(() => this.#store.complete(key, token, ttlSeconds)));
      if (typeof done !== "boolean") throw new TypeError(`complete must answer with a boolean, but gave ${kindOf(done)}`);
      return done;
    } catch (error) {
      throw unavailable(error);
    }
  }

  /** Never fails: a claim that could not be released runs out by itself. */
  async release(key: string, token: string): Promise<void> {
    try {
      await this.#inTime(run(() => this.#store.release(key, token)));
    } catch {
      // As said.
    }
  }

  async remembersSince(): Promise<number | undefined> {
    try {
      const since: unknown = await this.#inTime(run(() => this.#store.remembersSince()));
      if (since === undefined || (typeof since === "number" && since >= 0 && since < 1e11)) {
        // The core cuts fractions off, and so would have it remember more than it does.
        return since && Math.ceil(since);
      }
      throw new TypeError(`remembersSince must answer with Unix seconds or undefined, but gave ${kindOf(since)}`);
    } catch (error) {
      throw unavailable(error);
    }
  }

  /** A store that hangs must not hold the provider's request until that gives up. */
  async #inTime<T>(answer: Promise<T>): Promise<T> {
    let timer: unknown;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer in ${this.#seconds} s`)), this.#seconds * 1000);
    });
    try {
      return await Promise.race([answer, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** What throws at once is made to reject. */
async function run<T>(call: () => T | PromiseLike<T>): Promise<T> {
  return call();
}

function readClaim(claim: unknown): Claim {
  const { state, token, retryAfterSeconds } = (claim ?? {}) as Record<string, unknown>;
  if (state === "new" && typeof token === "string" && token !== "") return { state, token };
  const wait = typeof retryAfterSeconds === "number" ? retryAfterSeconds : NaN;
  if (state === "done") return { state };
  if (state === "busy") return { state, retryAfterSeconds: wait >= 0 && wait <= LONGEST_LEASE ? wait : undefined };
  throw new TypeError("claim must answer with the state new and a token, busy, or done");
}

function unavailable(cause: unknown): HookwardError {
  return new HookwardError("store_unavailable", "the store of events could not be asked; see cause", {
    cause,
    retryAfterSeconds: OUTAGE_SECONDS,
  });
}
