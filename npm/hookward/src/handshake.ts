import { bodyBytes } from "./body.js";
import { parsed } from "./core.js";
import { SECRET_HEADER, withFull } from "./full.js";
import { findHeaders, type RequestHeaders } from "./headers.js";
import { maybeText, own, readOptions, text, unixSeconds, type CommonOptions } from "./options.js";
import { fullSender } from "./sender.js";
import { readSecrets, readTolerance, type OneOrMoreSecrets } from "./verify.js";

/** What {@link handshake} is given: what {@link verify} is, and what a receiver brings to a handshake. */
export type HandshakeOptions = CommonOptions & {
  /** The request's headers, all of them. */
  readonly headers: RequestHeaders;
  /** The request's method. */
  readonly method: string;
  /** The request's URL, or its path and query. */
  readonly url: string;
  /** What was typed into the provider's form beside the URL: Meta's verify token. */
  readonly verifyToken?: string | undefined;
  /**
   * Whether a secret may arrive now, for providers that send it in a handshake (Asana, Notion). Only for
   * minutes, after somebody you know has asked for it, and never while there is a secret.
   */
  readonly open?: boolean | undefined;
  /** The time to judge by, in Unix seconds. By default the clock's; for tests. */
  readonly now?: number | undefined;
  /** How far the signed time may be from now, in seconds, 1 to 86400. By default the provider's. */
  readonly tolerance?: number | undefined;
} & OneOrMoreSecrets;

/** What to answer a handshake with. */
export interface HandshakeReply {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string;
  /** The secret that came with it: keep it, it is not sent again. */
  readonly secret?: string;
}

const KNOWN = /* @__PURE__ */ new Set([
  "provider",
  "scheme",
  "secret",
  "secrets",
  "method",
  "url",
  "headers",
  "body",
  "verifyToken",
  "open",
  "now",
  "tolerance",
]);

/**
 * Answers a provider's handshake: the request by which it makes sure that a URL wants its deliveries.
 *
 * @returns the reply; or `undefined` if the request is no handshake, and so a delivery: go on with
 * {@link verify}
 * @throws HookwardError for a handshake that must be refused
 */
export function handshake(options: HandshakeOptions): HandshakeReply | undefined {
  const { call, now, tolerance, open } = readOptions(options, KNOWN, readCall);
  // A provider that makes none need not wake the module up.
  if (call.line.endsWith("|")) return undefined;
  const answer = withFull((full) => full.handshake(call, now, tolerance, open));
  const reply = parsed<Reply | []>(answer, call.row);
  if (reply.length === 0) return undefined;
  const [name, value, type, body, secret] = reply;
  const headers: Record<string, string> = { "content-type": type, "x-content-type-options": "nosniff" };
  if (name !== null) headers[name] = value as string;
  return { status: 200, headers, body, ...(secret !== null && { secret }) };
}

type Reply = [header: string | null, value: string | null, type: string, body: string, secret: string | null];

function readCall(options: Record<string, unknown>) {
  const sent = fullSender(options);
  const { row } = sent;
  const { wanted, headers, tolerance } = typeof row === "object" ? row : { wanted: [], headers: [], tolerance: 300 };
  const found = findHeaders(options["headers"], [...wanted.slice(0, headers.length), SECRET_HEADER.toLowerCase()]);
  found.push(text("method", options["method"]), text("url", options["url"]));
  found.push(maybeText("verifyToken", options["verifyToken"]));
  const call = {
    ...sent,
    body: bodyBytes(options["body"]),
    secrets: readSecrets(options["secret"], options["secrets"]),
    texts: found,
  };
  return {
    call,
    now: unixSeconds("now", own(options, "now")),
    tolerance: readTolerance(own(options, "tolerance"), tolerance),
    open: own(options, "open") === true,
  };
}
