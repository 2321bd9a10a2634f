// Import and first verification, each in a process of its own.

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { median } from "./median.mjs";
import { deliveries, eventOf, packages } from "./subjects.mjs";
import { table } from "./table.mjs";

const RUNS = 15;
const CHILD = fileURLToPath(new URL("start-child.mjs", import.meta.url));
const run = promisify(execFile);

/** Measures every package, one after the other in each round. Returns Markdown. */
export async function report({ quick }) {
  const names = Object.keys(packages);
  const body = eventOf(1024);
  const input = JSON.stringify({ body: body.toString(), ...deliveries(body) });
  const samples = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round < (quick ? 1 : RUNS); round += 1) {
    for (const name of names) {
      const { stdout } = await run(process.execPath, [CHILD, name, input], { timeout: 30_000 });
      samples[name].push(JSON.parse(stdout));
    }
  }
  const middle = (name, field) => median(samples[name].map((sample) => sample[field])).toFixed(1);
  return [
    "## Import and first verification",
    "",
    table(
      ["package", "import, ms", "first verify, ms", "together, ms"],
      names.map((name) => [name, middle(name, "imported"), middle(name, "verified"), middle(name, "together")]),
    ),
    "",
    "Medians over fresh processes, without Node's own start; a body of 1 KB.",
    "",
  ].join("\n");
}
