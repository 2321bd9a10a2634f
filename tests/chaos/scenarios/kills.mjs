// workerd is killed with SIGKILL at random moments under load. Whatever was acknowledged arrives, and
// soon: after the last kill no provider sends anything that could wake a queue.

import { sleep } from "../../harness/wait.mjs";
import { settled } from "../ledger.mjs";

export const what = "SIGKILLs of workerd at random moments under load";

/** Within this time of a SIGKILL, what was acknowledged before it has arrived on an idle machine. */
const BAR_S = 15;
/** A machine that has other things to do may double it. */
const LIMIT_S = 2 * BAR_S;
const DRAIN_MS = 120_000;

export async function run(world, { short, random, check, note }) {
  const kills = short ? 2 : 20;
  const line = await world.line();
  const retry = { schedule_s: Array(20).fill(1) };
  const own = world.publisher();
  const targets = [await line.to({ retry }), await line.to({ retry, concurrency: 2 }), await own.to({ retry })];
  for (const target of targets) {
    // Slow enough that something is in the air and something waits at any moment.
    target.answer = (_req, res) => {
      const status = random.chance(0.05) ? 500 : 200;
      setTimeout(() => res.writeHead(status).end(), random.between(0, 40));
    };
  }
  const killed = [];
  const flows = [line.flow({ perSecond: 60, connections: 12 }), own.flow({ perSecond: 15, connections: 3 })];
  for (let kill = 1; kill <= kills; kill += 1) {
    await sleep(random.between(300, 3_000));
    if (kill === kills) {
      const abandoned = flows.map((flow) => flow.abandon());
      killed.push(await world.kill());
      await Promise.all(abandoned);
    } else {
      killed.push(await world.kill());
    }
  }
  await settled(world, DRAIN_MS);
  const afterKill = killed.map(({ killedMs }, kill) => secondsAfter(killedMs, killed[kill + 1]?.killedMs ?? Infinity, targets));
  const lastS = afterKill.at(-1);
  const seconds = (list) => list.map((s) => s.toFixed(1)).join(", ");
  note(`${kills} kills; the gateway answered again after ${seconds(killed.map(({ awayS }) => awayS))} s`);
  note(`and the last that had waited arrived after ${seconds(afterKill)} s`);
  if (lastS > BAR_S) note(story(killed.at(-1).killedMs, lastOf(killed.at(-1).killedMs, Infinity, targets)));
  check(lastS <= LIMIT_S, `the last event arrived ${lastS.toFixed(1)} s after the last SIGKILL (bar ${BAR_S} s)`);
}

/**
 * Seconds from a kill until the last event that was acknowledged before it arrived everywhere. What had
 * to wait for the next kill, too, is counted from that.
 */
function secondsAfter(killedMs, nextMs, targets) {
  return (lastOf(killedMs, nextMs, targets).tookMs - killedMs) / 1000;
}

function lastOf(killedMs, nextMs, targets) {
  let last = { tookMs: killedMs };
  for (const target of targets) {
    for (const [event, tookMs] of target.takenByEvent()) {
      const waited = (target.line.acknowledged.get(event) ?? Infinity) <= killedMs;
      if (waited && tookMs < nextMs && tookMs > last.tookMs) last = { event, target, tookMs };
    }
  }
  return last;
}

/** When the attempts of the last event came, and how many of others came before it, in seconds. */
function story(killedMs, { event, target }) {
  const since = target.arrivals.filter(({ atMs }) => atMs > killedMs);
  const mine = since.filter(({ body }) => target.line.eventOf(body) === event);
  const times = mine.map(({ atMs }) => ((atMs - killedMs) / 1000).toFixed(1)).join(", ");
  const first = ((since[0].atMs - killedMs) / 1000).toFixed(1);
  return `its attempts came after ${times} s; the first of all ${since.length} after ${first} s`;
}
