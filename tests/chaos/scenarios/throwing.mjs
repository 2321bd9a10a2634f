// A queue's alarm handler throws at least twenty times in a row: before it has done anything, or after it has done
// everything. The platform tries again six times, then drops the alarm; the sweep and new events bring it
// back. The source's other destination notices nothing.

import { sleep, until } from "../../harness/wait.mjs";
import { quantile, settled } from "../ledger.mjs";

export const what = "an alarm handler that throws 20 times in a row";

const TIMES = 20;
const SWEEP_EVERY_MS = 10_000;
/** Six tries with growing waits take a minute; the short form does not wait for them. */
const THROWS_MS = 600_000;
const DRAIN_MS = 120_000;

export async function run(world, { short, check, note }) {
  const line = await world.line();
  const [before, after, other] = [await line.to(), await line.to(), await line.to()];
  await world.gateway.setFaults({
    queues: {
      [before.id]: { alarm: "throw_before" },
      [after.id]: { alarm: "throw_after" },
    },
  });
  const flow = line.flow({ perSecond: 8, connections: 2 });
  const begun = Date.now();
  const thrown = async (target) => (await world.gateway.faultHits())[`queues.${target.id}.alarm`] ?? 0;
  let swept = Date.now();
  await until(
    `${TIMES} throws of each`,
    async () => {
      if (short) {
        // As though the platform had dropped it already.
        for (const target of [before, after]) await world.gateway.dropQueueAlarm(target.id);
      }
      if (short || Date.now() - swept > SWEEP_EVERY_MS) {
        await world.gateway.sweep();
        swept = Date.now();
      }
      return (await thrown(before)) >= TIMES && (await thrown(after)) >= TIMES;
    },
    { timeoutMs: THROWS_MS, everyMs: short ? 150 : 1_000 },
  );
  const throwsS = (Date.now() - begun) / 1000;
  check(before.count === 0, "nothing was sent by a handler that had not begun");
  await world.gateway.setFaults({});
  await flow.stop();
  await sleep(500);
  const healthyMs = [...other.takenByEvent()].map(([event, atMs]) => atMs - (line.acknowledged.get(event) ?? atMs));
  await world.gateway.sweep();
  const drainS = await settled(world, DRAIN_MS);
  note(`threw ${TIMES} times in ${throwsS.toFixed(0)} s; delivered all of it ${drainS.toFixed(1)} s later`);
  note(`the other destination meanwhile: p95 ${quantile(healthyMs, 0.95)} ms after the acknowledgement`);
  check(healthyMs.length >= line.acknowledged.size, "the other destination got everything meanwhile");
}
