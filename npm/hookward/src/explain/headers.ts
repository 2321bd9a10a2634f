// What the headers may have been before something on the way renamed, joined or rewrote them.

import { fromBase64, fromHex, toBase64, toHex } from "./bytes.js";
import type { FindingKind, Repair } from "./finding.js";
import type { Pair } from "./read-headers.js";
import type { Shape } from "./shape.js";

export interface HeaderVariant {
  readonly pairs: readonly Pair[];
  readonly repairs: readonly Repair[];
  /** Whether it was changed without a sign that it had to be. */
  readonly guess?: boolean;
}

/** Everything that the headers may have been, nearest first, without what they are. */
export function headerVariants(pairs: readonly Pair[], names: readonly string[], shape: Shape | undefined): HeaderVariant[] {
  const renamed = rename(pairs, names);
  const given = { pairs, repairs: [] };
  const found: HeaderVariant[] = [...doubled(given, names), ...(renamed ? [renamed, ...doubled(renamed, names)] : [])];
  for (const base of renamed ? [given, renamed] : [given]) {
    let cleaned: HeaderVariant = base;
    for (const [kind, what, change] of VALUES) {
      const next = changed(base, names, kind, what, change);
      if (next) found.push(next);
      const further = changed(cleaned, names, kind, what, change);
      if (further && cleaned !== base) found.push(further);
      if (further) cleaned = further;
    }
    if (shape) found.push(...resigned(base, shape), ...(cleaned === base ? [] : resigned(cleaned, shape)));
    if (shape?.timestamp) found.push(...retimed(base, shape.timestamp));
  }
  return found;
}

const isOneOf = (names: readonly string[], name: string) => names.some((one) => same(one, name));
const same = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();
const values = (pairs: readonly Pair[], name: string) => pairs.filter(([one]) => same(one, name)).map(([, value]) => value);

/** A header's name without what servers, gateways and languages do to it. */
function core(name: string): string {
  return name
    .toLowerCase()
    .replace(/^redirect[_-]/, "")
    .replace(/[_ ]/g, "-")
    .replace(/^https?-(?:header-)?/, "")
    .replace(/^x-(?:original|forwarded|amzn-remapped|orig)-/, "")
    .replace(/^x-/, "")
    .replace(/^(?:svix|webhook)-/, "webhook-");
}

/** Gives headers that are missing the value of one whose name was mangled. */
function rename(pairs: readonly Pair[], names: readonly string[]): HeaderVariant | undefined {
  const squeezed = (name: string) => core(name).replaceAll("-", "").replace(/^x/, "");
  const moved: string[] = [];
  const taken = new Set<string>();
  let changed = pairs;
  for (const name of names) {
    if (values(pairs, name).length > 0) continue;
    const from = pairs.find(([one]) => !isOneOf(names, one) && squeezed(one) === squeezed(name))
      ?? pairs.find(([one]) => core(one) === core(name) && !same(one, name));
    if (from === undefined) continue;
    changed = [...changed, [name, from[1]]];
    // A second spelling of the scheme's gets it as well; there is one to be told.
    if (!taken.has(from[0])) moved.push(`${shown(from[0])} is there in place of ${name}`);
    taken.add(from[0]);
  }
  if (moved.length === 0) return undefined;
  return { pairs: changed, repairs: [{ kind: "header_renamed", evidence: `${moved.join("; ")}.` }] };
}

/** A header's name, as far as it is one. */
export const shown = (name: string) => (/^[\w-]{1,64}$/.test(name) ? name : "a header with an unusual name");

/** What may have been done to a header's value, and how it is undone. */
const VALUES: [FindingKind, string, (value: string) => string][] = [
  ["header_rewritten", "has white space around it or inside", (value) => value.trim().replace(/\s*([,;])\s*/g, "$1").replace(/(^|[,;\s])(\w{1,12})\s*=\s*/g, "$1$2=").replace(/[\r\n\t\0]+/g, "").replace(/ {2,}/g, " ")],
  ["header_rewritten", "has a bracket or quotes around it", (value) => value.replace(/^[\s["'`]+|[\s\]"'`]+$/g, "")],
  ["header_rewritten", "has its own name before its value", (value) => value.replace(/^[A-Za-z][\w-]*:\s*/, "")],
  ["header_rewritten", "has escapes of a URL in it", decoded],
  ["header_rewritten", "has escapes of a string in it", (value) => value.replace(/\\u([0-9a-f]{4})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))).replace(/\\(.)/g, "$1")],
  ["header_rewritten", "has escapes of HTML in it", (value) => value.replace(/&#(?:x3d|61);|&equals;/gi, "=").replace(/&#(?:x2b|43);|&plus;/gi, "+").replace(/&#(?:x2f|47);|&sol;/gi, "/").replaceAll("&amp;", "&")],
  ["header_rewritten", "has a separator at one end", (value) => value.replace(/^[,;\s]+|[,;\s]+$/g, "")],
  ["header_rewritten", "has semicolons where commas were", (value) => value.replaceAll(";", ",")],
  ["header_rewritten", "has commas where semicolons were", (value) => value.replaceAll(",", ";")],
  ["header_rewritten", "has colons where = was", (value) => value.replace(/\b(t|ts|v0|v1|h1|sha256):/g, "$1=")],
  ["header_rewritten", "has a space where + was", (value) => value.replace(/(?<=[A-Za-z0-9+/]) (?=[A-Za-z0-9+/])(?!v\d,)/g, "+")],
  ["header_rewritten", "has lost the space between two signatures", (value) => value.replace(/(?<=.)(?=v1a?,)(?<! )/g, " ")],
  ["header_rewritten", "has commas between its signatures where spaces were", (value) => value.replace(/,(?=v1a?,)/g, " ")],
];

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

/** One change, made to every header of the scheme. */
function changed(
  base: HeaderVariant,
  names: readonly string[],
  kind: FindingKind,
  what: string,
  change: (value: string) => string,
): HeaderVariant | undefined {
  const touched = new Set<string>();
  const pairs = base.pairs.map(([name, value]): Pair => {
    if (!isOneOf(names, name)) return [name, value];
    const next = change(value);
    if (next !== value) touched.add(shown(name));
    return [name, next];
  });
  if (touched.size === 0) return undefined;
  return { pairs, repairs: [...base.repairs, { kind, evidence: `${[...touched].join(" and ")} ${what}.` }] };
}

/** Undoes that a header is there several times: as such, joined with itself, or repeated without a mark. */
function doubled(base: HeaderVariant, names: readonly string[]): HeaderVariant[] {
  const found: HeaderVariant[] = [];
  const several = names.filter((name) => values(base.pairs, name).length > 1);
  const once = (at: number) =>
    base.pairs.filter(([name], i) => {
      const all = base.pairs.flatMap(([one], index) => (same(one, name) ? [index] : []));
      return !isOneOf(names, name) || all.at(at) === i;
    });
  if (several.length > 0) {
    for (const [at, which] of [[0, "first"], [-1, "last"]] as const) {
      const evidence = several.map((name) => {
        const all = values(base.pairs, name);
        const equal = all.every((value) => value === all[0]);
        return `${name} is there ${all.length} times, ${equal ? "with one value" : `with different values; the ${which} matches`}`;
      });
      found.push({ pairs: once(at), repairs: [...base.repairs, { kind: "header_doubled", evidence: `${evidence.join("; ")}.` }] });
    }
  }
  const joined = (what: string, change: (value: string) => string) => {
    const next = changed(base, names, "header_doubled", what, change);
    if (next) found.push(next);
  };
  joined("holds its value several times", repeated);
  joined("holds its signature several times, without a mark between", (value) =>
    value.replace(/([0-9a-f]{64})\1+/gi, "$1").replace(/([A-Za-z0-9+/]{43})=?(?:\1=?)+/g, "$1="),
  );
  joined("holds two values, joined by a comma; the first matches", (value) => value.split(/,\s+/)[0] as string);
  joined("holds two values, joined by a comma; the last matches", (value) => value.split(/,\s+/).at(-1) as string);
  return found;
}

/** The shortest text of which `value` is a repetition, with or without a mark between. */
function repeated(value: string): string {
  for (const mark of [", ", ",", "; ", ";", " ", "\n"]) {
    const pieces = value.split(mark);
    for (let size = 1; size <= pieces.length / 2; size++) {
      const repeats = pieces.length % size === 0 && pieces.every((piece, at) => piece === pieces[at % size]);
      if (repeats) return pieces.slice(0, size).join(mark);
    }
  }
  const [, whole] = /^(.{8,}?)\1+$/s.exec(value.length <= 8192 ? value : "") ?? [];
  return whole ?? value;
}

const WORDS = ["sha256=", "v1=", "v0=", "v1,", "hmac-sha256=", "hmac ", "sha-256=", "bearer ", "signature="];

/** The signature written as this provider does not write it: another word before it, another encoding. */
function resigned(base: HeaderVariant, { signature, prefix, encoding }: Shape): HeaderVariant[] {
  const found: HeaderVariant[] = [];
  const names = [signature];
  const add = (what: string, change: (value: string) => string) => {
    const next = changed(base, names, "header_rewritten", what, change);
    if (next) found.push({ ...next, guess: true });
  };
  const word = (value: string) => WORDS.find((one) => value.toLowerCase().startsWith(one)) ?? "";
  const wrong = (text: string) => (text === "" ? "has no word before its signature" : `has ${text.trim()} before its signature`);
  const [value = ""] = values(base.pairs, signature);
  const there = word(value);
  if (!/^\w+=\d/.test(value)) {
    const meant = prefix === "" ? "nothing" : prefix;
    add(`${wrong(there)} where ${meant} is meant`, (text) => prefix + text.slice(word(text).length));
  }
  const run = /[A-Za-z0-9+/_-]{32,}={0,2}(?=$|[,;\s])/g;
  const bytes = (text: string) => fromHex(text) ?? fromBase64(text);
  const other = encoding === "hex" ? toHex : toBase64;
  const reencode = (text: string) => {
    const tag = bytes(text);
    // Base64 of the hex text, too, is what some make of it.
    const inner = tag?.length === 64 ? fromHex(String.fromCharCode(...tag)) : tag;
    return inner?.length === 32 ? other(inner) : text;
  };
  add(`is encoded otherwise than in ${encoding}`, (text) => prefix + text.slice(word(text).length).replace(run, reencode));
  add(`is encoded otherwise than in ${encoding}`, (text) => text.replace(run, reencode));
  return found;
}

/** A time that was read and written again on its way. */
function retimed(base: HeaderVariant, header: string): HeaderVariant[] {
  const [value = ""] = values(base.pairs, header);
  const ms = /^\d{12,13}$/.test(value) ? Number(value) : /^\d{9,10}(?:\.\d+)?$/.test(value) ? Number(value) * 1000 : Date.parse(value);
  if (!Number.isFinite(ms) || Math.abs(ms) > 8e15) return [];
  const iso = new Date(ms).toISOString();
  const written = [
    String(Math.floor(ms / 1000)),
    String(Math.floor(ms)),
    iso,
    iso.replace(".000Z", "Z"),
    iso.replace("Z", "+00:00"),
    iso.replace(".000Z", "+00:00"),
    iso.replace("Z", "000Z"),
    iso.replace("Z", "000000Z"),
  ];
  return [...new Set(written)].flatMap((text) => {
    const next = changed(base, [header], "header_rewritten", "states the time in another form than it was sent in", () => text);
    return next ? [{ ...next, guess: true }] : [];
  });
}
