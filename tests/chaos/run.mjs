// Runs the chaos scenarios, one after the other or a few at a time, and prints what came of each.
//
//   node tests/chaos/run.mjs [--short] [--seed N] [--jobs N] [scenario…]
//
// Exits with 1 when anything was lost, renamed or stuck, or a scenario's own check failed.

import { randomInt } from "node:crypto";
import { readdirSync } from "node:fs";
import { parseArgs } from "node:util";

import { account, refusals } from "./ledger.mjs";
import { randomOf } from "./random.mjs";
import { startWorld } from "./world.mjs";

/** No scenario takes longer; one that does is stopped and has failed. */
const SHORT_LIMIT_MS = 120_000;
const LONG_LIMIT_MS = 900_000;
const LINES_SHOWN = 30;

const FOLDER = new URL("scenarios/", import.meta.url);
const known = readdirSync(FOLDER)
  .filter((file) => file.endsWith(".mjs"))
  .map((file) => file.slice(0, -".mjs".length))
  .sort();

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { short: { type: "boolean" }, seed: { type: "string" }, jobs: { type: "string" } },
});
const short = values.short ?? false;
const seed = whole("seed", values.seed, 0, 2 ** 32 - 1) ?? randomInt(2 ** 32 - 1);
const jobs = whole("jobs", values.jobs, 1, 8) ?? 1;
for (const name of positionals) {
  if (!known.includes(name)) fail(`there is no scenario ${name}; there are ${known.join(", ")}`);
}

function whole(name, text, low, high) {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < low || number > high) fail(`--${name} takes a number from ${low} to ${high}`);
  return number;
}

function fail(message) {
  console.error(message);
  process.exit(2);
}

/** Runs one scenario in a world of its own. */
async function runOne(name) {
  const { what, run } = await import(new URL(`${name}.mjs`, FOLDER));
  const [notes, failed] = [[], []];
  const begun = Date.now();
  let world;
  let timer;
  let result = { counts: {}, wrong: [] };
  try {
    world = await startWorld();
    const tools = {
      short,
      random: randomOf(seed),
      note: (text) => notes.push(text),
      check: (holds, text) => (holds ? notes : failed).push(holds ? text : `not so: ${text}`),
    };
    const limitMs = short ? SHORT_LIMIT_MS : LONG_LIMIT_MS;
    const limit = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`not over after ${limitMs / 1000} s`)), limitMs);
    });
    await Promise.race([run(world, tools), limit]);
  } catch (error) {
    failed.push(String(error?.stack ?? error));
  } finally {
    clearTimeout(timer);
  }
  try {
    result = await account(world);
    notes.push(`not acknowledged at once: ${refusals(world.lines)}`);
  } catch (error) {
    failed.push(`no account: ${error}`);
  }
  failed.push(...result.wrong);
  const tookS = (Date.now() - begun) / 1000;
  print({ name, what, counts: result.counts, notes, failed, tookS });
  if (failed.length > 0 && world) console.log(world.gateway.lines.slice(-LINES_SHOWN).join("\n"));
  await world?.stop();
  return { name, counts: result.counts, failed, tookS };
}

const COLUMNS = ["sent", "acknowledged", "owed", "delivered", "dead", "duplicates", "lost", "renamed", "stuck"];

function print({ name, what, counts, notes, failed, tookS }) {
  console.log(`\n${name}: ${what}`);
  console.log(`  ${COLUMNS.map((column) => `${column} ${counts[column] ?? "?"}`).join(", ")}`);
  for (const note of notes) console.log(`  ${note}`);
  for (const why of failed) console.log(`  FAILED: ${why}`);
  console.log(`  ${failed.length === 0 ? "ok" : "FAILED"}, ${tookS.toFixed(0)} s`);
}

function table(results) {
  const rows = results.map(({ name, counts, failed, tookS }) => [
    name,
    ...COLUMNS.map((column) => String(counts[column] ?? "?")),
    tookS.toFixed(0),
    failed.length === 0 ? "ok" : "FAILED",
  ]);
  const all = [["scenario", ...COLUMNS, "s", ""], ...rows];
  const widths = all[0].map((_, column) => Math.max(...all.map((row) => row[column].length)));
  for (const row of all) {
    console.log(row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at]) : cell.padStart(widths[at]))).join("  "));
  }
}

/** Scenarios that take their time even in a short form run in it only when they are asked for. */
const LONG_ONLY = ["frozen", "rekey"];
const usual = known.filter((name) => !short || !LONG_ONLY.includes(name));
const wanted = positionals.length > 0 ? positionals : usual;
console.log(`${wanted.length} scenarios, ${short ? "short" : "long"} form, --seed ${seed}`);
console.log("owed: acknowledged, counted once for each destination; dead: dead letters that can be replayed;");
console.log("duplicates: taken again under the same webhook-id; renamed: under another one (never allowed)");

// Each gateway cleans up after itself at our exit, too.
process.setMaxListeners(process.getMaxListeners() + 2 * wanted.length);
const waiting = [...wanted];
const results = [];
await Promise.all(
  Array.from({ length: jobs }, async () => {
    for (let name = waiting.shift(); name; name = waiting.shift()) results.push(await runOne(name));
  }),
);
console.log();
table(results.sort((a, b) => wanted.indexOf(a.name) - wanted.indexOf(b.name)));
const bad = results.filter(({ failed }) => failed.length > 0);
console.log(`\n${results.length - bad.length} held, ${bad.length} failed; --seed ${seed}`);
process.exit(bad.length > 0 ? 1 : 0);
