// A raw HTTP/1.1 request: what a proxy, netcat or tcpdump saved. Lines end in CRLF or LF.

import { UsageError } from "../usage.js";
import type { Captured } from "./request.js";

const REQUEST_LINE = /^([A-Z]{1,20}) (\S+) HTTP\/\d(?:\.\d)?$/;
const HEADER_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/;

/** Whether the text begins as a raw request does, or as headers do. */
export const isHttp = (text: string): boolean => {
  const [first = ""] = text.split(/\r?\n/, 1);
  return REQUEST_LINE.test(first) || (HEADER_LINE.test(first) && !/^https?:/i.test(first));
};

export function parseHttp(bytes: Uint8Array): Captured {
  const notes: string[] = [];
  const { head, rest } = splitHead(bytes);
  const lines = head.split(/\r?\n/);
  let method: string | undefined;
  let target: string | undefined;
  const [, verb, path] = REQUEST_LINE.exec(lines[0] ?? "") ?? [];
  if (verb !== undefined) {
    method = verb;
    target = path;
    lines.shift();
  }
  const headers: [string, string][] = [];
  lines.forEach((line, at) => {
    const last = headers.at(-1);
    // A folded line goes on with the one before.
    if (/^[ \t]/.test(line) && last) last[1] += ` ${line.trim()}`;
    else {
      const [, name, value] = HEADER_LINE.exec(line) ?? [];
      if (name === undefined || value === undefined) throw new UsageError(`line ${at + (verb === undefined ? 1 : 2)} of the request is no header`);
      headers.push([name, value]);
    }
  });
  const header = (name: string) => headers.find(([one]) => one.toLowerCase() === name)?.[1];
  const host = header("host");
  return {
    method,
    url: target?.startsWith("/") && host !== undefined ? `https://${host}${target}` : target,
    headers,
    body: rest && readBody(rest, header, notes),
    notes,
  };
}

/** The text up to the first empty line, and the bytes behind it, if there is one. */
function splitHead(bytes: Uint8Array): { head: string; rest: Uint8Array | undefined } {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
  const end = /\r?\n\r?\n/.exec(text);
  if (end === null) return { head: text.replace(/\r?\n$/, ""), rest: undefined };
  return { head: text.slice(0, end.index), rest: bytes.subarray(end.index + end[0].length) };
}

function readBody(rest: Uint8Array, header: (name: string) => string | undefined, notes: string[]): Uint8Array {
  if (/\bchunked\b/i.test(header("transfer-encoding") ?? "")) {
    const whole = unchunk(rest);
    if (whole) return whole;
    notes.push("Transfer-Encoding says chunked, and the body is not: it is taken as it is.");
  }
  const length = Number(header("content-length") ?? NaN);
  if (!Number.isSafeInteger(length) || length < 0) return rest;
  if (rest.length > length) {
    notes.push(`Content-Length says ${length} bytes, and the file has ${rest.length} after the headers: the first ${length} are taken.`);
    return rest.subarray(0, length);
  }
  if (rest.length < length) {
    notes.push(`Content-Length says ${length} bytes, and the file has only ${rest.length} after the headers: it was cut, or its line ends were changed.`);
  }
  return rest;
}

/** The content of a chunked body; nothing if it is none. */
function unchunk(bytes: Uint8Array): Uint8Array | undefined {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts: Uint8Array[] = [];
  let at = 0;
  for (;;) {
    const end = data.indexOf("\n", at);
    const [, digits] = /^([0-9a-f]{1,8})[ \t]*(?:;[^\r\n]*)?\r?$/i.exec(end < 0 ? "" : data.toString("latin1", at, end)) ?? [];
    if (digits === undefined) return undefined;
    const size = parseInt(digits, 16);
    if (size === 0) return Buffer.concat(parts);
    const start = end + 1;
    if (start + size > data.length) return undefined;
    parts.push(data.subarray(start, start + size));
    at = start + size;
    while (data[at] === 0x0d || data[at] === 0x0a) at += 1;
  }
}
