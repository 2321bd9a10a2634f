// Runs benchmarks of the npm package beside its peers, prints them and writes them to a file:
//   node tests/bench/report.mjs [--quick] [--out FILE] [verify] [size] [start]

import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { parseArgs } from "node:util";

const { values, positionals } = parseArgs({
  options: { quick: { type: "boolean", default: false }, out: { type: "string" } },
  allowPositionals: true,
});
const parts = positionals.length > 0 ? positionals : ["verify", "size", "start"];

const { devDependencies } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
const versions = ["stripe", "@octokit/webhooks-methods", "standardwebhooks", "svix"].map(
  (name) => `${name} ${devDependencies[name]}`,
);
const sections = [
  "# hookward beside its peers",
  "",
  `Node ${process.versions.node}, ${cpus().length} × ${cpus()[0].model.trim()}; ${versions.join(", ")}.`,
  ...(values.quick ? ["", "A quick run, which shows only that everything works: its figures mean nothing."] : []),
  "",
];
console.log(sections.join("\n"));
for (const part of parts) {
  const { report } = await import(`./${part}.mjs`);
  const section = await report(values);
  console.log(section);
  sections.push(section);
}
if (values.out) writeFileSync(values.out, sections.join("\n"));
