import { HookwardError } from "hookward";
import type { RequestLike } from "./fetch-types.js";
import { joined } from "./joined.js";
import { MOST_BYTES, THROWN_AWAY_BYTES, tooLarge, type Body } from "./receive.js";

interface ByteStream {
  readonly locked: boolean;
  getReader(): {
    read(): Promise<{ readonly done: boolean; readonly value?: unknown }>;
    cancel(): Promise<unknown>;
  };
}

/** Whether nobody has read the body of a request, nor begun to. */
export function isUnread(request: RequestLike): boolean {
  return !request.bodyUsed && !(request.body as ByteStream | null | undefined)?.locked;
}

/** Reads the body of a request that nobody has read; over the cap it keeps nothing, and soon stops. */
export async function fetchBody(request: RequestLike): Promise<Body> {
  const declared = Number(request.headers.get("content-length") ?? 0);
  if (declared > MOST_BYTES + THROWN_AWAY_BYTES) return { refused: tooLarge() };
  const { body } = request;
  if (body === null) return { bytes: "" };
  try {
    // Without streams, as on some platforms, there is only all of it.
    if (body === undefined) return { bytes: await request.arrayBuffer() };
    const reader = (body as ByteStream).getReader();
    const chunks: Uint8Array[] = [];
    let size = 0;
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return size > MOST_BYTES ? { refused: tooLarge() } : { bytes: joined(chunks, size) };
      if (!ArrayBuffer.isView(value)) return { refused: notBytes() };
      size += value.byteLength;
      if (size <= MOST_BYTES) chunks.push(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
      else chunks.length = 0;
      if (size > MOST_BYTES + THROWN_AWAY_BYTES) {
        reader.cancel().catch(() => undefined);
        return { refused: tooLarge() };
      }
    }
  } catch {
    return "gone";
  }
}

function notBytes(): HookwardError {
  return new HookwardError("body_not_raw", "the request's body is a stream of something else than bytes");
}
