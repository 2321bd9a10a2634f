// A destination takes fewer a second than come in, and says so by its rate limit; workerd is killed in
// between. The limit is kept to all the while, and nothing is lost behind it.

import { sleep } from "../../harness/wait.mjs";
import { settled } from "../ledger.mjs";

export const what = "a rate limit below what comes in, through SIGKILLs";

const LIMIT_PER_S = 8;
const DRAIN_MS = 300_000;

export async function run(world, { short, random, check, note }) {
  const line = await world.line();
  const target = await line.to({ rate_limit_per_s: LIMIT_PER_S, retry: { schedule_s: Array(20).fill(1) } });
  const flow = line.flow({ perSecond: 2 * LIMIT_PER_S, connections: 4 });
  const kills = short ? 1 : 5;
  for (let kill = 0; kill < kills; kill += 1) {
    await sleep(short ? 3_000 : random.between(4_000, 9_000));
    await world.kill();
  }
  await sleep(3_000);
  await flow.stop();
  const behind = line.acknowledged.size - target.count;
  const times = target.arrivals.map(({ atMs }) => atMs).sort((a, b) => a - b);
  const most = mostWithinASecond(times);
  // What a second may hold on top of the limit: as much again that was saved up, and the attempts in the
  // air when workerd was killed.
  check(most <= 2 * LIMIT_PER_S + 4, `at most ${most} attempts within a second, the limit being ${LIMIT_PER_S}`);
  check(behind > 0, `${behind} of ${line.acknowledged.size} were waiting when the limit was lifted`);
  await world.admin.patchDestination(target.id, { rate_limit_per_s: null });
  const drainS = await settled(world, DRAIN_MS);
  note(`${kills} kills; all there ${drainS.toFixed(1)} s after the limit was lifted`);
}

function mostWithinASecond(times) {
  let most = 0;
  for (let first = 0, last = 0; last < times.length; last += 1) {
    while (times[last] - times[first] >= 1_000) first += 1;
    most = Math.max(most, last - first + 1);
  }
  return most;
}
