// Time per verification, by body size. Every round runs all subjects one after the other, in an order
// that moves on by one each round, so that a slow moment of the machine falls on all alike.

import { median } from "./median.mjs";
import { eventOf, subjects } from "./subjects.mjs";
import { table } from "./table.mjs";

const SIZES = [256, 1024, 4096, 16384, 262144];
const ROUNDS = 15;
const ROUND_MS = 30;
const WARMUP_MS = 150;

/** Measures everything; `quick` only sees that it works. Returns Markdown. */
export async function report({ quick }) {
  const rows = [];
  let slower = 0;
  for (const size of SIZES) {
    const all = await subjects(eventOf(size));
    const times = await measure(all, quick ? 3 : ROUNDS, quick ? 2 : ROUND_MS, quick ? 5 : WARMUP_MS);
    for (const [index, subject] of all.entries()) {
      const ours = all.findIndex(
        ({ name, scheme, parses }) =>
          name === "hookward" && scheme === subject.scheme && parses === subject.parses,
      );
      const ratio = times[index] / times[ours];
      if (subject.name !== "hookward" && ratio < 1) slower += 1;
      rows.push([
        sizeName(size),
        subject.name,
        subject.scheme + (subject.parses ? ", JSON parsed" : ""),
        times[index].toFixed(2),
        subject.name === "hookward" ? "" : `${ratio.toFixed(2)} ×`,
      ]);
    }
  }
  return [
    "## Time per verification",
    "",
    table(["body", "package", "scheme", "µs", "of hookward's time"], rows, 3),
    "",
    "Medians of interleaved rounds. A peer is compared with hookward doing the same: with or without",
    "parsing the JSON. `@octokit/webhooks-methods` signs the body alone and is asynchronous.",
    slower === 0 ? "No peer was faster at any size." : `A peer was faster in ${slower} of the comparisons.`,
    "",
  ].join("\n");
}

/** Microseconds per call of each subject. */
async function measure(all, rounds, roundMs, warmupMs) {
  const counts = [];
  for (const subject of all) counts.push(await calibrate(subject, roundMs, warmupMs));
  const samples = all.map(() => []);
  for (let round = 0; round < rounds; round += 1) {
    for (let turn = 0; turn < all.length; turn += 1) {
      const index = (round + turn) % all.length;
      samples[index].push((await elapsedMs(all[index], counts[index])) / counts[index]);
    }
  }
  return samples.map((values) => median(values) * 1000);
}

/** How many calls take about `roundMs`, found while warming up. */
async function calibrate(subject, roundMs, warmupMs) {
  let calls = 0;
  let spent = 0;
  for (let batch = 1; spent < warmupMs; batch *= 2) {
    spent += await elapsedMs(subject, batch);
    calls += batch;
  }
  return Math.max(1, Math.round((calls / spent) * roundMs));
}

async function elapsedMs({ run }, calls) {
  const started = performance.now();
  // Waiting for what is no promise would cost a turn of the event loop each time.
  if (run() instanceof Promise) {
    for (let i = 1; i < calls; i += 1) await run();
  } else {
    for (let i = 1; i < calls; i += 1) run();
  }
  return performance.now() - started;
}

function sizeName(bytes) {
  return bytes < 1024 ? `${bytes} B` : `${bytes / 1024} KB`;
}
