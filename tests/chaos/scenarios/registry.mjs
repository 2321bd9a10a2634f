// The registry cannot be reached, in every way. Known sources go on; an unknown one is told to come again.

import { sleep } from "../../harness/wait.mjs";
import { settled } from "../ledger.mjs";

export const what = "the registry unreachable";

const FAULTS = ["throw_before", "error", "hang", "throw_after", "late"];
const DRAIN_MS = 120_000;
/** Past what is remembered without asking. */
const STALE_MS = 5_500;

export async function run(world, { short, check, note }) {
  const known = await world.line();
  await known.to();
  const unknown = await world.line();
  await unknown.to();
  await known.push();
  const flow = known.flow({ perSecond: 20, connections: 8 });
  const outageMs = short ? 1_500 : 12_000;
  await sleep(STALE_MS);
  let hits = 0;
  let stranger;
  for (const fetch of FAULTS) {
    await world.gateway.setFaults({ registry: { fetch } });
    stranger ??= unknown.flow({ perSecond: 2, connections: 2 });
    await sleep(outageMs);
    hits += (await world.gateway.faultHits())["registry.fetch"] ?? 0;
  }
  await world.gateway.setFaults({});
  await Promise.all([flow.stop(), stranger.stop()]);
  await settled(world, DRAIN_MS);
  check(known.refused.size === 0, `a known source went on through ${(FAULTS.length * outageMs) / 1000} s of it`);
  const finals = [...unknown.refused.keys()].filter((why) => !/^503 /.test(why));
  check(finals.length === 0, `an unknown one was only ever told to come again${finals.length ? `, but for ${finals}` : ""}`);
  check(hits > 0, `${hits} calls of the registry went wrong`);
  note(`acknowledged within ${Math.max(...known.ackMs)} ms at the most`);
}
