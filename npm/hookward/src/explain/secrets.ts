// What a secret may have been before it was pasted, stored, decoded or read from somewhere.

import { fromBase64, fromHex, textOf, toBase64, toHex, utf8 } from "./bytes.js";
import type { FindingKind, Repair } from "./finding.js";

export interface SecretVariant {
  readonly text: string;
  readonly repairs: readonly Repair[];
}

/** What belongs to no secret: white space of every kind, zero-width characters, the BOM. */
const BLANK = /[\s\u200b-\u200d\u2060\ufeff\0]+/gu;
const BLANKS_AROUND = /^[\s\u200b-\u200d\u2060\ufeff\0]+|[\s\u200b-\u200d\u2060\ufeff\0]+$/gu;
const QUOTES = /^(["'`“”‘’«»<([{])(.*)(["'`“”‘’«»>)\]}])$/su;
const ASSIGNMENT = /^(?:export\s+)?[A-Za-z_][A-Za-z0-9_]*\s*=\s*/;
const LABEL = /^(?:bearer|basic|secret|signing[ _-]?secret|key|hex|base64|sha256)(?:\s+|\s*[:=]\s*)/i;

/** The prefixes that providers write their secrets with, the longer ones first. */
export const PREFIXES = ["v1,whsec_", "polar_whs_", "whsec_", "whs_", "sec_"];

/** Of a secret without a fault that could be undone by looking at it alone. */
const PRINTABLE = /^[\x20-\x7e]+$/;

/** Everything that `given` may have been, nearest first. What it is itself is not among them. */
export function secretVariants(given: string): SecretVariant[] {
  const found = new Map<string, SecretVariant>([[given, { text: given, repairs: [] }]]);
  const add = (text: string | undefined, repairs: readonly Repair[]) => {
    if (text !== undefined && text.length > 0 && text.length <= 512 && !found.has(text)) found.set(text, { text, repairs });
  };
  const clean = cleaned(given);
  for (const { text, repairs } of clean) add(text, repairs);
  for (const base of [{ text: given, repairs: [] }, ...clean]) {
    for (const { text, repairs } of [...rewritten(base.text), ...parts(base.text)]) add(text, [...base.repairs, ...repairs]);
  }
  // A decoded secret may have been decorated before it was encoded, and a prefix may hide an encoding.
  for (const { text, repairs } of [...found.values()].filter(({ repairs }) => repairs.some(({ kind }) => kind === "secret_encoding"))) {
    for (const inner of cleaned(text)) add(inner.text, [...repairs, ...inner.repairs]);
  }
  found.delete(given);
  return [...found.values()];
}

const repair = (kind: FindingKind, what: string, before: string, after: string): Repair => ({
  kind,
  evidence: `${what} (${count(before)} as given, ${count(after)} in the one that matches).`,
});

const count = (text: string) => (text.length === 1 ? "1 character" : `${text.length} characters`);

/** Takes off what surrounds a secret, one thing after the other. */
function cleaned(given: string): SecretVariant[] {
  const steps: [FindingKind, string, (text: string) => string][] = [
    ["secret_white_space", "The secret has white space around it", (text) => text.replace(BLANKS_AROUND, "")],
    ["secret_white_space", "The secret ends in an escape that stands for a line end", (text) => text.replace(/(?:\\[nrt])+$/, "")],
    ["secret_prefix", "The secret has the name of its variable before it", (text) => text.replace(ASSIGNMENT, "")],
    ["secret_prefix", "The secret has a label before it", (text) => text.replace(LABEL, "")],
    ["secret_quotes", "The secret ends in punctuation that is not part of it", (text) => text.replace(/[,;.]+$/, "")],
    ["secret_quotes", "The secret has quotes around it", (text) => QUOTES.exec(text)?.[2] ?? text],
    ["secret_quotes", "The secret has a quote on one side", (text) => text.replace(/^["'`]|["'`]$/g, "")],
    ["secret_white_space", "The secret has white space inside the quotes", (text) => text.replace(BLANKS_AROUND, "")],
    ["secret_white_space", "The secret has white space in the middle", (text) => text.replace(BLANK, "")],
  ];
  const found: SecretVariant[] = [];
  let text = given;
  let repairs: readonly Repair[] = [];
  for (const [kind, what, step] of steps) {
    const after = step(text);
    if (after === text || after.length === 0) continue;
    // Each alone as well: what looks like a label may be the secret's own.
    const alone = step(given);
    if (alone !== given && alone !== after) found.push({ text: alone, repairs: [repair(kind, what, given, alone)] });
    repairs = [...repairs, repair(kind, what, text, after)];
    text = after;
    found.push({ text, repairs });
  }
  return found;
}

/** The same key in another writing. */
function rewritten(given: string): SecretVariant[] {
  const found: SecretVariant[] = [];
  const add = (kind: FindingKind, what: string, text: string | undefined) => {
    if (text !== undefined && text !== given) found.push({ text, repairs: [repair(kind, what, given, text)] });
  };
  const prefix = PREFIXES.find((one) => given.startsWith(one)) ?? "";
  const bare = given.slice(prefix.length);
  if (prefix !== "") add("secret_prefix", `The secret begins with ${prefix}, which is not part of it here`, bare);
  for (const one of PREFIXES) {
    const what = prefix === "" ? `The secret lacks its prefix, ${one}` : `The secret begins with ${prefix} where ${one} is meant`;
    if (one !== prefix) add("secret_prefix", what, one + bare);
  }
  add("secret_prefix", "The secret has 0x before it", bare.startsWith("0x") ? bare.slice(2) : undefined);
  add("secret_encoding", "The secret has escapes of a URL in it", unescaped(given));
  add("secret_encoding", "The secret has escapes of a string in it", unquoted(given));
  add("secret_encoding", "The secret has spaces where + was", given.includes(" ") ? given.replaceAll(" ", "+") : undefined);
  add("secret_encoding", "The secret has its $ doubled, as Compose files want them", given.includes("$$") ? given.replaceAll("$$", "$") : undefined);
  if (/^[0-9a-f]+$/i.test(bare)) {
    add("secret_encoding", "The secret's hex digits are in capitals", prefix + bare.toLowerCase());
    add("secret_encoding", "The secret's hex digits are in small letters", prefix + bare.toUpperCase());
  }
  for (const text of new Set([given, bare])) {
    const [base64, hex] = [fromBase64(text), fromHex(text)];
    if (base64) {
      add("secret_encoding", "The secret was encoded in base64 once more", printable(base64));
      add("secret_encoding", "The secret is base64, where hex is meant", toHex(base64));
      add("secret_encoding", "The secret is in the URL's alphabet of base64, where the standard one is meant", prefix + toBase64(base64));
      add("secret_encoding", "The secret is in the standard alphabet of base64, where the URL's is meant", prefix + urlSafe(toBase64(base64)));
      add("secret_encoding", "The secret is in the standard alphabet of base64, where the URL's without padding is meant", prefix + urlSafe(toBase64(base64)).replace(/=+$/, ""));
      add("secret_encoding", "The secret lacks base64's padding, which is part of it here", `${prefix}${text.replace(/=+$/, "")}${"=".repeat((4 - (text.replace(/=+$/, "").length % 4)) % 4)}`);
      add("secret_encoding", "The secret has base64's padding, which is not part of it here", prefix + text.replace(/=+$/, ""));
    }
    if (hex) {
      add("secret_encoding", "The secret is hex, where text is meant", printable(hex));
      add("secret_encoding", "The secret is hex, where base64 is meant", toBase64(hex));
    }
    add("secret_encoding", "The secret is text, where base64 is meant: the key is its characters, or it was decoded before", toBase64(utf8(text)));
    add("secret_encoding", "The secret is text, where hex is meant: the key is its characters, or it was decoded before", toHex(utf8(text)));
  }
  return found;
}

/** Several secrets in one text, or one of them twice. */
function parts(given: string): SecretVariant[] {
  const pieces = given.split(/[\s,;|]+/).filter((piece) => piece !== "" && piece !== given);
  const found = pieces.map((text, at) => ({
    text,
    repairs: [{ kind: "secret_joined" as const, evidence: `The secret is ${pieces.length} in one text; number ${at + 1} matches.` }],
  }));
  const half = given.slice(0, given.length / 2);
  if (half !== "" && half + half === given) {
    found.push({ text: half, repairs: [{ kind: "secret_joined", evidence: "The secret is there twice, one behind the other." }] });
  }
  return found;
}

function unescaped(text: string): string | undefined {
  try {
    return text.includes("%") ? decodeURIComponent(text) : undefined;
  } catch {
    return undefined;
  }
}

function unquoted(text: string): string | undefined {
  if (!text.includes("\\")) return undefined;
  try {
    return JSON.parse(`"${text.replaceAll('"', '\\"')}"`) as string;
  } catch {
    // A shell's escapes, which JSON does not have.
    return text.replace(/\\(.)/g, "$1");
  }
}

function printable(bytes: Uint8Array): string | undefined {
  const text = textOf(bytes);
  return text !== undefined && PRINTABLE.test(text.trim()) ? text : undefined;
}

const urlSafe = (text: string) => text.replaceAll("+", "-").replaceAll("/", "_");
