// What one more event costs with nothing, a lot and very much in the queue, behind a paused destination.

import { median } from "../median.mjs";
import { table } from "../table.mjs";
import { newRun } from "./subjects.mjs";

/** Returns Markdown. */
export async function report({ load, subjects, quick }) {
  const subject = subjects.find(({ name, mode }) => name === "hookward" && mode === "on_duplicate");
  const rounds = quick ? 1 : 9;
  const events = quick ? 20 : 200;
  const queues = [];
  for (const depth of quick ? [0, 50, 100] : [0, 10_000, 100_000]) {
    const target = { origin: subject.workerd.origin, ...(await subject.queue({ paused: true })) };
    if (depth > 0) await load.call("flood", { target: { ...target, run: newRun() }, connections: 32, events: depth });
    queues.push({ depth, target, samples: [] });
  }
  for (let round = 0; round < rounds; round += 1) {
    for (const { target, samples } of queues) {
      const cpuBefore = subject.workerd.cpuMs();
      const { latencies } = await load.call("flood", { target: { ...target, run: newRun() }, connections: 1, events });
      samples.push({ p50: median(latencies), cpuMs: (subject.workerd.cpuMs() - cpuBefore) / events });
    }
  }
  const [empty] = queues;
  const of = (samples, field) => median(samples.map((sample) => sample[field]));
  const ratio = (samples, field) => median(samples.map((sample, round) => sample[field] / empty.samples[round][field]));
  return [
    "## One more event behind a paused destination",
    "",
    table(
      ["queued before", "answer p50, ms", "of an empty queue", "CPU, ms an event", "of an empty queue"],
      queues.map(({ depth, samples }) => [
        depth.toLocaleString("en"),
        of(samples, "p50").toFixed(2),
        ratio(samples, "p50").toFixed(2),
        of(samples, "cpuMs").toFixed(2),
        ratio(samples, "cpuMs").toFixed(2),
      ]),
    ),
    "",
    `On one connection, with \`on_duplicate\`; medians over ${rounds} rounds of ${events} events in each queue, and of the`,
    `ratios within a round. The process held ${subject.workerd.rssMb().toFixed(0)} MB at the end.`,
    "",
  ].join("\n");
}
