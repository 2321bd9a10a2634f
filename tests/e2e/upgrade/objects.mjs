// Durable Objects' stores as text and back: SQL with the times left open, so that a state made on one
// day is as old on any other.

import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** Times of so long before and after the making are written as distances from it. */
const BEFORE_MS = 24 * 3_600_000;
const AFTER_MS = 60 * BEFORE_MS;

/** Where wrangler keeps the objects of each class, under `stateDir`. */
export function objectFolders(stateDir) {
  const root = join(stateDir, "v3/do");
  const folders = readdirSync(root).map((name) => [name, join(root, name)]);
  return Object.fromEntries(folders);
}

/** The statements that make the store in `file` again; `{{…}}` stands for a time. */
export function dump(file, madeAtMs) {
  const store = new DatabaseSync(file);
  store.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  const made = store.prepare("SELECT type, name, sql FROM sqlite_master ORDER BY rowid").all();
  const statements = made
    .filter(({ sql, name }) => sql && !name.startsWith("sqlite_"))
    .map(({ sql }) => sql.replace(/\s+/g, " ").trim());
  for (const { name } of made.filter(({ type, name }) => type === "table" && name !== "sqlite_stat1")) {
    const select = store.prepare(`SELECT * FROM "${name}"`);
    select.setReadBigInts(true);
    for (const row of select.all()) {
      const values = Object.values(row).map((value) => literal(value, madeAtMs));
      statements.push(`INSERT INTO "${name}" VALUES (${values.join(", ")})`);
    }
  }
  store.close();
  return statements;
}

function literal(value, madeAtMs) {
  if (value === null) return "NULL";
  if (value instanceof Uint8Array) return `X'${Buffer.from(value).toString("hex")}'`;
  if (typeof value === "bigint") return number(value, madeAtMs);
  if (typeof value === "number") return String(value);
  const text = value.replaceAll("'", "''");
  // Times inside of JSON.
  return `'${text.replace(/\b\d{13}\b/g, (digits) => number(BigInt(digits), madeAtMs))}'`;
}

/** A number as it is, or as a time: in milliseconds, in nanoseconds, or a row's number made of one. */
function number(value, madeAtMs) {
  for (const [unit, perMs] of [["ms", 1n], ["seq", 1000n], ["ns", 1_000_000n]]) {
    const fromMadeMs = Number(value / perMs) - madeAtMs;
    if (fromMadeMs > -BEFORE_MS && fromMadeMs < AFTER_MS) {
      return `{{${unit} ${fromMadeMs} ${value % perMs}}}`;
    }
  }
  return String(value);
}

/** Makes the store again in `file`, as if it had been made `agoMs` before now. */
export function restore(file, statements, agoMs) {
  mkdirSync(dirname(file), { recursive: true });
  for (const suffix of ["", "-wal", "-shm"]) rmSync(file + suffix, { force: true });
  const madeAtMs = Date.now() - agoMs;
  const store = new DatabaseSync(file);
  store.exec("BEGIN");
  for (const statement of statements) store.exec(filled(statement, madeAtMs));
  store.exec("COMMIT");
  store.close();
}

function filled(statement, madeAtMs) {
  const perMs = { ms: 1n, seq: 1000n, ns: 1_000_000n };
  return statement.replace(/\{\{(ms|seq|ns) (-?\d+) (\d+)\}\}/g, (_, unit, fromMadeMs, rest) =>
    String(BigInt(madeAtMs + Number(fromMadeMs)) * perMs[unit] + BigInt(rest)),
  );
}
