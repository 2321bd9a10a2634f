// Conditions of a filter in Make, made from a provider's scheme.
//
// They are written as Make writes them into a scenario's blueprint: `a`, `o` and `b` are the left side, the
// operator and the right side; formulas stand in `{{…}}`. `1` is the webhook module, `2` the one that
// parses its JSON.

import type { Subject } from "./subject.js";

export interface Condition {
  readonly a: string;
  readonly o: keyof typeof OPERATORS;
  readonly b: string;
}

/** Groups that are joined by "or", of conditions that are joined by "and". */
export type Filter = readonly (readonly Condition[])[];

/** The operators, and what they are called in Make. */
export const OPERATORS = {
  "text:equal": "Text operators: Equal to",
  "text:contain": "Text operators: Contains",
  "text:pattern": "Text operators: Matches pattern",
  "number:greaterorequal": "Numeric operators: Greater than or equal to",
  "number:lessorequal": "Numeric operators: Less than or equal to",
  "date:greaterorequal": "Datetime operators: Later than or equal to",
  "date:lessorequal": "Datetime operators: Earlier than or equal to",
} as const;

export interface Formula {
  /** Between the webhook and what follows. */
  readonly signature: Filter;
  /** Behind the module that parses the JSON, where the time is in the body. */
  readonly time: Filter | undefined;
  /** What the secret begins with that is no part of the key. */
  readonly keyPrefix: string;
}

/** What stands for the secret. */
export const SECRET = "YOUR-SECRET";

/** No filter can be right for this provider, and why. */
export class NoFormula extends Error {}

export function formula({ provider, signed, url, tolerance }: Subject): Formula {
  const { signature, timestamp: timeHeader, idHeader, format = "{signature}", encoding = "hex", key = "text", time = "" } = provider.scheme;
  const layout = readFormat(format);
  const headers = signature.split(" ").map(header);
  const [form = "", pointer] = time.split(" ");
  const inList = layout.time && `get(split(get(split(${headers[0]}; ${quoted(layout.time.separator)}); 1); ${quoted(layout.time.assign)}); 2)`;
  const timestamp = timeHeader === undefined ? inList : header(timeHeader);
  const id = idHeader === undefined ? undefined : header(idHeader);

  const content = pieces(signed, { body: "1.value", timestamp, id, url, method: "POST" });
  const keyForm = key.startsWith("base64:") ? "base64" : key;
  const arguments_ = [content, quoted(encoding), quoted(SECRET), ...(keyForm === "text" ? [] : [quoted(keyForm)])];
  const tag = `${layout.prefix}{{sha256(${arguments_.join("; ")})}}`;

  const others: Condition[] = [];
  // Where an id ends and the time begins is not to be moved.
  if (id !== undefined) others.push({ a: `{{${id}}}`, o: "text:pattern", b: "^[A-Za-z0-9_-]+$" });
  const times = form === "" ? [] : within(pointer === undefined ? `${timestamp}` : field(pointer), form, tolerance);
  if (pointer === undefined) others.push(...times);
  return {
    signature: headers.map((value) => [compared(value, tag, layout.separator), ...(others.length > 0 ? others : [written(value)])]),
    time: pointer === undefined ? undefined : [times],
    keyPrefix: key.startsWith("base64:") ? key.slice(7) : "",
  };
}

/** The condition that a header has this tag: all of it, or one of several. */
function compared(value: string, tag: string, separator: string | undefined): Condition {
  if (separator === undefined) return { a: `{{${value}}}`, o: "text:equal", b: tag };
  // The separator behind it shows that the tag ends there. Of spaces at the end of a field nothing is known.
  const end = separator.trim();
  return { a: `{{${value}}}${end}`, o: "text:contain", b: tag + end };
}

/** What Make's sha256 gives for a body that is empty is not documented: nothing must not equal nothing. */
function written(value: string): Condition {
  return { a: `{{${value}}}`, o: "text:pattern", b: "^.{32,}$" };
}

/** The value of a header: Make has them as a list of names and values, the names in lower case. */
function header(name: string): string {
  return `get(map(1.\`__IMTHEADERS__\`; "value"; "name"; ${quoted(name.toLowerCase())}); 1)`;
}

interface Layout {
  /** What stands in front of the signature. */
  readonly prefix: string;
  /** What parts it from more of them, if there may be more in the header. */
  readonly separator?: string;
  /** How the time stands in it, which is then the first field. */
  readonly time?: { readonly separator: string; readonly assign: string };
}

function readFormat(format: string): Layout {
  const [, assign, separator, field] = /^[a-z]+([=:])\{timestamp\}([,;]) ?([a-z0-9]+[=:])\{signature\}$/.exec(format) ?? [];
  if (assign !== undefined && separator !== undefined && field !== undefined) {
    return { prefix: field, separator, time: { separator, assign } };
  }
  const [, prefix, more] = /^([^{}]*)\{signature\}(?:(.)\.\.\.)?$/.exec(format) ?? [];
  if (prefix === undefined) throw new NoFormula(`its signature is written as ${format}`);
  return { prefix, ...(more === undefined ? {} : { separator: more }) };
}

/** What is signed, as a sum of texts. */
function pieces(signed: string, values: { [name: string]: string | undefined }): string {
  const sum: string[] = [];
  let literal = "";
  const flush = () => {
    if (literal !== "") sum.push(quoted(literal));
    literal = "";
  };
  for (const part of signed.split(/(\{[a-z_]+\})/)) {
    if (!part.startsWith("{")) literal += part;
    else if (part === "{method}") literal += values["method"];
    else if (part.startsWith("{url")) literal += plainUrl(values["url"] ?? "", part === "{url_decoded}");
    else {
      flush();
      const value = values[part.slice(1, -1)];
      if (value === undefined) throw new NoFormula(`it signs ${part}, which is not in a header`);
      sum.push(value);
    }
  }
  flush();
  return sum.join(" + ");
}

/** A URL that stands in a formula as it is, and if it is signed decoded, is then the same. */
function plainUrl(url: string, decoded: boolean): string {
  if (/["\\{}]/.test(url)) throw new NoFormula("its URL has characters that cannot be written in a formula");
  if (decoded && url.includes("%")) throw new NoFormula("it signs the URL with its escapes undone, and this one has some");
  return url;
}

/** The conditions for a time that is not further from now than so many seconds. */
function within(value: string, form: string, seconds: number): Condition[] {
  const a = `{{${value}}}`;
  if (form === "rfc3339") {
    return [
      { a, o: "text:pattern", b: "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})$" },
      { a, o: "date:greaterorequal", b: `{{addSeconds(now; -${seconds})}}` },
      { a, o: "date:lessorequal", b: `{{addSeconds(now; ${seconds})}}` },
    ];
  }
  const at = (sign: string) => (form === "ms" ? `{{(timestamp ${sign} ${seconds}) * 1000}}` : `{{timestamp ${sign} ${seconds}}}`);
  return [
    // All of its digits, and nothing else: where the time ends and the body begins is not to be moved.
    { a, o: "text:pattern", b: form === "ms" ? "^[0-9]{13}$" : "^[0-9]{10}$" },
    { a, o: "number:greaterorequal", b: at("-") },
    { a, o: "number:lessorequal", b: at("+") },
  ];
}

/** A field of the parsed body, by its JSON pointer. */
function field(pointer: string): string {
  if (!/^(\/[A-Za-z_]+)+$/.test(pointer)) throw new NoFormula(`its time is in the body at ${pointer}`);
  return `2${pointer.replaceAll("/", ".")}`;
}

function quoted(text: string): string {
  if (/["\\]/.test(text)) throw new NoFormula(`a formula cannot hold ${text}`);
  return `"${text}"`;
}
