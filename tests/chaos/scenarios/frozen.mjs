// workerd stands still and goes on, as on a machine that sleeps or is moved: the clock jumps, attempts run
// out of time that the destination had answered, and alarms are long overdue.

import { sleep } from "../../harness/wait.mjs";
import { settled } from "../ledger.mjs";

export const what = "workerd stands still for a while and goes on";

const DRAIN_MS = 180_000;

export async function run(world, { short, random, check, note }) {
  const line = await world.line();
  const targets = [await line.to(), await line.to({ retry: { schedule_s: Array(20).fill(2) } })];
  for (const target of targets) {
    target.answer = (_req, res) => {
      const status = random.chance(0.05) ? 500 : 200;
      setTimeout(() => res.writeHead(status).end(), random.between(0, 300));
    };
  }
  // Longer than an attempt may take, than a run may, and than the alarm that guards it is ahead.
  const stillMs = short ? [11_000] : [2_000, 11_000, 35_000, 75_000, 12_000];
  const flow = line.flow({ perSecond: 15, connections: 6 });
  for (const ms of stillMs) {
    await sleep(random.between(1_500, 3_000));
    world.gateway.signal("SIGSTOP");
    await sleep(ms);
    world.gateway.signal("SIGCONT");
  }
  await sleep(1_500);
  await flow.stop();
  const drainS = await settled(world, DRAIN_MS);
  check(line.acknowledged.size > 0, `stood still for ${stillMs.map((ms) => ms / 1000).join(", ")} s`);
  note(`nothing was pending ${drainS.toFixed(1)} s after the last event`);
}
