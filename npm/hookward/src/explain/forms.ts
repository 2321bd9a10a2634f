// Forms: bodies of `name=value&…`, decoded, parsed, or encoded again in another way.

export interface FormText {
  readonly what: string;
  readonly text: string;
}

const percent = (text: string) => {
  try {
    return encodeURIComponent(text);
  } catch {
    // Half of a surrogate pair: no form held it.
    return text;
  }
};
const upper = (text: string, pattern: RegExp) =>
  text.replace(pattern, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);

/** How values are written in a form; programs differ in a few characters. */
const WRITERS: readonly ((text: string) => string)[] = [
  // Browsers and URLSearchParams.
  (text) => upper(percent(text), /[!'()~]/g).replaceAll("%20", "+"),
  // RFC 3986, as most languages' libraries.
  (text) => upper(percent(text), /[!'()*]/g),
  (text) => upper(percent(text), /[!'()*]/g).replaceAll("%20", "+"),
  // JavaScript's encodeURIComponent.
  percent,
  (text) => percent(text).replaceAll("%20", "+"),
  (text) => upper(percent(text), /[!'()*~]/g).replaceAll("%20", "+"),
];
const lower = (text: string) => text.replace(/%[0-9A-F]{2}/g, (one) => one.toLowerCase());

/** The forms that a body without its form's encoding may have been. */
export function* forms(text: string): Generator<FormText> {
  const pairs = asObject(text) ?? asPairs(text);
  const written = (what: string, fields: readonly (readonly [string, string])[]) =>
    WRITERS.flatMap((write) => {
      const form = fields.map(([name, value]) => `${write(name)}=${write(value)}`).join("&");
      return [form, lower(form)].map((one) => ({ what, text: one }));
    });
  if (pairs) yield* written("The body is a form that was parsed, and written as JSON", pairs);
  if (text.startsWith("{")) {
    for (const name of ["payload", "data", "body"]) {
      yield* written(`The body is the field ${name} of a form, taken out of it`, [[name, text]]);
    }
  }
  // One field that holds JSON, whose own & and = divide nothing.
  const [, only, json] = /^([\w-]{1,64})=([{[].*)$/s.exec(text) ?? [];
  if (only !== undefined && json !== undefined) yield* written("The body is a form whose escapes were undone", [[only, json]]);
  if (/^[^{[=&]+=/.test(text)) {
    const fields = text.split("&").map((field): [string, string] => {
      const at = field.indexOf("=");
      return at < 0 ? [field, ""] : [field.slice(0, at), field.slice(at + 1)];
    });
    yield* written("The body is a form whose escapes were undone", fields);
    const undone = fields.map(([name, value]): [string, string] => [unescaped(name), unescaped(value)]);
    yield* written("The body is a form that was parsed and written again", undone);
  }
  if (text.includes("%")) yield { what: "The body was escaped as in a URL", text: unescaped(text) };
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text;
  }
}

/** The fields of a form that something parsed into an object of texts, and lists of texts. */
function asObject(text: string): [string, string][] | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const fields: [string, string][] = [];
  for (const [name, one] of Object.entries(value)) {
    const list: unknown[] = Array.isArray(one) ? one : [one];
    for (const item of list) {
      if (typeof item !== "string") return undefined;
      fields.push([name, item]);
    }
  }
  return fields.length > 0 ? fields : undefined;
}

/** The fields of a list of `[name, value]`. */
function asPairs(text: string): [string, string][] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isPair = (one: unknown) => Array.isArray(one) && one.length === 2 && one.every((part) => typeof part === "string");
    return Array.isArray(value) && value.length > 0 && value.every(isPair) ? (value as [string, string][]) : undefined;
  } catch {
    return undefined;
  }
}
