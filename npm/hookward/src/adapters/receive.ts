import { HookwardError, type Answer, type EventOf, type ProviderId, type RawBody, type RequestHeaders } from "hookward";
import { refusal } from "../answer.js";
import type { WebhookHooks, Prepared, Setup } from "./setup.js";

/** The most bytes of a body: the core's own cap, so that nothing longer is ever kept. */
export const MOST_BYTES = 1024 * 1024;

/** Of a body over the cap as much again is read and thrown away, so that its connection stays usable. */
export const THROWN_AWAY_BYTES = MOST_BYTES;

/** A body as it arrived; why there is none to verify; or that its sender left in the middle of it. */
export type Body = { readonly bytes: RawBody } | { readonly refused: HookwardError } | "gone";

/** A request, as every framework has it. */
export interface Arrived {
  readonly method: string;
  /** The request's own target. */
  readonly url: string;
  readonly headers: RequestHeaders;
  /** The `Content-Encoding` header. */
  readonly encoding: string | undefined;
  /** Reads the body. Called for `POST` alone. */
  body(): Body | Promise<Body>;
}

/** Whether the event is done: yes, and the answer is ours; or whoever handled it has answered itself. */
export type Handled = "done" | "answered" | "answered with a failure";

/** Where errors go that the user has no hook for. */
export type Log = (error: HookwardError) => void;

/** For something to throw through the receiver, so that it gives the event free. */
const UNDONE = { undone: true };

/** Encodings that change the bytes. What else stands there (`utf-8`, of some senders) does not. */
const COMPRESSED = /^(?:(?:x-)?(?:gzip|compress)|deflate|br|zstd)$/;

/**
 * Receives a request: what to answer, or nothing if `handle` has answered. Rejects with what `handle`, or
 * the user's function that finds the receiver, threw.
 */
export async function receive<P extends ProviderId, Context extends readonly unknown[]>(
  prepared: Prepared<P, Context>,
  context: Context,
  arrived: Arrived,
  handle: (event: EventOf<P>) => Promise<Handled>,
  log: Log = logged,
): Promise<Answer | undefined> {
  const { method, url, headers } = arrived;
  // Begun at once: if somebody else listens to the body as well, it is lost a moment later.
  const reading = method === "POST" ? readBody(arrived) : { bytes: "" };
  let setup: Setup<P, Context>;
  try {
    setup = await prepared(context);
  } catch (error) {
    if (!isOurs(error)) throw error;
    log(error);
    return refusal(error);
  }
  const read = await reading;
  if (read === "gone") return { status: 503, headers: {}, body: "" };
  if ("refused" in read) {
    report(setup, context, read.refused, log);
    return refused(read.refused);
  }

  let handled: Handled | undefined;
  let failure: { readonly error: unknown } | undefined;
  const run = async (event: EventOf<P>): Promise<void> => {
    try {
      handled = await handle(event);
    } catch (error) {
      failure = { error };
    }
    if (handled === undefined || handled === "answered with a failure") throw UNDONE;
  };
  try {
    const answer = await setup.receiver.handle({ method, url, headers, body: read.bytes }, run);
    if (answer.error) report(setup, context, answer.error, log);
    return handled === undefined || handled === "done" ? answer : undefined;
  } catch (error) {
    if (failure) throw (failure as { error: unknown }).error;
    if (handled === undefined) throw error;
    // It was answered. If this is not what was thrown above, giving the event free has failed.
    if (error !== UNDONE) report(setup, context, error as HookwardError, log);
    return undefined;
  }
}

/** What is to be refused is read all the same: the connection can be used again. */
async function readBody(arrived: Arrived): Promise<Body> {
  const body = await arrived.body();
  const coded = arrived.encoding?.split(",").some((one) => COMPRESSED.test(one.trim().toLowerCase()));
  return coded && body !== "gone" && !("refused" in body) ? { refused: compressed(arrived.encoding as string) } : body;
}

function refused(error: HookwardError): Answer {
  const answer = refusal(error);
  if (error.code !== "unsupported_encoding") return answer;
  return { ...answer, headers: { ...answer.headers, "accept-encoding": "identity" } };
}

/** Tells the user, whatever becomes of that: the request is answered in any case. */
export function report<Context extends readonly unknown[]>(
  { onError }: WebhookHooks<Context>,
  context: Context,
  error: HookwardError,
  log: Log = logged,
): void {
  if (onError === undefined) log(error);
  else void (async () => onError(error, ...context))().catch((failure: unknown) => console.error(failure));
}

/** What is the sender's doing is a line; a fault of the receiver's side comes with its stack and cause. */
function logged(error: HookwardError): void {
  if (isSenders(error)) console.warn(line(error));
  else console.error(error);
}

/** Whether the receiver's side has nothing to mend. */
export function isSenders({ status, code }: HookwardError): boolean {
  return status < 500 || code === "event_in_progress";
}

/** An error in one line. */
export function line({ code, message }: HookwardError): string {
  return `hookward: ${code}: ${message}`;
}

/** Not by `instanceof`: it may be the other module system's. */
function isOurs(error: unknown): error is HookwardError {
  return (error as Partial<HookwardError> | null | undefined)?.name === "HookwardError";
}

/** The error for a body that is over the cap. */
export function tooLarge(): HookwardError {
  return new HookwardError("body_too_large", `the body is over ${MOST_BYTES} bytes`);
}

function compressed(encoding: string): HookwardError {
  return new HookwardError(
    "unsupported_encoding",
    `the body came with Content-Encoding ${JSON.stringify(encoding.slice(0, 40))}: providers sign and send plain bodies, and \
nothing is decompressed here. Have whoever compresses it (a proxy, a setting of the provider's) leave it alone, or \
decompress it yourself and call verify() with the bytes that your provider documents as signed`,
  );
}

declare const console: Record<"warn" | "error", (...values: unknown[]) => void>;
