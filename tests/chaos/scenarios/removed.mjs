// Destinations paused, disabled and deleted with work in flight. What was accepted ends delivered, or as a
// dead letter that can be replayed.

import { sleep } from "../../harness/wait.mjs";
import { settled } from "../ledger.mjs";

export const what = "destinations paused, disabled and deleted with work in flight";

const DRAIN_MS = 180_000;

export async function run(world, { short, random, check, note }) {
  const fields = { concurrency: 2, retry: { schedule_s: Array(20).fill(1) } };
  const lines = await Promise.all([1, 2, 3].map(() => world.line()));
  const [paused, disabled, deleted] = await Promise.all(lines.map((line) => line.to(fields)));
  const all = [paused, disabled, deleted];
  for (const target of all) {
    target.answer = (_req, res) => {
      const status = random.chance(0.1) ? 500 : 200;
      setTimeout(() => res.writeHead(status).end(), random.between(50, 300));
    };
  }
  const flows = lines.map((line) => line.flow({ perSecond: 15, connections: 4 }));
  const rounds = short ? 1 : 6;
  for (let round = 0; round < rounds; round += 1) {
    await sleep(random.between(1_000, 3_000));
    await Promise.all([world.setStatus(paused, "paused"), world.setStatus(disabled, "disabled")]);
    await sleep(random.between(1_000, 3_000));
    await Promise.all([world.setStatus(paused, "enabled"), world.setStatus(disabled, "enabled")]);
  }
  await world.admin.call("DELETE", `/v1/destinations/${deleted.id}`);
  await sleep(1_500);
  await Promise.all(flows.map((flow) => flow.stop()));
  await settled(world, DRAIN_MS);
  const dead = await world.admin.deliveries(disabled.id, { status: "dead", limit: "100" });
  check(dead.length > 0, `${dead.length} became dead letters while it was disabled, and were replayed`);
  const replayed = await world.replayDead(disabled);
  await replayed(DRAIN_MS);
  const replayS = await settled(world, DRAIN_MS);
  const buried = await world.admin.deliveries(deleted.id, { status: "dead", limit: "100" });
  check(buried.length > 0, `${buried.length} became dead letters when it was deleted`);
  const ended = new Set(buried.map(({ dead_reason }) => dead_reason));
  check([...ended].every((reason) => reason === "destination_deleted"), `they say why: ${[...ended].join(", ")}`);
  check(lines[2].ignored.size > 0, `${lines[2].ignored.size} events after that were of no interest to anybody`);
  note(`the replay took ${replayS.toFixed(1)} s`);
}
