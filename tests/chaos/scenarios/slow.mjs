// A destination is slower than what comes in, for a minute. The provider and the source's other destination
// notice nothing, and the rest arrives once it is quick again.

import { behave } from "../../harness/receiver.mjs";
import { sleep } from "../../harness/wait.mjs";
import { quantile, settled } from "../ledger.mjs";

export const what = "a destination slower than what comes in";

const DRAIN_MS = 180_000;

export async function run(world, { short, check, note }) {
  const line = await world.line();
  const slow = await line.to();
  const quick = await line.to();
  slow.answer = behave.slow(400);
  const flow = line.flow({ perSecond: 20 });
  await sleep(short ? 6_000 : 60_000);
  await flow.stop();
  const behind = line.acknowledged.size - slow.count;
  slow.answer = behave.status(200);
  const drainS = await settled(world, DRAIN_MS);
  const quickMs = [...quick.takenByEvent()].map(([event, atMs]) => atMs - line.acknowledged.get(event));
  check(behind > 0, `${behind} of ${line.acknowledged.size} were waiting when it became quick; all there ${drainS.toFixed(1)} s later`);
  check(line.refused.size === 0, "every event was acknowledged at once");
  note(`acknowledged within p50 ${quantile(line.ackMs, 0.5)} ms, p99 ${quantile(line.ackMs, 0.99)} ms`);
  note(`at the quick destination p50 ${quantile(quickMs, 0.5)} ms, p95 ${quantile(quickMs, 0.95)} ms after that`);
}
