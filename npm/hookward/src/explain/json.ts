// JSON written again in the ways that languages write it, its tokens and their order kept.

/** JSON as its tokens: marks and numbers as they stand, strings as what they say. */
type Token = { readonly mark: string } | { readonly string: string } | { readonly bare: string };

/** One way to write JSON. */
export interface Style {
  /** For people: "compact", "with an indent of 2". */
  readonly name: string;
  readonly text: string;
}

interface Layout {
  readonly name: string;
  readonly comma: string;
  readonly colon: string;
  /** For one level; not indented if it is not there. */
  readonly indent?: string;
  readonly end?: string;
  /** Jackson's pretty printer: arrays on one line, spaces inside of empty ones. */
  readonly arraysInline?: boolean;
}

const indented = (what: string, indent: string, end = "\n"): Layout => ({
  name: `indented by ${what}${end === "\n" ? "" : ", with CRLF"}`,
  comma: ",",
  colon: ": ",
  indent,
  end,
});

const LAYOUTS: readonly Layout[] = [
  { name: "compact", comma: ",", colon: ":" },
  { name: "with a space after commas and colons", comma: ", ", colon: ": " },
  indented("2 spaces", "  "),
  indented("4 spaces", "    "),
  indented("tabs", "\t"),
  { name: "with a space after colons", comma: ",", colon: ": " },
  indented("1 space", " "),
  indented("3 spaces", "   "),
  indented("2 spaces", "  ", "\r\n"),
  indented("4 spaces", "    ", "\r\n"),
  indented("8 spaces", "        "),
  { name: "with a space after commas", comma: ", ", colon: ":" },
  { name: "as Jackson indents it", comma: ",", colon: " : ", indent: "  ", end: "\n", arraysInline: true },
];

interface Escapes {
  readonly name: string;
  /** Letters outside of ASCII as \uXXXX: in which case its digits are, if at all. */
  readonly ascii?: "lower" | "upper";
  /** What else is escaped, and how. */
  readonly more?: { readonly [character: string]: string };
}

const HTML = { "<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029" };
const SLASH = { "/": "\\/" };
const NET = {
  ...{ "<": "\\u003C", ">": "\\u003E", "&": "\\u0026", "'": "\\u0027", "+": "\\u002B", "`": "\\u0060" },
  '"': "\\u0022",
};

const ESCAPES: readonly Escapes[] = [
  { name: "letters as they are" },
  { name: "\\uXXXX for letters outside of ASCII", ascii: "lower" },
  { name: "escaped slashes", more: SLASH },
  { name: "\\uXXXX and escaped slashes", ascii: "lower", more: SLASH },
  { name: "\\uXXXX in capitals", ascii: "upper" },
  { name: "<, > and & escaped", more: HTML },
  { name: "\\uXXXX, and <, > and & escaped", ascii: "lower", more: HTML },
  { name: "the escapes of .NET", ascii: "upper", more: NET },
  { name: "<, >, & and slashes escaped", more: { ...HTML, ...SLASH } },
];

const TOKENS = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/gs;

/** The tokens of a JSON text; `undefined` if it is none. */
function read(json: string): Token[] | undefined {
  try {
    JSON.parse(json);
    return (json.match(TOKENS) ?? []).map((token) => {
      if (token.startsWith('"')) return { string: JSON.parse(token) as string };
      return /^[{}[\],:]$/.test(token) ? { mark: token } : { bare: token };
    });
  } catch {
    return undefined;
  }
}

/** A JSON text in every other way to write it, the most frequent first; nothing for what is no JSON. */
export function* styles(json: string): Generator<Style> {
  const tokens = read(json);
  if (tokens === undefined) return;
  const strings = tokens.flatMap((token) => ("string" in token ? [token.string] : [])).join("");
  const escapes = ESCAPES.filter((one, at) => at === 0 || differs(one, strings)).map(({ name, ...rest }) => {
    let quoted: string[] | undefined;
    return { name, quoted: () => (quoted ??= tokens.map((token) => ("string" in token ? quote(token.string, rest) : ""))) };
  });
  const seen = new Set([json]);
  for (const numbers of ["as they are", "shortest"] as const) {
    const written = numbers === "shortest" ? shortest(tokens) : tokens;
    if (written === undefined) return;
    for (const end of ["", "\n", "\r\n"]) {
      for (const layout of LAYOUTS) {
        for (const escape of escapes) {
          const text = write(written, layout, escape.quoted()) + end;
          // A large body is not kept in all its forms: what little repeats is computed twice.
          if (text.length < 65_536 && seen.has(text)) continue;
          if (text.length < 65_536) seen.add(text);
          const name = [
            layout.name,
            ...(escapes.length > 1 ? [escape.name] : []),
            ...(end === "" ? [] : ["with a line end behind it"]),
            ...(numbers === "shortest" ? ["numbers at their shortest"] : []),
          ].join(", ");
          yield { name, text };
        }
      }
    }
  }
}

function differs({ ascii, more }: Escapes, strings: string): boolean {
  if (ascii !== undefined && /[^\x00-\x7f]/.test(strings)) return true;
  return more !== undefined && Object.keys(more).some((character) => strings.includes(character));
}

/** Numbers as JavaScript writes them; `undefined` if they are written so already. */
function shortest(tokens: readonly Token[]): Token[] | undefined {
  let changes = false;
  const written = tokens.map((token) => {
    if (!("bare" in token) || !/^-?\d/.test(token.bare)) return token;
    const bare = String(Number(token.bare));
    changes ||= bare !== token.bare;
    return { bare };
  });
  return changes ? written : undefined;
}

/** `quoted` has the strings among the tokens as they are to be written. */
function write(tokens: readonly Token[], layout: Layout, quoted: readonly string[]): string {
  const { comma, colon, indent, end = "\n", arraysInline = false } = layout;
  const out: string[] = [];
  const open: string[] = [];
  let depth = 0;
  const indents = (mark: string) => Number(!arraysInline || mark === "{" || mark === "}");
  const line = () => (indent === undefined ? "" : end + indent.repeat(depth));
  const inArray = () => open.at(-1) === "[";
  tokens.forEach((token, at) => {
    if ("string" in token) return out.push(quoted[at] as string);
    if ("bare" in token) return out.push(token.bare);
    const { mark } = token;
    const next = tokens[at + 1];
    const before = tokens[at - 1];
    const empty = (other: Token | undefined, of: string) => other !== undefined && "mark" in other && other.mark === of;
    const gap = () => (arraysInline && inArray() ? " " : line());
    switch (mark) {
      case "{":
      case "[": {
        out.push(mark);
        open.push(mark);
        depth += indents(mark);
        const closes = empty(next, mark === "{" ? "}" : "]");
        return out.push(closes ? (arraysInline ? " " : "") : gap());
      }
      case "}":
      case "]": {
        const opened = empty(before, mark === "}" ? "{" : "[");
        const inline = arraysInline && inArray();
        open.pop();
        depth -= indents(mark);
        return out.push(opened ? "" : inline ? " " : line(), mark);
      }
      case ",":
        return out.push(comma, arraysInline && inArray() ? " " : line());
      default:
        return out.push(colon);
    }
  });
  return out.join("");
}

/** What no writer leaves as it is, and what some escape. */
const SPECIAL = /["\\\x00-\x1f]|[/<>&'+`]|[^\x00-\x7e]/g;

function quote(text: string, { ascii, more }: Omit<Escapes, "name">): string {
  const escaped = text.replace(SPECIAL, (character) => {
    const escape = more?.[character];
    if (escape !== undefined) return escape;
    if (character === '"' || character === "\\" || character < " ") return JSON.stringify(character).slice(1, -1);
    return character > "~" && ascii !== undefined ? unicode(character.charCodeAt(0), ascii) : character;
  });
  return `"${escaped}"`;
}

function unicode(unit: number, digits: "lower" | "upper"): string {
  const hex = unit.toString(16).padStart(4, "0");
  return `\\u${digits === "upper" ? hex.toUpperCase() : hex}`;
}
