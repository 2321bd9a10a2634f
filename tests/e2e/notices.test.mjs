// What the gateway says of its own: that a destination has been disabled.

import assert from "node:assert/strict";
import { test } from "node:test";

import { behave } from "../harness/receiver.mjs";
import { sleep, until } from "../harness/wait.mjs";
import { assertOutcome, uniquePath, useWorld } from "../harness/world.mjs";

const world = useWorld();

async function listener(fields) {
  const path = uniquePath();
  const made = await world.admin.destination(world.receiver, path, { id: "hookward" }, fields);
  const about = (id) => world.receiver.at(path).filter(({ body }) => JSON.parse(body).data?.destination?.id === id);
  return { ...made, path, about };
}

const gone = () => world.route("tinyposter", { behaviours: behave.status(410) });

test("destinations that name `hookward` are told that another was disabled", async () => {
  const [to, other] = [await listener(), await listener({ events: ["something.else"] })];
  const { source, destination } = await gone();
  assertOutcome(await source.post(), "accepted");
  await until("the notice", () => to.about(destination.id).length === 1);
  const [got] = to.about(destination.id);
  assert.equal(got.verdict, "ok");
  assert.equal(got.get("hookward-source"), "hookward");
  assert.equal(got.get("hookward-event-type"), "destination.disabled");
  const event = JSON.parse(got.body);
  assert.match(event.id, /^evt_[0-9a-f]{32}$/);
  assert.equal(event.type, "destination.disabled");
  assert.deepEqual(event.data, {
    destination: { id: destination.id, name: "test destination", origin: world.receiver.origin },
    reason: "gone",
    give_ups: 0,
  });
  await sleep(500);
  assert.equal(other.about(destination.id).length, 0);
  await world.admin.must("DELETE", `/v1/destinations/${other.id}`).catch(() => {});
});

test("ten give-ups in a row are told too; an operator's own doing is not", async () => {
  const to = await listener();
  const { source, destination, path } = await world.route("tinyposter", {
    behaviours: behave.status(500),
    destination: { retry: { schedule_s: [1] } },
  });
  await Promise.all(Array.from({ length: 10 }, () => source.post()));
  const url = world.receiver.url(path);
  await until(
    "the notice",
    async () => {
      // A URL that is given anew closes the breaker, which would hold up the test.
      await world.admin.patchDestination(destination.id, { url });
      return to.about(destination.id).length === 1;
    },
    { timeoutMs: 60_000, everyMs: 500 },
  );
  const event = JSON.parse(to.about(destination.id)[0].body);
  assert.equal(event.data.reason, "give_ups");
  assert.equal(event.data.give_ups, 10);

  const by_hand = (await world.route("tinyposter")).destination;
  await world.admin.patchDestination(by_hand.id, { status: "disabled" });
  await world.gateway.sweep();
  await sleep(500);
  assert.equal(to.about(by_hand.id).length, 0);
});

test("a notice that did not get through is given by the next sweep, once", async () => {
  const to = await listener();
  const { source, destination } = await gone();
  await world.gateway.setFaults({ queues: { [to.id]: { fetch: "throw_before" } } });
  assertOutcome(await source.post(), "accepted");
  await until("the try", () =>
    world.gateway.logs.some((line) => line.event === "notice" && line.destination === destination.id),
  );
  assert.equal(to.about(destination.id).length, 0);
  await world.gateway.restart();
  await world.gateway.sweep();
  await until("the notice", () => to.about(destination.id).length === 1);
  await world.gateway.sweep();
  await sleep(500);
  assert.equal(to.about(destination.id).length, 1);
});

test("a listener that hangs holds up no destination that has something to say", async () => {
  const to = await listener();
  const { source, destination, path, arrived } = await gone();
  await world.gateway.setFaults({ queues: { [to.id]: { fetch: "hang" } } });
  assertOutcome(await source.post(), "accepted");
  await until("the end of it", async () => {
    return (await world.admin.must("GET", `/v1/destinations/${destination.id}`)).status === "disabled";
  });
  world.receiver.on(path, behave.status(200));
  await world.admin.patchDestination(destination.id, { status: "enabled" });
  await until("the try to end", () =>
    world.gateway.logs.some((line) => line.event === "notice" && line.destination === destination.id),
  );
  for (let n = 0; n < 5; n += 1) {
    const [before, from] = [arrived().length, Date.now()];
    assertOutcome(await source.post(), "accepted");
    await until("the delivery", () => arrived().length > before);
    assert.ok(Date.now() - from < 2_000, `${Date.now() - from} ms`);
    await sleep(200);
  }
});

test("a listener that is itself disabled says nothing of itself, and ends", async () => {
  const to = await listener();
  world.receiver.on(to.path, behave.status(410));
  await world.admin.must("POST", `/v1/destinations/${to.id}/test`);
  await until("it to be disabled", async () => {
    return (await world.admin.must("GET", `/v1/destinations/${to.id}`)).status === "disabled";
  });
  await sleep(500);
  assert.equal(to.about(to.id).length, 0);
});
