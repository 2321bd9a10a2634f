// Time per verification, by body size. Every round runs all subjects one after the other, in an order
// that moves on by one each round, so that a slow moment of the machine falls on all alike.

import { median } from "./median.mjs";
import { BARE, eventOf, subjects } from "./subjects.mjs";
import { table } from "./table.mjs";

const SIZES = [256, 1024, 4096, 16384, 262144];
const ROUNDS = 15;
const ROUND_MS = 30;
const WARMUP_MS = 150;

/** What is aimed at: how many times our time a peer's must be, at least. */
const BARS = [
  { name: "faster than stripe, at every size", of: ["stripe"], least: 1, holds: () => true },
  { name: "faster than @octokit/webhooks-methods, at every size", of: ["@octokit/webhooks-methods"], least: 1, holds: () => true },
  { name: "faster than standardwebhooks and svix, at every size", of: ["standardwebhooks", "svix"], least: 1, holds: () => true },
  { name: "5 times faster than standardwebhooks and svix, up to 4 KB", of: ["standardwebhooks", "svix"], least: 5, holds: (size) => size <= 4096 },
  { name: "within 1.15 times the time of bare node:crypto, from 16 KB up", of: [BARE], least: 1 / 1.15, holds: (size) => size >= 16384 },
];

/** Measures everything; `quick` only sees that it works. Returns Markdown. */
export async function report({ quick }) {
  const rows = [];
  const ratios = [];
  for (const size of SIZES) {
    const pairs = await subjects(eventOf(size));
    const calls = pairs.flatMap(({ theirs, ours }) => [theirs, ours]);
    const times = await measure(calls, quick ? 3 : ROUNDS, quick ? 2 : ROUND_MS, quick ? 5 : WARMUP_MS);
    for (const [index, { peer, work }] of pairs.entries()) {
      const [theirs, ours] = times.slice(2 * index, 2 * index + 2);
      ratios.push({ size, peer, ratio: theirs / ours });
      rows.push([sizeName(size), peer, work, theirs.toFixed(2), ours.toFixed(2), `${(theirs / ours).toFixed(2)} ×`]);
    }
  }
  return [
    "## Time per verification",
    "",
    table(["body", "peer", "work", "its time, µs", "hookward's, µs", "ratio"], rows, 3),
    "",
    "Medians of interleaved rounds: each peer, and hookward with the same delivery and the same work.",
    "`@octokit/webhooks-methods` is asynchronous. node:crypto alone is `createHmac` with a `KeyObject`, and",
    "`timingSafeEqual`: no headers, no clock.",
    "",
    "What is aimed at:",
    ...BARS.map((bar) => `- ${bar.name}: ${verdict(bar, ratios)}`),
    "",
  ].join("\n");
}

function verdict({ of, least, holds }, ratios) {
  const missed = ratios.filter(({ size, peer, ratio }) => of.includes(peer) && holds(size) && ratio < least);
  if (missed.length === 0) return "holds.";
  return `missed, by ${missed.map(({ size, peer, ratio }) => `${peer} at ${sizeName(size)} (${ratio.toFixed(2)} ×)`).join(", ")}.`;
}

/** Microseconds per call of each subject. */
async function measure(all, rounds, roundMs, warmupMs) {
  const counts = [];
  for (const run of all) counts.push(await calibrate(run, roundMs, warmupMs));
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
async function calibrate(run, roundMs, warmupMs) {
  let calls = 0;
  let spent = 0;
  for (let batch = 1; spent < warmupMs; batch *= 2) {
    spent += await elapsedMs(run, batch);
    calls += batch;
  }
  return Math.max(1, Math.round((calls / spent) * roundMs));
}

async function elapsedMs(run, calls) {
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
