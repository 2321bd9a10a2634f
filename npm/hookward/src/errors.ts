/**
 * What a {@link HookwardError} can say. The codes are stable, and the same strings in Rust, in this
 * package and in the gateway's answers. What to answer with for each is its `status`.
 */
export type ErrorCode =
  | "unknown_provider"
  | "unsupported_provider"
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
  | "event_in_progress"
  | "lease_lost"
  | "store_unavailable"
  | "invalid_policy"
  | "invalid_scheme"
  | "invalid_target"
  | "invalid_handshake"
  | "handshake_closed"
  | "invalid_option"
  | "body_not_raw"
  | "body_changed"
  | "unsupported_encoding"
  | "handler_failed"
  | "internal_error";

/**
 * What to answer the sender with. All else is the receiver's own fault: 500, so that the sender tries
 * again once it is mended.
 */
const STATUS: { readonly [code in ErrorCode]?: number } = {
  missing_signature: 401,
  malformed_signature: 401,
  missing_id: 401,
  malformed_id: 401,
  signature_mismatch: 401,
  missing_timestamp: 401,
  malformed_timestamp: 401,
  timestamp_too_old: 401,
  timestamp_in_future: 401,
  header_too_large: 401,
  malformed_envelope: 400,
  invalid_handshake: 400,
  handshake_closed: 403,
  body_too_large: 413,
  unsupported_encoding: 415,
  // It has been taken in: said so again, the sender stops.
  duplicate_event: 200,
  // Not a fault of anybody's: the sender is to come again, and some take a 4xx as final.
  event_in_progress: 503,
  lease_lost: 503,
  store_unavailable: 503,
};

/**
 * Why a delivery was refused, or what is wrong with a call. Match it by `code`: ESM and CJS hold two
 * copies of the class, so `instanceof` alone can miss it.
 *
 * `message` is for people and may change. Nothing in here ever holds a secret, or the signature that
 * would have been right.
 */
export class HookwardError extends Error {
  /** The stable code. */
  readonly code: ErrorCode;
  /**
   * The HTTP status to answer with: 401, 400 or 413 for the sender's faults, 500 for the receiver's, 503
   * where the sender is to try again.
   */
  readonly status: number;
  /** With 503: how long to wait, in seconds, for the `Retry-After` header. */
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown; retryAfterSeconds?: number }) {
    super(message, options);
    this.code = code;
    this.status = STATUS[code] ?? 500;
    this.retryAfterSeconds = options?.retryAfterSeconds;
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
