// Destinations go down and come back all the time, each in its own way.

import { behave } from "../../harness/receiver.mjs";
import { sleep } from "../../harness/wait.mjs";
import { settled } from "../ledger.mjs";

export const what = "destinations that go down and come back all the time";

const DOWN = {
  "answers 500": behave.status(500),
  "answers 503 and when to come back": behave.status(503, { "retry-after": "1" }),
  "answers 429": behave.status(429),
  "resets the connection": behave.reset(),
  "speaks no HTTP": behave.garbage(),
  "answers late": behave.slow(1_500, 500),
};
const UP = behave.status(200);
const DRAIN_MS = 180_000;

export async function run(world, { short, random, note }) {
  const line = await world.line();
  const retry = { schedule_s: Array(20).fill(short ? 1 : 2) };
  const targets = await Promise.all([1, 2, 3].map(() => line.to({ retry })));
  let turns = 0;
  let over = false;
  const flap = async (target) => {
    while (!over) {
      const way = random.pick(Object.keys(DOWN));
      target.answer = DOWN[way];
      await sleep(random.between(300, 1_500));
      target.answer = UP;
      turns += 1;
      await sleep(random.between(300, 1_500));
    }
  };
  const flapping = Promise.all(targets.map(flap));
  const flow = line.flow({ perSecond: 20 });
  await sleep(short ? 4_000 : 60_000);
  await flow.stop();
  over = true;
  await flapping;
  const drainS = await settled(world, DRAIN_MS);
  note(`down ${turns} times; nothing was pending ${drainS.toFixed(1)} s after the last event`);
}
