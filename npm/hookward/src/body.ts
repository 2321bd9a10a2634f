import { HookwardError, kindOf } from "./errors.js";
import { MOST_BYTES } from "./instance.js";

/**
 * A request body as it arrived: bytes in any of their containers (a Node `Buffer` is a
 * `Uint8Array`), or a string, which is taken as its UTF-8.
 */
export type RawBody = string | ArrayBufferLike | ArrayBufferView;

const encoder = new TextEncoder();

/** @internal A body's bytes; of one that is too large, only how many there are at least. */
export type Bytes = Uint8Array | { readonly length: number };

/**
 * The bytes of a raw body; of one that is over the cap, only their number. Refuses everything else, a
 * parsed object above all. Nothing is matched by `instanceof`: the value may come from another realm.
 *
 * They are the caller's own, and not copied.
 *
 * @internal
 */
export function bodyBytes(body: unknown): Bytes {
  if (typeof body === "string") {
    // UTF-8 is never shorter than UTF-16 has units.
    if (body.length > MOST_BYTES) return { length: body.length };
    body = encoder.encode(body);
  }
  try {
    const { buffer, byteOffset, byteLength } = ArrayBuffer.isView(body)
      ? body
      : new DataView(body as ArrayBuffer); // throws for what is not a buffer, of whatever realm
    // The core counts in 32 bits.
    return byteLength > MOST_BYTES ? { length: Math.min(byteLength, 2 ** 31 - 1) } : new Uint8Array(buffer, byteOffset, byteLength);
  } catch {
    throw new HookwardError(
      "body_not_raw",
      `body must be the request's bytes as they arrived, or their text, but it is ${kindOf(body)}. \
The signature covers exactly those, and a parsed body does not lead back to them. Express: \
express.raw({ type: () => true, limit: "1mb" }) on this route, ahead of any express.json(). Fastify: \
addContentTypeParser("*", { parseAs: "buffer" }, (request, body, done) => done(null, body)). \
Next.js, Hono: await request.arrayBuffer(). n8n: "Raw Body" in the Webhook node, then \
await this.helpers.getBinaryDataBuffer(0, "data").`,
    );
  }
}
