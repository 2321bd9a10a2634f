// The catalogue, as far as JavaScript has to know it: which headers to look up, and what to hand to the
// core. What the columns say of signing is read by the core alone.

// Replaced by the build: a line for each provider, with `|` between its columns; or for one that cannot
// be verified, its id and what it uses.
declare const HOOKWARD_ROWS: string;

// Once, and not in a function: its text would be read again when that is first called.
const ROWS = HOOKWARD_ROWS;

/** @internal A provider. */
export interface Row {
  /** The line: no two providers have the same. */
  readonly line: string;
  readonly id: string;
  /** For the core: see `Provider::to_compact`. */
  readonly columns: readonly string[];
  /** All the headers that verifying may look at. */
  readonly headers: readonly string[];
  /** The same in lower case; behind them, if there is one, the unsigned header with the event's type. */
  readonly wanted: readonly string[];
  /** How far the signed time may be from now, in seconds. */
  readonly tolerance: number;
  /** How long the provider goes on sending one signature, in seconds. */
  readonly horizon: number;
}

/** @internal Who sends: a provider; or what one uses that cannot be verified; or nothing that is known. */
export type Sender = Row | string | undefined;

/** How many columns a line has, and which of them says what is signed. */
const COLUMNS = 18;
const SIGNED = 10;

/** Rows kept read: more than there are in the catalogue. */
const MOST_ROWS = 512;

/** Rows of the catalogue by their ids, and all rows by their lines. */
const known = /* @__PURE__ */ new Map<string, Row>();
const rows = /* @__PURE__ */ new Map<string, Row>();

/** @internal The sender of that id. */
export function rowOf(id: string): Sender {
  const found = known.get(id);
  if (found) return found;
  const start = ROWS.startsWith(`${id}|`) ? 0 : ROWS.indexOf(`\n${id}|`) + 1;
  const [line = ""] = ROWS.slice(start).split("\n", 1);
  const columns = line.split("|");
  // Another one's, where nothing was found; and no id has a column's or a line's end in it.
  if (columns[0] !== id) return undefined;
  if (columns.length === 2) return columns[1];
  const row = readRow(line);
  if (row) known.set(id, row);
  return row;
}

/** @internal The ids of all providers that can be verified. */
export function ids(): string[] {
  return ROWS.split("\n").map((line) => line.slice(0, line.indexOf("|"))).filter((id) => typeof rowOf(id) === "object");
}

/** @internal A line of the catalogue's form; nothing for any other. */
export function readRow(line: string): Row | undefined {
  let row = rows.get(line);
  if (row === undefined) {
    const columns = line.split("|");
    // The core checks no columns: these two would have it read others, or verify another text than the body.
    if (columns.length !== COLUMNS || !columns[SIGNED]?.includes("{body}")) return undefined;
    const [siblings = "", tolerance, horizon, typeHeader] = columns.slice(14);
    // Of a sibling, `id:header:beginning`, the header.
    const names = [...columns.slice(2, 6), siblings && siblings.replace(/\S+?:(\S*?):\S*/g, "$1")].join(" ").split(" ");
    const headers = new Map(names.filter(Boolean).map((name) => [name.toLowerCase(), name]));
    const wanted = [...headers.keys()];
    if (typeHeader) wanted.push(typeHeader.toLowerCase());
    row = { line, id: columns[0] as string, columns: columns.slice(0, -1), headers: [...headers.values()], wanted, tolerance: Number(tolerance), horizon: Number(horizon) };
    if (rows.size > MOST_ROWS) rows.clear();
    rows.set(line, row);
  }
  return row;
}
