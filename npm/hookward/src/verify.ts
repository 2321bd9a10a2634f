import { bodyBytes } from "./body.js";
import { bodyLimit, parsed, wantedHeaders, withCore } from "./core.js";
import { invalidOption, kindOf } from "./errors.js";
import { VerifiedEvent, type Fields, type WebhookEvent } from "./event.js";
import { findHeaders, type RequestHeaders } from "./headers.js";
import { own, readOptions, secretText, text, unixSeconds, type CommonOptions } from "./options.js";

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

const KNOWN = /* @__PURE__ */ new Set(["provider", "secret", "secrets", "headers", "body", "now", "tolerance"]);

/**
 * Verifies a delivery: the signature over its exact bytes, and its signed time.
 *
 * It keeps no memory of events: to act on each only once, keep `verification.eventKey`.
 *
 * @returns the event
 * @throws HookwardError, with a stable `code`
 */
export function verify<Data = unknown>(options: VerifyOptions): WebhookEvent<Data> {
  const call = readOptions(options, KNOWN, readCall);
  const { provider, secrets, found, body, now, tolerance } = call;
  const answer = withCore((core) => core.verify(provider, secrets, found, body, now, tolerance));
  // The core refuses what is too large, so these are bytes.
  return new VerifiedEvent(parsed<Fields>(answer), provider, body as Uint8Array);
}

function readCall(options: Record<string, unknown>) {
  const provider = text("provider", options["provider"]);
  const body = bodyBytes(options["body"], bodyLimit());
  const secrets = readSecrets(options["secret"], options["secrets"]);
  const now = unixSeconds("now", own(options, "now"));
  const tolerance = readTolerance(own(options, "tolerance"));
  const found = findHeaders(options["headers"], wantedHeaders(provider));
  return { provider, body, secrets, now, tolerance, found };
}

function readSecrets(secret: unknown, secrets: unknown): string[] {
  if (secrets === undefined) return [secretText("secret", secret)];
  if (secret !== undefined) throw invalidOption("give either secret or secrets, not both");
  if (!Array.isArray(secrets)) throw invalidOption(`secrets must be an array, but is ${kindOf(secrets)}`);
  return Array.from(secrets, (one, at) => secretText(`secrets[${at}]`, one));
}

/** In whole seconds; -1 stands for the provider's own. */
function readTolerance(value: unknown): number {
  if (value === undefined) return -1;
  if (typeof value === "number" && Number.isInteger(value) && value >= 0) return value;
  throw invalidOption(`tolerance must be whole seconds, but is ${kindOf(value)}`);
}
