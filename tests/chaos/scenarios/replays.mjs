// Very many dead letters are replayed at the destination's pace, workerd is killed while that is under way,
// and new events keep coming in.

import { sleep } from "../../harness/wait.mjs";
import { settled } from "../ledger.mjs";

export const what = "a replay of very many dead letters, through SIGKILLs, while new events come in";

const DRAIN_MS = 300_000;

export async function run(world, { short, random, check, note }) {
  const [events, perSecond, kills] = short ? [40, 15, 1] : [1_500, 40, 4];
  const line = await world.line();
  const target = await line.to({ rate_limit_per_s: perSecond, retry: { schedule_s: Array(20).fill(1) } });
  target.answer = (_req, res) => res.writeHead(random.chance(0.05) ? 500 : 200).end();
  await world.setStatus(target, "disabled");
  await line.pushMany(events, 8);
  check(target.arrivals.length === 0, `${events} became dead letters at once`);
  await world.setStatus(target, "enabled");
  const begun = Date.now();
  const replayed = await world.replayDead(target);
  const flow = line.flow({ perSecond: perSecond / 5, connections: 2 });
  for (let kill = 0; kill < kills; kill += 1) {
    await sleep(random.between(800, short ? 1_500 : 5_000));
    await world.kill();
  }
  const job = await replayed(DRAIN_MS);
  await flow.stop();
  await settled(world, DRAIN_MS);
  check(job.status === "done", `the replay is ${job.status}: ${job.replayed} of ${job.matched}`);
  // A step whose end a kill has hidden is taken again, and finds that there is nothing to do.
  check(job.replayed <= events && job.matched >= events, `no more than the ${events} were replayed`);
  note(`${kills} kills; all delivered ${((Date.now() - begun) / 1000).toFixed(1)} s after the start, at ${perSecond} a second`);
}
