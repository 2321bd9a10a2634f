// A captured request, in whichever of the forms people have them in.

import { UsageError } from "../usage.js";
import { isCurl, parseCurl } from "./curl.js";
import { isHttp, parseHttp } from "./http.js";
import { parseJson } from "./json.js";
import type { Captured } from "./request.js";

export type { Captured } from "./request.js";

/**
 * Reads a raw HTTP request, JSON (HAR among it), a curl command, or what `curl -v` prints of a request.
 *
 * `entry`: which one of a HAR file, counted from 1.
 */
export function parseCapture(bytes: Uint8Array, entry?: number): Captured {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8").replace(/^\ufeff/, "");
  if (/^\s*[{[]/.test(text)) return parseJson(text, entry);
  if (entry !== undefined) throw new UsageError("--entry is for HAR files, and the request is none");
  if (isCurl(text)) return parseCurl(text);
  if (isHttp(text)) return parseHttp(bytes);
  const sent = text.split(/\r?\n/).filter((line) => line.startsWith("> ")).map((line) => line.slice(2));
  if (sent.length > 0 && isHttp(sent.join("\n"))) {
    const { body: _, ...request } = parseHttp(Buffer.from(sent.join("\n")));
    return { ...request, notes: ["curl -v does not print the body: give it by --body."] };
  }
  throw new UsageError("the request is none that can be read: a raw HTTP request, a HAR file, JSON with headers and body, or a curl command");
}
