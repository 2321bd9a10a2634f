import type { RawBody } from "./body.js";
import { parsed, withCore } from "./core.js";
import { invalidOption, kindOf } from "./errors.js";
import { findHeaders, type RequestHeaders } from "./headers.js";
import { readCommon, readOptions, secretText, unixSeconds, type CommonOptions } from "./options.js";

/** What {@link verify} is given. Exactly one of `secret` and `secrets`. */
export interface VerifyOptions extends CommonOptions {
  /** The signing secret, as the provider shows it. */
  readonly secret?: string | undefined;
  /** Several, during a rotation: each is tried, at most 8. */
  readonly secrets?: readonly string[] | undefined;
  /** The request's headers, all of them. */
  readonly headers: RequestHeaders;
  /** The body as it arrived. A parsed object is refused: `body_not_raw`. */
  readonly body: RawBody;
  /** The time to judge by, in Unix seconds. By default the clock's; for tests. */
  readonly now?: number | undefined;
  /** How far the signed time may be from now, in seconds, 1 to 86400. By default the provider's. */
  readonly tolerance?: number | undefined;
}

/** A delivery that its provider signed. */
export interface WebhookEvent<Data = unknown> {
  /** The event's own id from the body, or `undefined`. An integer is given as its digits. */
  readonly id: string | undefined;
  /** The event's type from the body, or `undefined`. Types unknown to this package are kept. */
  readonly type: string | undefined;
  /** When the event happened, in Unix seconds, if the body says. */
  readonly created: number | undefined;
  /**
   * The body's `data`, parsed at first use; `undefined` if there is none. Its shape is not checked.
   */
  readonly data: Data;
  /** The whole body, parsed at first use; `undefined` if it is not JSON. */
  readonly payload: unknown;
  /** The verified bytes: a copy of what was passed in. */
  readonly body: Uint8Array;
  /** What was found out about the delivery. */
  readonly verification: Verification;
}

/** What {@link verify} found out about a delivery. */
export interface Verification {
  readonly provider: string;
  /** Which of the secrets matched, counted from 0. */
  readonly secretIndex: number;
  /**
   * `fresh`: the signed time is within the tolerance. `untimed`: nothing that is signed carries a time,
   * so only remembering `eventKey` stops a replay.
   */
  readonly freshness: "fresh" | "late" | "untimed";
  /** The signed time, in Unix seconds. */
  readonly timestamp: number | undefined;
  /**
   * What to recognise duplicates by: 64 hex digits, made from signed content only, the same for every
   * delivery of one event and different between providers. `undefined` where identical bodies are
   * different events.
   */
  readonly eventKey: string | undefined;
}

type Fields = [
  secretIndex: number,
  timestamp: number | null,
  freshness: "fresh" | "late" | "untimed",
  eventKey: string | null,
  id: string | null,
  type: string | null,
  created: number | null,
  hasData: number,
];

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Verifies a delivery: the signature over its exact bytes, and its signed time.
 *
 * It keeps no memory of events: to act on each only once, keep `verification.eventKey`.
 *
 * @returns the event
 * @throws HookwardError, with a stable `code`
 */
export function verify<Data = unknown>(options: VerifyOptions): WebhookEvent<Data> {
  const { provider, body, secrets, headers, now, tolerance } = readOptions(options, (given) => ({
    ...readCommon(given),
    secrets: readSecrets(given["secret"], given["secrets"]),
    headers: given["headers"],
    now: unixSeconds("now", given["now"]),
    tolerance: readTolerance(given["tolerance"]),
  }));
  const wanted = withCore((core) => core.providers.get(provider)?.wanted) ?? [];
  const found = readOptions({}, () => findHeaders(headers, wanted));
  const answer = withCore((core) => core.verify(provider, secrets, found, body, now, tolerance));
  const [secretIndex, timestamp, freshness, eventKey, id, type, created, hasData] = parsed<Fields>(answer);
  let payload: unknown;
  let unread = true;
  const read = (): unknown => {
    if (unread) payload = json(body);
    unread = false;
    return payload;
  };
  return {
    id: id ?? undefined,
    type: type ?? undefined,
    created: created ?? undefined,
    get data() {
      return (hasData ? (read() as { data: unknown }).data : undefined) as Data;
    },
    get payload() {
      return read();
    },
    body,
    verification: {
      provider,
      secretIndex,
      freshness,
      timestamp: timestamp ?? undefined,
      eventKey: eventKey ?? undefined,
    },
  };
}

/** The body as JSON, read from the very bytes that were verified; `undefined` if it is none. */
function json(body: Uint8Array): unknown {
  try {
    return JSON.parse(utf8.decode(body));
  } catch {
    return undefined;
  }
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
  throw invalidOption(`tolerance must be whole seconds, but is ${typeof value === "number" ? value : kindOf(value)}`);
}
