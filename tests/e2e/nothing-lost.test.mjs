// Pause, disable, delete: an accepted event ends delivered, or as a dead letter that can be replayed.

import assert from "node:assert/strict";
import { test } from "node:test";

import { behave } from "../harness/receiver.mjs";
import { sleep, until } from "../harness/wait.mjs";
import { assertOutcome, assertProblem, uniquePath, useWorld } from "../harness/world.mjs";

const world = useWorld();

const withStatus = (destination, status) => world.admin.deliveries(destination.id, { status });
const setStatus = (destination, status) => world.admin.patchDestination(destination.id, { status });

test("paused: stored and held; enabled again: delivered", async () => {
  const { source, destination, arrived } = await world.route("tinyposter");
  await setStatus(destination, "paused");
  const sent = source.sign();
  assertOutcome(await source.post(sent), "accepted");
  assertOutcome(await source.post(sent), "duplicate");
  await sleep(2_000);
  assert.equal(arrived().length, 0);
  assert.equal((await withStatus(destination, "pending")).length, 1);
  await setStatus(destination, "enabled");
  await until("the delivery", () => arrived().length === 1);
  await sleep(500);
  assert.equal(arrived().length, 1);
});

test("paused in the middle of the retries: no attempt is made until it is enabled", async () => {
  const { source, destination, arrived } = await world.route("tinyposter", {
    behaviours: [behave.status(500), behave.status(200)],
    destination: { retry: { schedule_s: [2, 2] } },
  });
  assertOutcome(await source.post(), "accepted");
  await until("the first attempt", () => arrived().length === 1);
  await setStatus(destination, "paused");
  await sleep(4_000);
  assert.equal(arrived().length, 1);
  await setStatus(destination, "enabled");
  await until("the second attempt", () => arrived().length === 2);
  assert.equal(arrived()[1].get("webhook-id"), arrived()[0].get("webhook-id"));
});

test("disabled by hand: stored at once as a dead letter, never ignored", async () => {
  const { source, destination, arrived } = await world.route("tinyposter");
  await setStatus(destination, "disabled");
  assertOutcome(await source.post(), "accepted");
  const [dead] = await until("the dead letter", async () => {
    const list = await withStatus(destination, "dead");
    return list.length === 1 && list;
  });
  assert.match(JSON.stringify(dead), /destination_disabled/);
  assert.equal(arrived().length, 0);
  await setStatus(destination, "enabled");
  await world.admin.must("POST", `/v1/destinations/${destination.id}/deliveries/${dead.id}/replay`, {});
  await until("the replayed delivery", () => arrived().length === 1);
  assert.equal(arrived()[0].verdict, "ok");
});

test("disabled with work pending: nothing is sent, nothing is lost", async () => {
  const { source, destination, path, arrived } = await world.route("tinyposter", {
    behaviours: [behave.status(500)],
    destination: { retry: { schedule_s: [2, 2, 2] } },
  });
  assertOutcome(await source.post(), "accepted");
  await until("the first attempt", () => arrived().length === 1);
  await setStatus(destination, "disabled");
  await until("the dead letter", async () => (await withStatus(destination, "dead")).length === 1);
  await sleep(3_000);
  assert.equal(arrived().length, 1);
  world.receiver.on(path, behave.status(200));
  await setStatus(destination, "enabled");
  await world.admin.must("POST", `/v1/destinations/${destination.id}/replay`, { status: "dead" });
  await until("the replayed delivery", () => arrived().length === 2);
});

test("deleted: pending work becomes dead letters, further events count as unmatched", async () => {
  const { source, destination, arrived } = await world.route("tinyposter", {
    behaviours: [behave.status(500)],
    destination: { retry: { schedule_s: [30] } },
  });
  const path = uniquePath();
  const other = await world.admin.destination(world.receiver, path, source);
  assertOutcome(await source.post(), "accepted");
  await until("the first attempt", () => arrived().length === 1);
  const deleted = await world.admin.call("DELETE", `/v1/destinations/${destination.id}`);
  assert.equal(deleted.status, 204);
  assertProblem(await world.admin.call("GET", `/v1/destinations/${destination.id}`), 404);
  const listed = await world.admin.must("GET", "/v1/destinations");
  assert.ok(!listed.data.some(({ id }) => id === destination.id));
  const dead = await withStatus(destination, "dead");
  assert.equal(dead.length, 1);
  assert.match(JSON.stringify(dead[0]), /destination_deleted/);

  // The routes may still be remembered: the tombstone answers, and the other destination gets its own.
  assertOutcome(await source.post(), "accepted");
  await until("the other's two", () => world.receiver.at(path).length === 2);
  assert.equal(arrived().length, 1);
  assert.equal((await world.admin.deliveries(destination.id)).length, 1);

  const again = await world.admin.call("DELETE", `/v1/destinations/${destination.id}`);
  assert.ok([204, 404].includes(again.status), String(again.status));
  assert.equal((await world.admin.call("DELETE", `/v1/destinations/${other.id}`)).status, 204);
  assertOutcome(await source.post(), "ignored");
});

test("deleted while an event is on its way into the queue: the event counts as unmatched", async () => {
  const { source, destination, arrived } = await world.route("tinyposter");
  const hit = `queues.${destination.id}.fetch`;
  await world.gateway.setFaults({ queues: { [destination.id]: { fetch: "delay", times: 1 } } });
  const posted = source.post();
  await until("the event to be on its way", async () => (await world.gateway.faultHits())[hit] === 1);
  assert.equal((await world.admin.call("DELETE", `/v1/destinations/${destination.id}`)).status, 204);
  assertOutcome(await posted, "ignored");
  assert.deepEqual(await world.admin.deliveries(destination.id), []);
  assert.equal(arrived().length, 0);
});

test("deleted while an attempt is in the air: its work is dead, and it is not tried again", async () => {
  const { source, destination, arrived } = await world.route("tinyposter", {
    behaviours: [behave.slow(2_000, 500), behave.status(200)],
  });
  assertOutcome(await source.post(), "accepted");
  await until("the attempt", () => arrived().length === 1);
  assert.equal((await world.admin.call("DELETE", `/v1/destinations/${destination.id}`)).status, 204);
  await sleep(4_500);
  assert.equal(arrived().length, 1);
  assert.equal((await withStatus(destination, "dead")).length, 1);
  assert.equal((await withStatus(destination, "pending")).length, 0);
});

test("paused while an attempt is in the air: its outcome is recorded", async () => {
  const { source, destination, arrived } = await world.route("tinyposter", { behaviours: [behave.slow(1_500)] });
  assertOutcome(await source.post(), "accepted");
  await until("the attempt", () => arrived().length === 1);
  await setStatus(destination, "paused");
  await until("the delivery", async () => (await withStatus(destination, "delivered")).length === 1);
  assert.equal((await world.admin.must("GET", `/v1/destinations/${destination.id}`)).status, "paused");
});

test("nothing is ignored while a paused or disabled destination matches", async () => {
  for (const status of ["paused", "disabled"]) {
    const { source, destination } = await world.route("tinyposter");
    await setStatus(destination, status);
    await sleep(5_500); // past what the ingest remembers of the routes
    assertOutcome(await source.post(), "accepted");
    assert.equal((await world.admin.deliveries(destination.id)).length, 1);
  }
});

test("five events given up on are five dead letters", async () => {
  const { source, destination } = await world.route("tinyposter", {
    behaviours: behave.status(500),
    destination: { retry: { schedule_s: [1] } },
  });
  for (let event = 0; event < 5; event += 1) assertOutcome(await source.post(), "accepted");
  await until("five dead letters", async () => (await withStatus(destination, "dead")).length === 5);
});

test("a queue that has lost its settings is no deleted one: nothing is acknowledged for it", async () => {
  const { source, destination } = await world.route("tinyposter");
  await world.gateway.queueSql(destination.id, "DELETE FROM settings RETURNING 1");
  await world.gateway.restart();
  assertProblem(await source.post(), 503);
});
