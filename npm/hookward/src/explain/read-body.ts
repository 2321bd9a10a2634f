// The body in every form that people have it in, verify's own among them.

import { utf8 } from "./bytes.js";
import type { Repair } from "./finding.js";

export interface ReadBody {
  readonly bytes: Uint8Array;
  /** Whether something parsed it: the bytes are only what its content is written as. */
  readonly parsed: boolean;
  /** Where verify does not take it as it is. */
  readonly repair?: Repair;
}

const EMPTY = new Uint8Array(0);

export function readBody(body: unknown): ReadBody {
  if (typeof body === "string") return { bytes: utf8(body), parsed: false };
  const own = viewed(body);
  if (own) return { bytes: own, parsed: false };
  try {
    return foreign(body);
  } catch {
    return { bytes: EMPTY, parsed: false, repair: { kind: "body_not_raw", evidence: "The body cannot be read: reading it throws." } };
  }
}

/** The bytes of a buffer or a view, of whatever realm. */
function viewed(body: unknown): Uint8Array | undefined {
  try {
    const { buffer, byteOffset, byteLength } = ArrayBuffer.isView(body) ? body : new DataView(body as ArrayBuffer);
    return new Uint8Array(buffer, byteOffset, byteLength).slice();
  } catch {
    return undefined;
  }
}

function foreign(body: unknown): ReadBody {
  const not = (evidence: string): Repair => ({ kind: "body_not_raw", evidence });
  if (body === undefined || body === null) {
    const evidence = `The body is ${body}: nothing has read it, or something has taken it.`;
    return { bytes: EMPTY, parsed: false, repair: { kind: "body_empty", evidence } };
  }
  const listed = byteList(body);
  if (listed) {
    return { bytes: listed, parsed: false, repair: not("The body is a list of byte values: bytes that were written as JSON and read again.") };
  }
  const waiting = { then: "a Promise that was not awaited", getReader: "a stream", pipe: "a stream", arrayBuffer: "a request or a Blob" };
  for (const [method, what] of Object.entries(waiting)) {
    if (typeof (body as Record<string, unknown>)[method] === "function") {
      return { bytes: EMPTY, parsed: false, repair: not(`The body is ${what}, not the bytes that come out of it.`) };
    }
  }
  const tag = Object.prototype.toString.call(body);
  if (tag === "[object URLSearchParams]") {
    return { bytes: utf8(String(body)), parsed: true, repair: not("The body is a form that was parsed.") };
  }
  const json = JSON.stringify(body) as string | undefined;
  const what = Array.isArray(body) ? "an array" : typeof body === "object" ? "an object" : `a ${typeof body}`;
  return { bytes: utf8(json ?? ""), parsed: true, repair: not(`The body is ${what}: it was parsed before it was verified.`) };
}

/** Bytes as JSON writes them: `{"type":"Buffer","data":[…]}`, `[…]` or `{"0":…,"1":…}`. */
export function byteList(value: unknown): Uint8Array | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { type, data } = value as { type?: unknown; data?: unknown };
  const list = Array.isArray(value) ? value : type === "Buffer" && Array.isArray(data) ? data : numbered(value);
  const isBytes = list.length > 0 && list.every((one) => Number.isInteger(one) && one >= 0 && one < 256);
  return isBytes ? Uint8Array.from(list as number[]) : undefined;
}

function numbered(value: object): unknown[] {
  const keys = Object.keys(value);
  return keys.every((key, at) => key === String(at)) ? Object.values(value) : [];
}
