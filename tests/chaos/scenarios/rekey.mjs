// The master key is changed for another, and workerd is killed again and again while what is stored is
// sealed anew. With the old key gone, everything can still be opened, and is delivered.

import { createHmac, randomBytes } from "node:crypto";

import { sleep } from "../../harness/wait.mjs";
import { settled } from "../ledger.mjs";

export const what = "SIGKILLs while everything is sealed under another master key";

const DRAIN_MS = 60_000;

export async function run(world, { short, random, check, note }) {
  const { gateway, admin } = world;
  const [sources, kills] = short ? [3, 1] : [10, 6];
  for (let made = 0; made < sources; made += 1) {
    const line = await world.line();
    await Promise.all([line.to({ headers: { "x-team": "one" } }), line.to()]);
  }
  const all = () => Promise.all(world.lines.map((line) => line.push()));
  await all();

  const old = gateway.vars.HOOKWARD_MASTER_KEY;
  const next = randomBytes(32).toString("base64");
  const sourceKey = createHmac("sha256", Buffer.from(old, "base64")).update("hookward source id v1").digest("base64");
  await gateway.restart({ HOOKWARD_SOURCE_KEY: sourceKey, HOOKWARD_MASTER_KEY: `${next} ${old}` });
  await all();
  for (let kill = 0; kill < kills; kill += 1) {
    const sealed = admin.call("POST", "/v1/reseal").catch(() => undefined);
    await sleep(random.between(2, 80));
    await world.kill();
    await sealed;
  }
  const answer = await admin.must("POST", "/v1/reseal");
  check(answer.done, `sealed anew in the end: ${JSON.stringify(answer)}`);
  await gateway.restart({ HOOKWARD_MASTER_KEY: next });
  await all();
  await settled(world, DRAIN_MS);
  const delivered = world.lines.flatMap(({ targets }) => targets).every(({ count }) => count === 3);
  check(delivered, "each destination got an event before, in between and with the old key gone");
  note(`${kills} kills`);
}
