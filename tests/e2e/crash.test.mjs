// workerd killed with SIGKILL under load and restarted on the same state: what was acknowledged arrives.

import assert from "node:assert/strict";
import { test } from "node:test";

import { behave } from "../harness/receiver.mjs";
import { sleep, until } from "../harness/wait.mjs";
import { assertOutcome, uniquePath, useWorld } from "../harness/world.mjs";

const world = useWorld();

const EVENTS = 400;
const CONNECTIONS = 16;
const KILLS_AFTER = [120, 260];

/** Provider ids of what arrived, each with the webhook-ids that it had. */
function idsByEvent(requests) {
  const ids = new Map();
  for (const request of requests) {
    const { id } = JSON.parse(request.body);
    if (!ids.has(id)) ids.set(id, new Set());
    ids.get(id).add(request.get("webhook-id"));
  }
  return ids;
}

test("every acknowledged event is delivered, with one webhook-id, though workerd is killed twice under load", async (t) => {
  const flaky = (req, res) => behave.status(Math.random() < 0.1 ? 500 : 200)(req, res);
  const { source, destination, arrived } = await world.route("tinyposter", {
    behaviours: flaky,
    destination: { retry: { schedule_s: [1, 1, 1, 1, 1, 1, 1, 1] } },
  });
  const secondPath = uniquePath();
  const second = await world.admin.destination(world.receiver, secondPath, source);
  const secondArrived = () => world.receiver.at(secondPath);

  // One attempt is in the air when workerd is killed for the first time.
  const interrupted = await world.route("tinyposter", { behaviours: [behave.hang(), behave.status(200)] });
  assertOutcome(await interrupted.source.post(), "accepted");
  await until("the attempt to be in the air", () => interrupted.arrived().length === 1);

  const all = Array.from({ length: EVENTS }, () => source.sign());
  const queue = [...all];
  const acknowledged = new Map();
  let refused = 0;
  let broken = 0;
  const kills = [...KILLS_AFTER];
  let restarting;

  async function provider() {
    for (;;) {
      const sent = queue.shift();
      if (!sent) return;
      try {
        const answer = await source.post(sent, { timeoutMs: 10_000 });
        if (answer.status === 200) acknowledged.set(sent.event.id, answer.json.status);
        else refused += 1;
        if (answer.status !== 200) queue.push(sent);
      } catch {
        broken += 1;
        queue.push(sent); // as a provider would, it sends again what was not acknowledged
        await restarting;
        await sleep(20);
      }
      if (kills.length > 0 && acknowledged.size >= kills[0]) {
        kills.shift();
        restarting = world.gateway.restart();
        await restarting;
      }
    }
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, provider));

  assert.equal(acknowledged.size, EVENTS);
  assert.equal(kills.length, 0, "workerd was killed as often as planned");
  const begun = Date.now();
  await until("all deliveries", () => idsByEvent(arrived()).size === EVENTS, { timeoutMs: 60_000, everyMs: 100 });
  const lastMs = Date.now() - begun;
  await until(
    "nothing pending",
    async () => (await world.admin.deliveries(destination.id, { status: "pending" })).length === 0,
    { timeoutMs: 60_000, everyMs: 250 },
  );
  await until("the second destination's", () => idsByEvent(secondArrived()).size === EVENTS, { timeoutMs: 60_000 });
  assert.equal((await world.admin.deliveries(second.id, { limit: "100" })).length, EVENTS);
  const ids = idsByEvent(arrived());
  const duplicates = (await world.admin.deliveries(destination.id, { limit: "100" })).length - EVENTS;
  const repeated = arrived().length - EVENTS;
  const lost = [...acknowledged.keys()].filter((id) => !ids.has(id));
  t.diagnostic(
    `sent ${EVENTS}, acknowledged ${acknowledged.size}, delivered ${ids.size}, attempts beyond one ${repeated}, ` +
      `double deliveries ${duplicates}, lost ${lost.length}; answers not 200 ${refused}, broken connections ${broken}; ` +
      `the last arrived ${lastMs} ms after the last acknowledgement`,
  );
  assert.deepEqual(lost, []);
  assert.equal(duplicates, 0);
  for (const [id, webhookIds] of ids) assert.equal(webhookIds.size, 1, `${id} had ${[...webhookIds]}`);
  assert.ok(arrived().every(({ verdict }) => verdict === "ok"));

  await until("the interrupted attempt to be made again", () => interrupted.arrived().length === 2, {
    timeoutMs: 60_000,
  });
  const [before, after] = interrupted.arrived();
  assert.equal(after.get("webhook-id"), before.get("webhook-id"));
  assert.equal(after.verdict, "ok");

  const [oldest] = acknowledged.keys();
  assertOutcome(await source.post(all.find(({ event }) => event.id === oldest)), "duplicate");
});
