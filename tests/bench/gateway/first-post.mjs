// From the first byte of an event to its whole delivery at the destination, at a steady 50 events a second.

import { median } from "../median.mjs";
import { table } from "../table.mjs";
import { newRun } from "./subjects.mjs";

const PER_S = 50;
const TIMEOUT_MS = 60_000;

/** Returns Markdown. */
export async function report({ load, receiver, subjects, quick }) {
  const rounds = quick ? 1 : 3;
  const events = PER_S * (quick ? 1 : 6);
  const samples = new Map(subjects.map((subject) => [subject, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const subject of subjects) samples.get(subject).push(await measure(subject, events, load, receiver));
  }
  return [
    "## From ingest to the first POST",
    "",
    table(
      ["KV mark", "subject", "p50, ms", "p95, ms", "p99, ms"],
      subjects.map((subject) => [
        subject.mode,
        subject.name,
        ...["p50", "p95", "p99"].map((field) => median(samples.get(subject).map((one) => one[field])).toFixed(1)),
      ]),
      2,
    ),
    "",
    `At ${PER_S} events a second; medians over ${rounds} rounds of ${events} events.`,
    "",
  ].join("\n");
}

async function measure(subject, events, load, receiver) {
  const run = newRun();
  const target = { origin: subject.workerd.origin, ...(await subject.queue()), run };
  const sent = await load.call("drip", { target, events, everyMs: 1000 / PER_S });
  const { came } = await receiver.call("wait", { run, events, ms: TIMEOUT_MS });
  if (came < events) throw new Error(`${subject.name}: ${came} of ${events} delivered`);
  const arrived = await receiver.call("times", { run, events });
  const took = sent.map((at, number) => arrived[number] - at).sort((a, b) => a - b);
  const at = (share) => took[Math.floor(took.length * share)];
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}
