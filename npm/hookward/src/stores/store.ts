/** A value, or a promise of one: a store may answer at once. */
export type Awaitable<T> = T | PromiseLike<T>;

/** What became of a claim. */
export type Claim =
  /** Nobody has it: it is the caller's until the lease runs out. `token` proves it. */
  | { readonly state: "new"; readonly token: string }
  /** Somebody has it, and their lease has not run out. */
  | { readonly state: "busy"; readonly retryAfterSeconds?: number | undefined }
  /** The event has been handled. */
  | { readonly state: "done" };

/**
 * Where a {@link Receiver} remembers events. Each call is atomic: of any number of claims at the same
 * time, one is `new`.
 *
 * A key is one of three things: not known, claimed until its lease runs out, or done until its time to
 * live does. A claim whose lease has run out is as good as not there. Keys are up to 160 characters of
 * ASCII. `hookward/store-test` holds a store of your own to all of this.
 */
export interface Store {
  /**
   * Claims the key for `leaseSeconds`, with a token that no other claim ever had, unless it is claimed
   * or done.
   */
  claim(key: string, leaseSeconds: number): Awaitable<Claim>;
  /**
   * Makes the key done for `ttlSeconds`, if the claim of this token still holds. Whether it did: not so
   * if its lease has run out, though nobody has claimed the key since.
   */
  complete(key: string, token: string, ttlSeconds: number): Awaitable<boolean>;
  /** Gives the claim of this token up, if it still holds. Never undoes what is done. */
  release(key: string, token: string): Awaitable<void>;
  /**
   * The time, in Unix seconds, since when no key has been lost before its time to live was over: the
   * start of a store that lives in memory, or when it last threw a key out to make room; rounded up.
   * `undefined` for a store that loses nothing.
   */
  remembersSince(): Awaitable<number | undefined>;
}
