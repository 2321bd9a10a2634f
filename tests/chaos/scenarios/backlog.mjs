// Thousands of events queue up behind a destination that is dead, and are drained when it comes back.

import { behave } from "../../harness/receiver.mjs";
import { quantile, settled } from "../ledger.mjs";

export const what = "events queued behind a dead destination, then drained";

const DRAIN_MS = 400_000;

export async function run(world, { short, check, note }) {
  const events = short ? 300 : 10_000;
  const line = await world.line();
  const dead = await line.to({ retry: { schedule_s: Array(20).fill(short ? 3 : 30) }, concurrency: 6 });
  const healthy = await line.to();
  dead.answer = behave.reset();
  const begun = Date.now();
  await line.pushMany(events, 16);
  const pushS = (Date.now() - begun) / 1000;
  check(dead.count === 0, "nothing was taken while it was dead");
  const tries = dead.arrivals.length;
  dead.answer = behave.status(200);
  const drainS = await settled(world, DRAIN_MS);
  check(healthy.count >= events, "the other destination got everything");
  note(`${events} queued in ${pushS.toFixed(0)} s (acknowledged within p99 ${quantile(line.ackMs, 0.99)} ms), ${tries} attempts meanwhile`);
  note(`drained ${drainS.toFixed(1)} s after it came back`);
}
