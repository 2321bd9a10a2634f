// Destinations disable themselves, workerd is killed just then, and the one who is to be told of it does
// not always listen. Each is announced, under one id.

import { behave } from "../../harness/receiver.mjs";
import { sleep, until } from "../../harness/wait.mjs";
import { settled } from "../ledger.mjs";

export const what = "destinations that disable themselves while workerd is killed: each is announced";

const TOLD_MS = 60_000;

export async function run(world, { short, random, check, note }) {
  const rounds = short ? 1 : 12;
  const path = world.path();
  const notices = () => world.receiver.at(path).map(({ body }) => JSON.parse(body));
  world.receiver.on(path, (req, res) => behave.status(random.chance(0.3) ? 500 : 200)(req, res));
  await world.admin.destination(world.receiver, path, { id: "hookward" }, { retry: { schedule_s: Array(20).fill(1) } });
  const disabled = [];
  for (let round = 0; round < rounds; round += 1) {
    const line = await world.line();
    const target = await line.to();
    target.answer = behave.status(410);
    await line.pushMany(5, 5);
    await sleep(random.between(0, 300));
    await world.kill();
    await until(
      "the destination to be disabled",
      async () => (await world.admin.must("GET", `/v1/destinations/${target.id}`)).status === "disabled",
      { timeoutMs: TOLD_MS, everyMs: 100 },
    );
    disabled.push(target.id);
  }
  await world.gateway.sweep();
  const idsOf = (id) => new Set(notices().filter(({ data }) => data.destination.id === id).map((event) => event.id));
  const begun = Date.now();
  await until("all to be announced", () => disabled.every((id) => idsOf(id).size > 0), {
    timeoutMs: TOLD_MS,
    everyMs: 250,
  }).catch(() => {});
  const unheard = disabled.filter((id) => idsOf(id).size === 0).length;
  const twice = disabled.filter((id) => idsOf(id).size > 1).length;
  check(unheard === 0, `${disabled.length} were disabled, ${unheard} of them without a word`);
  check(twice === 0, `${twice} were announced under two ids`);
  note(`all were announced ${((Date.now() - begun) / 1000).toFixed(1)} s after the sweep`);
  await settled(world, TOLD_MS);
}
