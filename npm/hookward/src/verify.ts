// First, since behind it comes the core: its text packs better before all code than between it.
import { Verified } from "./verified.js";
import { bodyBytes } from "./body.js";
import type { Call } from "./core.js";
import { invalidOption, kindOf } from "./errors.js";
import { VerifiedEvent, type WebhookEvent } from "./event.js";
import { findHeaders, type RequestHeaders } from "./headers.js";
import { maybeText, own, readOptions, secretText, sender, unixSeconds, type CommonOptions, type ProviderId } from "./options.js";
import type { EventOf } from "./types/events.js";

/** What {@link verify} is given. */
export type VerifyOptions = CommonOptions & {
  /** The request's headers, all of them. */
  readonly headers: RequestHeaders;
  /** The time to judge by, in Unix seconds. By default the clock's; for tests. */
  readonly now?: number | undefined;
  /** How far the signed time may be from now, in seconds, 1 to 86400. By default the provider's. */
  readonly tolerance?: number | undefined;
} & OneOrMoreSecrets;

/** Exactly one of the two. */
export type OneOrMoreSecrets =
  | {
      /** The signing secret, as the provider shows it. */
      readonly secret: string | undefined;
      readonly secrets?: undefined;
    }
  | {
      readonly secret?: undefined;
      /** Several, during a rotation: each is tried, at most 8. */
      readonly secrets: readonly string[];
    };

const KNOWN = /* @__PURE__ */ new Set([
  "provider",
  "scheme",
  "secret",
  "secrets",
  "method",
  "url",
  "headers",
  "body",
  "now",
  "tolerance",
]);

/**
 * Verifies a delivery: the signature over its exact bytes, and its signed time.
 *
 * It keeps no memory of events: to act on each only once, keep `verification.eventKey`, or use a
 * `Receiver`.
 *
 * @returns the event
 * @throws HookwardError, with a stable `code`
 */
export function verify<const P extends ProviderId>(options: VerifyOptions & { readonly provider: P }): EventOf<P>;
export function verify<Data = unknown>(options: VerifyOptions): WebhookEvent<Data>;
export function verify(options: VerifyOptions): WebhookEvent {
  return verifyCall(callOf(options));
}

/** @internal What is to be verified; with another `late` it may be as old as the horizon. */
export function callOf(options: VerifyOptions): Call {
  return readOptions(options, KNOWN, readCall);
}

/** @internal */
export function verifyCall(call: Call): WebhookEvent {
  return new VerifiedEvent(new Verified(call));
}

function readCall(options: Record<string, unknown>): Call {
  const row = sender(options);
  const body = bodyBytes(options["body"]);
  const secrets = readSecrets(options["secret"], options["secrets"]);
  const now = unixSeconds("now", own(options, "now"));
  const { headers, wanted, tolerance } = typeof row === "object" ? row : NOBODY;
  const within = readTolerance(own(options, "tolerance"), tolerance);
  const found = findHeaders(options["headers"], wanted);
  const unverifiedType = found.length > headers.length ? (found.pop() ?? undefined) : undefined;
  found.push(maybeText("method", options["method"]), maybeText("url", options["url"]));
  return { row, body, secrets, texts: found, now, tolerance: within, late: undefined, unverifiedType };
}

/** What is looked up for a sender that is not known. */
const NOBODY = { headers: [], wanted: [], tolerance: 300 } as const;

/** @internal */
export function readSecrets(secret: unknown, secrets: unknown): string[] {
  if (secrets === undefined) return [secretText("secret", secret)];
  if (secret !== undefined) throw invalidOption("give either secret or secrets, not both");
  if (!Array.isArray(secrets)) throw invalidOption(`secrets must be an array, but is ${kindOf(secrets)}`);
  return Array.from(secrets, (one, at) => secretText(`secrets[${at}]`, one));
}

/** @internal In whole seconds. */
export function readTolerance(value: unknown, usual: number): number {
  if (value === undefined) return usual;
  if (typeof value === "number" && Number.isInteger(value) && value >= 0) return value;
  throw invalidOption(`tolerance must be whole seconds, but is ${kindOf(value)}`);
}
