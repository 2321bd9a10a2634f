/**
 * What a {@link HookwardError} can say. The codes are stable, and the same strings in Rust, in this
 * package and in the gateway's answers.
 *
 * About the delivery: `missing_signature`, `malformed_signature`, `missing_id`, `malformed_id`,
 * `signature_mismatch`, `missing_timestamp`, `malformed_timestamp`, `timestamp_too_old`,
 * `timestamp_in_future`, `header_too_large`, `body_too_large`, `malformed_envelope`,
 * `duplicate_event`. Answer these with a 4xx.
 *
 * About the call: `unknown_provider`, `no_secret`, `too_many_secrets`, `malformed_secret`,
 * `invalid_policy`, `unwritable_header`, `invalid_option`, `body_not_raw`, `internal_error`. These are for you to mend.
 */
export type ErrorCode =
  | "unknown_provider"
  | "no_secret"
  | "too_many_secrets"
  | "malformed_secret"
  | "missing_signature"
  | "malformed_signature"
  | "missing_id"
  | "malformed_id"
  | "signature_mismatch"
  | "missing_timestamp"
  | "malformed_timestamp"
  | "timestamp_too_old"
  | "timestamp_in_future"
  | "header_too_large"
  | "body_too_large"
  | "malformed_envelope"
  | "unwritable_header"
  | "duplicate_event"
  | "invalid_policy"
  | "invalid_option"
  | "body_not_raw"
  | "internal_error";

/**
 * Why a delivery was refused, or what is wrong with a call. Match it by `code`: ESM and CJS hold two
 * copies of the class, so `instanceof` alone can miss it.
 *
 * `message` is for people and may change. Neither ever holds a secret, or the signature that would
 * have been right.
 */
export class HookwardError extends Error {
  /** The stable code. */
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }

  // A getter, because assigning `this.name` throws where Error.prototype is frozen.
  override get name(): string {
    return "HookwardError";
  }
}

/** @internal The error for an option of the wrong type or range. */
export function invalidOption(message: string, cause?: unknown): HookwardError {
  return new HookwardError("invalid_option", message, cause === undefined ? undefined : { cause });
}

/** @internal What a value is, in words, for messages. Never its content. */
export function kindOf(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  try {
    if (Array.isArray(value)) return "an array";
    if (typeof value !== "object") return `a ${typeof value}`;
    if (typeof (value as { then?: unknown }).then === "function") return "a Promise that was not awaited";
  } catch {
    // A revoked Proxy, or one that throws.
  }
  return "an object";
}
