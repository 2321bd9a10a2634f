import { invalidOption, kindOf } from "./errors.js";

/**
 * The headers of a request: a `Headers`, Node's `req.headers`, pairs, or a `Map`. Names are compared
 * without regard to case. A header that is there twice is passed on as such, not joined or chosen
 * from.
 */
export type RequestHeaders =
  | { get(name: string): string | null | undefined }
  | Iterable<readonly [name: string, value: string | readonly string[] | null | undefined]>
  | { readonly [name: string]: string | readonly string[] | null | undefined };

/** @internal A header's one value; `undefined` if it is not there; `null` if it is there twice. */
export type Found = string | undefined | null;

/**
 * Looks up `wanted`, which are in lower case.
 *
 * @internal
 */
export function findHeaders(headers: unknown, wanted: readonly string[]): Found[] {
  if (typeof headers !== "object" || headers === null) throw notHeaders(kindOf(headers));
  const found: Found[] = wanted.map(() => undefined);
  const { get } = headers as { get?: unknown };
  // A Map has get() as well, but its keys are of any case.
  if (typeof get === "function" && Object.prototype.toString.call(headers) !== "[object Map]") {
    wanted.forEach((name, at) => add(found, at, name, get.call(headers, name)));
  } else if (typeof (headers as Partial<Iterable<unknown>>)[Symbol.iterator] === "function") {
    for (const pair of headers as Iterable<unknown>) {
      if (!Array.isArray(pair)) throw notHeaders(`an iterable with ${kindOf(pair)} in it`);
      match(found, wanted, pair[0], pair[1]);
    }
  } else {
    // Most names are of none of the lengths, which is seen at once in a bit for each (modulo 32).
    let lengths = 0;
    for (const name of wanted) lengths |= 1 << name.length;
    for (const name of Object.keys(headers)) {
      if ((lengths >> name.length) & 1) match(found, wanted, name, (headers as Record<string, unknown>)[name]);
    }
  }
  return found;
}

function match(found: Found[], wanted: readonly string[], name: unknown, value: unknown): void {
  if (typeof name !== "string") throw notHeaders(`pairs with ${kindOf(name)} for a name`);
  for (let at = 0; at < wanted.length; at++) {
    const want = wanted[at] as string;
    // The lengths spare most names the conversion, and Node has done it already.
    if (name === want || (name.length === want.length && name.toLowerCase() === want)) add(found, at, want, value);
  }
}

function add(found: Found[], at: number, name: string, value: unknown): void {
  if (typeof value === "string") {
    found[at] = found[at] === undefined ? value : null;
    return;
  }
  for (const one of Array.isArray(value) ? value : [value]) {
    if (one === undefined || one === null) continue;
    if (typeof one !== "string") throw invalidOption(`the ${name} header must be a string, but is ${kindOf(one)}`);
    found[at] = found[at] === undefined ? one : null;
  }
}

function notHeaders(what: string): Error {
  return invalidOption(
    `headers must be a Headers, Node's req.headers, [name, value] pairs or a Map, but is ${what}`,
  );
}
