// KV fails in every way, and forgets. It is a hint: each event is delivered once, whatever it says.

import { sleep } from "../../harness/wait.mjs";
import { settled } from "../ledger.mjs";

export const what = "KV failing, hanging, forgetting, and knowing of fewer destinations than there are";

const FAULTS = [
  { get: "throw" },
  { get: "miss" },
  { get: "hang" },
  { put: "throw" },
  { put: "drop" },
  { put: "hang" },
  { get: "throw", put: "throw" },
  { get: "hang", put: "hang" },
  {},
];
const DRAIN_MS = 120_000;

export async function run(world, { short, random, check, note }) {
  const line = await world.line();
  await line.to();
  let copies = 0;
  const taken = [];
  const early = [];
  const each = async (signed) => {
    early.push(signed);
    // Copies at once and later, as providers send them that missed our answer.
    for (const waitMs of [0, random.between(0, 400)]) {
      await sleep(waitMs);
      copies += 1;
      const outcome = await line.push({}, signed);
      if (outcome !== "duplicate") taken.push(outcome);
    }
  };
  const flow = line.flow({ perSecond: 20, connections: 8, each });
  const rounds = short ? 1 : 6;
  let hits = 0;
  const hitBefore = async () => Object.values(await world.gateway.faultHits()).reduce((sum, count) => sum + count, 0);
  for (let round = 0; round < rounds; round += 1) {
    for (const kv of FAULTS) {
      hits += await hitBefore();
      await world.gateway.setFaults({ kv });
      await sleep(random.between(400, 900));
      if (random.chance(0.3)) await world.gateway.clearKv();
    }
  }
  await flow.stop();
  check(taken.length === 0, `${copies} copies, of which ${taken.length} were not called duplicates`);

  // What KV knows of these events is older than this destination.
  const known = early.slice(0, 40);
  const added = await line.to();
  const owed = new Set(known.map(({ event }) => event.id));
  added.owes = (event) => owed.has(event);
  await world.gateway.setFaults({});
  for (const signed of known) await line.push({}, signed);
  await settled(world, DRAIN_MS);
  check(added.count === known.length, `a destination made later got ${added.count} of ${known.length} that were sent again`);
  check(hits > 0, `${hits} calls of KV went wrong`);
}
