// What a body may have been before something on the way read, trimmed, parsed or wrapped it.

import { fromBase64, fromHex, sameBytes, textOf, utf8 } from "./bytes.js";
import { charsets } from "./charsets.js";
import { compress, uncompress } from "./compressed.js";
import type { FindingKind, Repair } from "./finding.js";
import { forms } from "./forms.js";
import { styles } from "./json.js";
import { BODY_BYTES } from "./probe.js";
import { byteList } from "./read-body.js";

export interface BodyVariant {
  readonly bytes: Uint8Array;
  readonly repairs: readonly Repair[];
}

type Change = readonly [kind: FindingKind, what: string, bytes: Uint8Array | undefined];

/** Everything that the body may have been, nearest first, without what it is. */
export function* bodyVariants(body: Uint8Array, type: string): Generator<BodyVariant> {
  // Of what is too large, only what makes it smaller can match.
  const large = body.length > BODY_BYTES;
  const readable = large ? [] : readings(body);
  const opened = [...unwrapped(body), ...compressions(body), ...readable].flatMap((change) => variant(body, [], change));
  yield* opened;
  if (large) return;
  yield* each(body, [], ends(body));
  yield* each(body, [], written(body));
  yield* each(body, [], formed(body, type));
  // Once taken out, a body may still have been trimmed or written again.
  for (const { bytes, repairs } of opened) {
    yield* each(bytes, repairs, unwrapped(bytes));
    yield* each(bytes, repairs, ends(bytes));
    yield* each(bytes, repairs, written(bytes));
  }
}

/** The cheapest of them, for trying along with other faults. */
export function* plainVariants(body: Uint8Array): Generator<BodyVariant> {
  if (body.length > BODY_BYTES) return;
  yield* each(body, [], ends(body));
  let count = 0;
  for (const one of each(body, [], written(body))) {
    if (++count > 24) return;
    yield one;
  }
}

function* each(body: Uint8Array, before: readonly Repair[], changes: Iterable<Change>): Generator<BodyVariant> {
  for (const change of changes) yield* variant(body, before, change);
}

function variant(body: Uint8Array, before: readonly Repair[], [kind, what, bytes]: Change): BodyVariant[] {
  if (bytes === undefined || sameBytes(bytes, body)) return [];
  const evidence = `${what} (${body.length} bytes as given, ${bytes.length} in the body that matches).`;
  return [{ bytes, repairs: [...before, { kind, evidence }] }];
}

const BOM = "\ufeff";

/** Line ends and what else stands at a body's ends. */
function* ends(body: Uint8Array): Generator<Change> {
  const change = (what: string, text: string): Change => ["body_white_space", what, utf8(text)];
  const text = textOf(body);
  if (text === undefined) return;
  yield ["body_encoding", "A byte order mark was added before the body", text.startsWith(BOM) ? utf8(text.slice(1)) : undefined];
  yield ["body_encoding", "The byte order mark before the body was taken off", utf8(BOM + text)];
  yield change("A line end was added behind the body", text.replace(/\r?\n$/, ""));
  yield change("White space was added behind the body", text.trimEnd());
  yield change("White space was added around the body", text.trim());
  yield change("Zero bytes were added behind the body", text.replace(/\0+$/, ""));
  yield change("The line end behind the body was taken off", `${text}\n`);
  yield change("The line end behind the body was taken off", `${text}\r\n`);
  yield change("The space behind the body was taken off", `${text} `);
  yield change("The body's line ends were made CRLF", text.replaceAll("\r\n", "\n"));
  yield change("The body's line ends were made LF", text.replace(/\r?\n/g, "\r\n"));
  yield change("The body's line ends were made LF, and the one behind it taken off", text.includes("\n") ? `${text.replace(/\r?\n/g, "\r\n")}\r\n` : text);
  yield change("The body's line ends were taken off", text.replace(/[\r\n]+/g, ""));
  yield change("The body's CRs were made LFs as well", text.replaceAll("\n\n", "\r\n"));
}

/** JSON, written otherwise. */
function* written(body: Uint8Array): Generator<Change> {
  const text = textOf(body);
  if (text === undefined || !/^\s*[[{"]/.test(text)) return;
  for (const { name, text: other } of styles(text)) {
    yield ["body_json", `The body is JSON that was parsed and written again: the signature is over the same JSON ${name}`, utf8(other)];
  }
}

/** Forms, decoded. */
function* formed(body: Uint8Array, type: string): Generator<Change> {
  const text = textOf(body);
  if (text === undefined || text.length > 200_000) return;
  // A boundary keeps what was in a form of parts from being found again.
  if (type.startsWith("multipart/")) return;
  for (const { what, text: other } of forms(text)) yield ["body_form", what, utf8(other)];
}

/** What the body may be in: another text, an object, a list of bytes. */
function* unwrapped(body: Uint8Array): Generator<Change> {
  const text = textOf(body);
  if (text === undefined) return;
  const change = (what: string, bytes: Uint8Array | undefined): Change => ["body_wrapped", what, bytes];
  yield change("The body is in base64, as some gateways hand it to functions", fromBase64(text.trim()));
  yield change("The body is in hex", fromHex(text.trim().replace(/^(?:0x|\\x)/, "")));
  yield change("The body is a list of byte values", /^\d{1,3}(?:,\d{1,3})+$/.test(text) ? byteList(text.split(",").map(Number)) : undefined);
  if (text.includes('\\"')) yield change("The body's quotes are escaped, as inside of a string", parsedText(`"${text}"`));
  if (/&(?:quot|amp|lt|gt|#\d+|#x[0-9a-f]+);/i.test(text)) yield change("The body has escapes of HTML in it", utf8(unescapedHtml(text)));
  if (/^\s*"/.test(text)) yield change("The body is a JSON string that holds the body", parsedText(text));
  if (/^\s*[{[]/.test(text)) yield* members(text);
}

const parsedText = (json: string): Uint8Array | undefined => {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === "string" ? utf8(value) : undefined;
  } catch {
    return undefined;
  }
};

/** Where frameworks and gateways put a body in what they pass on. */
const MEMBERS = ["body", "rawBody", "raw_body", "payload", "data", "event", "message", "Message", "content"];

function* members(text: string): Generator<Change> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return;
  }
  const bytes = byteList(value);
  if (bytes) yield ["body_wrapped", "The body is a list of byte values: a Buffer that was written as JSON", bytes];
  if (Array.isArray(value)) {
    if (value.length === 1) yield ["body_wrapped", "The body was put into an array", utf8(JSON.stringify(value[0]))];
    return;
  }
  for (const name of MEMBERS) {
    const inner = Object.hasOwn(Object(value) as object, name) ? (value as Record<string, unknown>)[name] : undefined;
    const what = `The body is the member ${name} of an object that something put around it`;
    if (typeof inner === "string") yield ["body_wrapped", what, utf8(inner)];
    else if (typeof inner === "object" && inner !== null) yield ["body_wrapped", what, byteList(inner) ?? utf8(JSON.stringify(inner))];
  }
}

function unescapedHtml(text: string): string {
  const named: { readonly [name: string]: string } = { quot: '"', amp: "&", lt: "<", gt: ">", apos: "'" };
  return text.replace(/&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(quot|amp|lt|gt|apos));/gi, (all, hex?: string, decimal?: string, name?: string) => {
    if (name !== undefined) return named[name.toLowerCase()] ?? all;
    const point = hex === undefined ? Number(decimal) : parseInt(hex, 16);
    return point <= 0x10ffff ? String.fromCodePoint(point) : all;
  });
}

function* readings(body: Uint8Array): Generator<Change> {
  for (const { what, bytes } of charsets(body)) yield ["body_encoding", what, bytes];
}

function* compressions(body: Uint8Array): Generator<Change> {
  for (const { format, bytes } of uncompress(body)) {
    yield ["body_compressed", `The body is compressed (${format}), and the signature is over what was in it`, bytes];
  }
  for (const { format, bytes } of compress(body)) {
    yield ["body_compressed", `The body was uncompressed, and the signature is over its ${format} form`, bytes];
  }
}
