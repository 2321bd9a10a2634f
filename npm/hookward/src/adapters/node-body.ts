// The raw body of a Node request, whatever ran before: read from the stream if nobody has, and
// otherwise from where the bytes were kept.

import { HookwardError, type RawBody } from "hookward";
import { joined } from "./joined.js";
import { header, type NodeRequestLike, type NodeStreamLike } from "./node-request.js";
import { MOST_BYTES, THROWN_AWAY_BYTES, tooLarge, type Body } from "./receive.js";

/** What a body parser, or the platform, leaves on a request. */
interface Parsed {
  readonly rawBody?: unknown;
  readonly body?: unknown;
}

/**
 * Where a body over the cap is not read to its end, `stream.readableEnded` stays false.
 *
 * @param request the request
 * @param stream its bytes, if not those of the request itself
 * @param change what to change where the body is not raw any more
 */
export async function nodeBody(request: NodeRequestLike, stream: NodeStreamLike, change: () => string): Promise<Body> {
  const { rawBody } = request as Parsed;
  // By Google Cloud Functions and Firebase, NestJS with { rawBody: true }, express.json's `verify`.
  if (isRaw(rawBody)) return capped(rawBody);
  // Whether anybody has read, not whether there is a `body`: Express 4 sets one in any case, and on Vercel
  // it is a getter that parses.
  if (stream.readableDidRead === false && !stream.readableEncoding) {
    if (stream.readableEnded) return { bytes: "" };
    if (stream.destroyed) return "gone";
    const declared = Number(header(request, "content-length") ?? 0);
    return declared > MOST_BYTES + THROWN_AWAY_BYTES ? { refused: tooLarge() } : read(stream);
  }
  let body: unknown;
  try {
    ({ body } = request as Parsed);
  } catch (cause) {
    return { refused: notRaw("cannot be read", change(), cause) };
  }
  // By express.raw and express.text, or by a serverless platform. What was text in another encoding does
  // not lead back to its bytes.
  if (isRaw(body) && (typeof body !== "string" || isUtf8(header(request, "content-type")))) return capped(body);
  return { refused: notRaw(`is ${kind(body)}`, change()) };
}

function isRaw(value: unknown): value is RawBody {
  return typeof value === "string" || ArrayBuffer.isView(value);
}

function isUtf8(contentType = ""): boolean {
  const charset = /charset\s*=\s*"?([^\s;"]+)/i.exec(contentType)?.[1];
  return charset === undefined || /^(?:utf-?8|us-ascii)$/i.test(charset);
}

/** A body that somebody else has read in whole. */
function capped(bytes: RawBody): Body {
  const size = typeof bytes === "string" ? bytes.length : bytes.byteLength;
  return size > MOST_BYTES ? { refused: tooLarge() } : { bytes };
}

function kind(body: unknown): string {
  if (body === undefined || body === null) return String(body);
  if (typeof body === "string") return "text in another encoding than UTF-8";
  return Array.isArray(body) ? "an array" : typeof body === "object" ? "an object" : `a ${typeof body}`;
}

function notRaw(what: string, change: string, cause?: unknown): HookwardError {
  const message = `somebody has read the request's body already, and req.body ${what}: the signature covers the bytes as \
they arrived, and a parsed body does not lead back to them. ${change}`;
  return new HookwardError("body_not_raw", message, cause === undefined ? undefined : { cause });
}

/** Reads to the end; over the cap it keeps nothing any more, and soon stops. */
function read(stream: NodeStreamLike): Promise<Body> {
  return new Promise((resolve) => {
    const chunks: Uint8Array[] = [];
    let size = 0;
    const stop = (body: Body): void => {
      for (const [event, listener] of Object.entries(listeners)) stream.removeListener(event, listener);
      resolve(body);
    };
    const listeners = {
      data(chunk: Uint8Array) {
        size += chunk.length;
        if (size <= MOST_BYTES) chunks.push(chunk);
        else chunks.length = 0;
        if (size <= MOST_BYTES + THROWN_AWAY_BYTES) return;
        stream.pause();
        stop({ refused: tooLarge() });
      },
      end: () => stop(size > MOST_BYTES ? { refused: tooLarge() } : { bytes: joined(chunks, size) }),
      error: () => stop("gone"),
      close: () => stop("gone"),
    };
    for (const [event, listener] of Object.entries(listeners)) stream.on(event, listener);
    // Somebody may have paused it until now.
    stream.resume();
  });
}
