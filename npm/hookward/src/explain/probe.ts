// Trying a variation: does the signature match, whatever else may be wrong?

import { sign, verify, type SignOptions, type VerifyOptions } from "hookward";
import type { Pair } from "./read-headers.js";
import { keyOf, type Circumstances, type Target } from "./request.js";

/** One variation of the call. */
export interface Attempt {
  readonly target: Target;
  readonly pairs: readonly Pair[];
  readonly body: Uint8Array;
  readonly secrets: readonly string[];
  readonly circumstances: Circumstances;
}

/** What verify says of an attempt. */
export interface Outcome {
  /** `ok`, or the code of the refusal. */
  readonly code: string;
  readonly message: string;
  /** Which secret matched, where verify says so. */
  readonly secretIndex?: number;
}

/** What can only be said of a delivery whose signature matches. */
const AFTER_TAG = new Set([
  "ok",
  "missing_timestamp",
  "malformed_timestamp",
  "timestamp_too_old",
  "timestamp_in_future",
  "malformed_envelope",
  "duplicate_event",
]);

/** Codes that say something of the secret, before the request is looked at. */
const OF_SECRET = new Set(["malformed_secret", "no_secret"]);

/** How many secrets verify takes at a time. */
const SECRETS = 8;

/** The cap on a body, in bytes. */
export const BODY_BYTES = 1024 * 1024;

/** How many calls are made, and how many bytes hashed or written, at the most: about two seconds on one core. */
const MOST_CALLS = 40_000;
const MOST_BYTES = 128 * 1024 * 1024;

/** Nobody's secret, in every form that a secret can have: what it matches, nothing was signed with. */
export const NOBODY = "686f6f6b776172646e6f626f6479686f6f6b776172646e6f626f647968776e62";
const EMPTY = new Uint8Array(0);

export class Prober {
  #calls = 0;
  #bytes = 0;
  #exhausted = false;
  readonly #readable = new WeakMap<object, Map<string, boolean>>();
  readonly #usable = new Map<string, Map<string, boolean>>();
  readonly #signed = new Map<string, Record<string, string> | undefined>();

  /** Variations computed. */
  get tried(): number {
    return this.#calls;
  }

  /** Whether there was something left to try when the calls or the bytes were used up. */
  get exhausted(): boolean {
    return this.#exhausted;
  }

  /** Counts bytes that were written to try them. */
  charge(bytes: number): void {
    this.#bytes += 2 * bytes;
  }

  outcome({ target, pairs, body, secrets, circumstances }: Attempt): Outcome {
    this.#calls += 1;
    this.#bytes += body.length * Math.max(secrets.length, 1);
    return outcomeOf({ ...target, ...circumstances, secrets, headers: pairs, body });
  }

  /** The first of the secrets whose signature the headers hold. */
  match(attempt: Attempt): number | undefined {
    const { secrets } = attempt;
    if (attempt.body.length > BODY_BYTES || !this.readable(attempt)) return undefined;
    for (let from = 0; from < secrets.length; from += SECRETS) {
      if (this.#spent()) return undefined;
      const some = secrets.slice(from, from + SECRETS);
      const { code, secretIndex } = this.outcome({ ...attempt, secrets: some });
      if (!AFTER_TAG.has(code)) continue;
      if (secretIndex !== undefined) return from + secretIndex;
      return from + some.findIndex((one) => AFTER_TAG.has(this.outcome({ ...attempt, secrets: [one] }).code));
    }
    return undefined;
  }

  /** Whether verify gets as far as comparing signatures. */
  readable({ target, pairs, circumstances }: Omit<Attempt, "body" | "secrets">): boolean {
    let all = this.#readable.get(pairs);
    if (all === undefined) this.#readable.set(pairs, (all = new Map<string, boolean>()));
    const key = `${keyOf(target)} ${circumstances.method ?? ""} ${circumstances.url ?? ""}`;
    let known = all.get(key);
    if (known === undefined) {
      const { code } = this.outcome({ target, pairs, circumstances, body: EMPTY, secrets: [NOBODY] });
      all.set(key, (known = code === "signature_mismatch"));
    }
    return known;
  }

  /** Whether the secret is of the target's form. */
  usable(target: Target, secret: string, circumstances: Circumstances): boolean {
    const key = keyOf(target);
    let all = this.#usable.get(key);
    if (all === undefined) this.#usable.set(key, (all = new Map<string, boolean>()));
    let known = all.get(secret);
    if (known === undefined) {
      const { code } = this.outcome({ target, pairs: [], body: EMPTY, secrets: [secret], circumstances });
      all.set(secret, (known = !OF_SECRET.has(code)));
    }
    return known;
  }

  /** The headers under which the target's sender would send this; none if it cannot be said. */
  sign(target: Target, options: Signing): Record<string, string> | undefined {
    const { body, ...rest } = options;
    const key = JSON.stringify([keyOf(target), rest, body.length]);
    if (!this.#signed.has(key) && !this.#spent()) {
      this.#calls += 1;
      this.#bytes += body.length;
      this.#signed.set(key, signed(target, options));
    }
    return this.#signed.get(key);
  }

  #spent(): boolean {
    if (this.#calls < MOST_CALLS && this.#bytes < MOST_BYTES) return false;
    this.#exhausted = true;
    return true;
  }
}

/** What verify says of a call; of any call, even of none. */
export function outcomeOf(options: unknown): Outcome {
  try {
    const { verification } = verify(options as VerifyOptions);
    return { code: "ok", message: "The delivery is verified.", secretIndex: verification.secretIndex };
  } catch (error) {
    const { code, message } = Object(error) as { code?: unknown; message?: unknown };
    return { code: typeof code === "string" ? code : "internal_error", message: String(message ?? error) };
  }
}

/** What is signed, and with what. */
export interface Signing {
  readonly secret: string;
  readonly body: Uint8Array;
  readonly id?: string | undefined;
  readonly timestamp?: number | undefined;
  readonly method?: string | undefined;
  readonly url?: string | undefined;
}

/** The headers that the target's sender would send; none if it cannot be said. */
export function signed(target: Target, options: Signing): Record<string, string> | undefined {
  try {
    return sign({ ...options, ...target } as unknown as SignOptions);
  } catch {
    return undefined;
  }
}

/** What is after the tag's comparison in the order of checks. */
export const isAfterTag = (code: string): boolean => AFTER_TAG.has(code);
