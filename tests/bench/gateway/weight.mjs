// What is uploaded, and what a start costs.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

import { request } from "../../harness/http.mjs";
import { median } from "../median.mjs";
import { table } from "../table.mjs";
import { BUILD, startBare, startHookward } from "./subjects.mjs";

/** Returns Markdown. */
export async function report({ receiverPort, quick }) {
  const rounds = quick ? 1 : 7;
  const starts = { hookward: [], "bare Worker": [] };
  for (let round = 0; round < rounds; round += 1) {
    for (const start of [startHookward, startBare]) {
      const { name, workerd } = await start("always", receiverPort);
      await request(`${workerd.origin}/healthz`);
      starts[name].push(workerd.cpuMs());
      await workerd.stop();
    }
  }
  const more = median(starts.hookward.map((cpu, round) => cpu - starts["bare Worker"][round]));
  const files = ["index.js", "index_bg.wasm"].map((name) => readFileSync(join(BUILD, name)));
  const gzipped = files.reduce((sum, file) => sum + gzipSync(file, { level: 9 }).length, 0);
  return [
    "## Weight",
    "",
    table(
      ["what", "value"],
      [
        ["uploaded, KB", (files.reduce((sum, file) => sum + file.length, 0) / 1024).toFixed(0)],
        ["gzipped, KB", (gzipped / 1024).toFixed(0)],
        ["CPU of workerd until its first answer, ms", median(starts.hookward).toFixed(0)],
        ["the same with the bare Worker, ms", median(starts["bare Worker"]).toFixed(0)],
        ["so a start of the gateway itself, ms", more.toFixed(0)],
      ],
    ),
    "",
  ].join("\n");
}
