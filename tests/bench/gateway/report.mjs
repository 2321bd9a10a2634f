// The gateway beside a bare JavaScript Worker that makes the same calls, in one run:
//   node tests/bench/gateway/report.mjs [--quick] [--out FILE] [PART...]

import { readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { parseArgs } from "node:util";

import { startChild } from "./child.mjs";
import { startBare, startHookward } from "./subjects.mjs";

const PARTS = ["throughput", "first-post", "depth", "crash", "operations", "weight"];
/** Of these cores' time, what others may take before the figures mean little. */
const BUSY = 0.25;

const { values, positionals } = parseArgs({
  options: { quick: { type: "boolean", default: false }, out: { type: "string" } },
  allowPositionals: true,
});
const parts = positionals.length > 0 ? positionals : PARTS;
const { devDependencies } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));

const sections = [
  "# The gateway beside a bare Worker",
  "",
  `workerd of Miniflare ${devDependencies.miniflare}, ${cpus().length} × ${cpus()[0].model.trim()}; load, receiver and workerd share these cores.`,
  "The bare Worker (tests/bench/gateway/bare) verifies with WebCrypto and makes the same calls to KV and to objects.",
];
if (values.quick) sections.push("", "A quick run, which shows only that everything works: its figures mean nothing.");
else if (loadavg()[0] > BUSY * cpus().length) {
  sections.push("", `The machine was busy (load ${loadavg()[0].toFixed(1)} before the start): only the ratios mean something.`);
}
sections.push("");
console.log(sections.join("\n"));

const load = startChild(new URL("load.mjs", import.meta.url));
const receiver = startChild(new URL("receiver.mjs", import.meta.url));
const receiverPort = await receiver.call("listen");
const subjects = [];
for (const mode of ["always", "on_duplicate"]) {
  subjects.push(await startBare(mode, receiverPort), await startHookward(mode, receiverPort));
}
try {
  for (const part of parts) {
    const { report } = await import(`./${part}.mjs`);
    const section = await report({ load, receiver, receiverPort, subjects, quick: values.quick });
    console.log(section);
    sections.push(section);
  }
} finally {
  for (const { workerd } of subjects) await workerd.stop();
  load.stop();
  receiver.stop();
}
if (values.out) writeFileSync(values.out, sections.join("\n"));
