// As much of Make's formulas and filters as a recipe uses, by Make's own description of its functions:
// https://help.make.com/functions. What is not in here throws, so that no recipe can use it unnoticed.

import { createHash, createHmac } from "node:crypto";

const TOKEN = /\s*(?:("[^"]*")|([0-9]+(?:\.`[^`]+`|\.[A-Za-z_][\w.]*))|([0-9]+)|([A-Za-z][A-Za-z0-9]*)|([();+*-]))/y;

/** The tokens of a formula. */
function tokens(text) {
  const found = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const match = TOKEN.exec(text);
    if (match === null) throw new Error(`Make cannot read ${text}`);
    const [, string, path, number, name, sign] = match;
    if (string !== undefined) found.push({ value: string.slice(1, -1) });
    else if (path !== undefined) found.push({ path: path.replaceAll("`", "") });
    else if (number !== undefined) found.push({ value: Number(number) });
    else found.push(name === undefined ? { sign } : { name });
  }
  return found;
}

/** Names of variables, which take no arguments. */
const VARIABLES = { timestamp: ({ now }) => now, now: ({ now }) => new Date(now * 1000) };

const FUNCTIONS = {
  get: (from, at) => from?.[at - 1],
  map: (list, key, filterKey, values) => list?.filter((one) => values.split(",").includes(one[filterKey])).map((one) => one[key]),
  split: (text, separator) => text?.split(separator),
  addSeconds: (date, seconds) => new Date(date.getTime() + seconds * 1000),
  sha256: (text, encoding = "hex", key = undefined, keyEncoding = "text") => {
    if (!["hex", "base64"].includes(encoding) || !["text", "hex", "base64"].includes(keyEncoding)) throw new Error(`sha256 knows no ${encoding} or ${keyEncoding}`);
    const bytes = Buffer.from(text ?? "", "utf8");
    if (key === undefined) return createHash("sha256").update(bytes).digest(encoding);
    return createHmac("sha256", Buffer.from(key, keyEncoding === "text" ? "utf8" : keyEncoding)).update(bytes).digest(encoding);
  },
};

/** The value of a formula, the inside of `{{…}}`. */
function evaluate(text, scope) {
  const rest = tokens(text);
  const take = (sign) => (rest[0]?.sign === sign ? rest.shift() : undefined);
  const expect = (sign) => {
    if (!take(sign)) throw new Error(`${sign} is missing in ${text}`);
  };
  const atom = () => {
    if (take("(")) {
      const value = sum();
      expect(")");
      return value;
    }
    if (take("-")) return -atom();
    const { value, path, name } = rest.shift() ?? {};
    if (value !== undefined) return value;
    if (path !== undefined) return path.split(".").reduce((from, key) => from?.[key], scope.modules);
    if (rest[0]?.sign !== "(") {
      if (!(name in VARIABLES)) throw new Error(`Make has no ${name}`);
      return VARIABLES[name](scope);
    }
    if (!(name in FUNCTIONS)) throw new Error(`Make has no ${name}()`);
    expect("(");
    const values = [];
    do values.push(sum());
    while (take(";"));
    expect(")");
    return FUNCTIONS[name](...values);
  };
  const product = () => {
    let value = atom();
    while (take("*")) value *= atom();
    return value;
  };
  const sum = () => {
    let value = product();
    for (;;) {
      // What is not there is an empty text.
      if (take("+")) value = typeof value === "number" ? value + product() : `${value ?? ""}${product() ?? ""}`;
      else if (take("-")) value -= product();
      else return value;
    }
  };
  const value = sum();
  if (rest.length > 0) throw new Error(`there is too much in ${text}`);
  return value;
}

/** The value of a field: its one formula, or text with formulas in it. */
function field(text, scope) {
  const whole = /^\{\{((?:(?!\}\}).)*)\}\}$/s.exec(text);
  if (whole) return evaluate(whole[1], scope);
  return text.replaceAll(/\{\{(.*?)\}\}/gs, (_, formula) => evaluate(formula, scope) ?? "");
}

const asText = (value) => (value === undefined ? "" : String(value));
const asNumber = (value) => (value === undefined || value === "" ? NaN : Number(value));
const asDate = (value) => (value instanceof Date ? value : new Date(asText(value))).getTime();

const OPERATORS = {
  "text:equal": (a, b) => asText(a) === asText(b),
  "text:contain": (a, b) => asText(a).includes(asText(b)),
  "text:pattern": (a, b) => new RegExp(b).test(asText(a)),
  "number:greaterorequal": (a, b) => asNumber(a) >= asNumber(b),
  "number:lessorequal": (a, b) => asNumber(a) <= asNumber(b),
  "date:greaterorequal": (a, b) => asDate(a) >= asDate(b),
  "date:lessorequal": (a, b) => asDate(a) <= asDate(b),
};

/**
 * Whether a filter lets a bundle through.
 *
 * @param {{ a: string, o: string, b: string }[][]} groups
 * @param {{ modules: object, now: number }} scope what the modules put out, by their numbers; Unix seconds
 */
export const passes = (groups, scope) => groups.some((group) => group.every(({ a, o, b }) => OPERATORS[o](field(a, scope), field(b, scope))));

/** What a custom webhook puts out, with its headers and with JSON pass-through. */
export function webhook(headers, body) {
  return { value: body, __IMTHEADERS__: headers.map(([name, value]) => ({ name: name.toLowerCase(), value })) };
}
