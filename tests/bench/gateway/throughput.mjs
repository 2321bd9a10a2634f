// What is accepted a second, how long an answer takes, and what is accepted and delivered a second. Rounds
// are interleaved, so that what else the machine does meets all alike.

import { median } from "../median.mjs";
import { table } from "../table.mjs";
import { newRun } from "./subjects.mjs";

const DELIVERY_TIMEOUT_MS = 120_000;

/** Returns Markdown. */
export async function report({ load, receiver, subjects, quick }) {
  const rounds = quick ? 1 : 5;
  const events = quick ? 40 : 1_000;
  await warmUp(load, subjects, quick ? 40 : 6_000);
  const cases = [
    { what: "accepted", connections: 1, events: events / 2 },
    { what: "accepted", connections: 16, events },
    { what: "accepted", connections: 64, events },
    { what: "accepted and delivered", connections: 16, events },
  ];
  for (const subject of subjects) subject.samples = cases.map(() => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, one] of cases.entries()) {
      for (const subject of subjects) subject.samples[index].push(await measure(one, subject, load, receiver));
    }
  }
  const rows = cases.flatMap(({ what, connections }, index) =>
    subjects.map((subject) => {
      const middle = (field) => median(subject.samples[index].map((sample) => sample[field]));
      const bare = subjects.find(({ name, mode }) => name === "bare Worker" && mode === subject.mode);
      const ratio = median(
        subject.samples[index].map((sample, round) => sample.perS / bare.samples[index][round].perS),
      );
      return [
        what,
        connections,
        subject.mode,
        subject.name,
        middle("perS").toFixed(0),
        subject === bare ? "" : ratio.toFixed(2),
        ...["p50", "p95", "p99"].map((field) => middle(field).toFixed(1)),
        middle("cpuMs").toFixed(2),
        subject.workerd.rssMb().toFixed(0),
      ];
    }),
  );
  return [
    "## Throughput",
    "",
    table(
      ["what", "connections", "KV mark", "subject", "a second", "of bare", "p50, ms", "p95, ms", "p99, ms", "CPU, ms an event", "MB"],
      rows,
      4,
    ),
    "",
    `Medians over ${rounds} rounds of ${events} events (half of it on one connection) of 2 KB. What is accepted waits`,
    "behind a paused destination. p50 to p99 are of the answer to the provider. CPU is workerd's, and MB its resident",
    "memory after all rounds, its stored state being in SQLite's page cache.",
    "",
  ].join("\n");
}

/** Until the code of all is compiled by the faster compiler. */
async function warmUp(load, subjects, events) {
  for (const subject of subjects) {
    const target = { origin: subject.workerd.origin, ...(await subject.queue()), run: newRun() };
    await load.call("flood", { target, connections: 16, events });
  }
}

async function measure({ what, connections, events }, subject, load, receiver) {
  const live = what !== "accepted";
  const run = newRun();
  const target = { origin: subject.workerd.origin, ...(await subject.queue({ paused: !live })), run };
  const cpuBefore = subject.workerd.cpuMs();
  const sent = await load.call("flood", { target, connections, events });
  let tookMs = sent.tookMs;
  if (live) {
    const { came, last } = await receiver.call("wait", { run, events, ms: DELIVERY_TIMEOUT_MS });
    if (came < events) throw new Error(`${subject.name}: ${came} of ${events} delivered`);
    tookMs = last - sent.begun;
  }
  const latencies = sent.latencies.sort((a, b) => a - b);
  const at = (share) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))];
  return {
    perS: (events / tookMs) * 1000,
    p50: at(0.5),
    p95: at(0.95),
    p99: at(0.99),
    cpuMs: (subject.workerd.cpuMs() - cpuBefore) / events,
  };
}
