// Queues get going again after an alarm that fails or is lost, and ingest copes without the registry.

import assert from "node:assert/strict";
import { test } from "node:test";

import { request } from "../harness/http.mjs";
import { nowS } from "../harness/providers.mjs";
import { behave } from "../harness/receiver.mjs";
import { sleep, until } from "../harness/wait.mjs";
import { assertOutcome, assertProblem, useWorld } from "../harness/world.mjs";

const world = useWorld();

test("a safety alarm is armed before anything is sent", async () => {
  let alarmAtMs;
  let arrivedAtMs;
  const { source, destination, path, arrived } = await world.route("tinyposter");
  world.receiver.on(path, async (_req, res) => {
    arrivedAtMs = Date.now();
    alarmAtMs = await world.gateway.queueAlarm(destination.id);
    res.writeHead(200).end();
  });
  assertOutcome(await source.post(), "accepted");
  await until("the attempt", () => alarmAtMs !== undefined);
  assert.notEqual(alarmAtMs, null, "no alarm is armed while an attempt is in the air");
  const aheadMs = alarmAtMs - arrivedAtMs;
  assert.ok(aheadMs > 5_000 && aheadMs < 15_000, `the alarm is ${aheadMs} ms ahead`);
  await until("the delivery", async () => {
    return (await world.admin.deliveries(destination.id, { status: "delivered" })).length === 1;
  });
  assert.equal(arrived().length, 1);
});

test("an alarm that is lost is armed again by the sweep", async () => {
  const { source, destination, arrived } = await world.route("tinyposter", {
    behaviours: [behave.status(500), behave.status(200)],
    destination: { retry: { schedule_s: [2] } },
  });
  assertOutcome(await source.post(), "accepted");
  await until("the first attempt", async () => {
    return (await world.admin.deliveries(destination.id))[0]?.status === "pending" && arrived().length === 1;
  });
  await sleep(300);
  await world.gateway.dropQueueAlarm(destination.id);
  await sleep(3_500);
  assert.equal(arrived().length, 1, "without its alarm the queue does nothing");
  await world.gateway.sweep();
  await until("the second attempt", () => arrived().length === 2);
});

test("the sweep leaves idle queues and queues with an alarm alone", async () => {
  const { destination, source } = await world.route("tinyposter");
  await world.gateway.sweep();
  assert.equal(await world.gateway.queueAlarm(destination.id), null);
  await world.admin.patchDestination(destination.id, { status: "paused" });
  assertOutcome(await source.post(), "accepted");
  await world.gateway.sweep();
  await sleep(500);
  assert.equal((await world.admin.deliveries(destination.id, { status: "pending" })).length, 1);
});

test("an alarm handler that throws a few times delivers all the same", async () => {
  for (const kind of ["throw_before", "throw_after"]) {
    const { source, destination, arrived } = await world.route("tinyposter");
    await world.gateway.setFaults({ queues: { [destination.id]: { alarm: kind, times: 2 } } });
    assertOutcome(await source.post(), "accepted");
    await until("the delivery", () => arrived().length >= 1, { timeoutMs: 30_000 });
    await sleep(4_000);
    assert.equal(arrived().length, 1);
    assert.equal((await world.admin.deliveries(destination.id, { status: "delivered" })).length, 1);
  }
});

test("an alarm handler that always threw is taken up by the sweep once it works", async () => {
  const { source, destination, arrived } = await world.route("tinyposter");
  await world.gateway.setFaults({ queues: { [destination.id]: { alarm: "throw_before" } } });
  assertOutcome(await source.post(), "accepted");
  await until(
    "the handler to have failed",
    async () => {
      return (await world.gateway.faultHits())[`queues.${destination.id}.alarm`] >= 2;
    },
    { timeoutMs: 20_000 },
  );
  await world.gateway.dropQueueAlarm(destination.id);
  await world.gateway.setFaults({});
  assert.equal(arrived().length, 0);
  await world.gateway.sweep();
  await until("the delivery", () => arrived().length === 1, { timeoutMs: 30_000 });
});

test("a row that cannot be read holds up nobody", async () => {
  const { source, destination, arrived } = await world.route("tinyposter", { destination: { concurrency: 1 } });
  await world.admin.patchDestination(destination.id, { status: "paused" });
  for (let event = 0; event < 3; event += 1) assertOutcome(await source.post(), "accepted");
  const damage = "UPDATE deliveries SET carried = '{' WHERE seq = (SELECT min(seq) FROM deliveries) RETURNING 1";
  assert.equal((await world.gateway.queueSql(destination.id, damage)).length, 1);
  await world.admin.patchDestination(destination.id, { status: "enabled" });
  await until("the other two", () => arrived().length === 2);
  assertOutcome(await source.post(), "accepted");
  await until("one that came later", () => arrived().length === 3, { timeoutMs: 5_000 });
  assert.doesNotMatch(world.gateway.lines.join("\n"), /panicked|RuntimeError/);
});

test("results that cannot be written down do not make a storm of attempts", async () => {
  const { source, destination, arrived } = await world.route("tinyposter");
  const events = 30;
  await world.admin.patchDestination(destination.id, { status: "paused" });
  for (let event = 0; event < events; event += 1) assertOutcome(await source.post(), "accepted");
  const refuse = "CREATE TRIGGER refuse BEFORE UPDATE ON deliveries BEGIN SELECT RAISE(ABORT, 'injected'); END";
  await world.gateway.queueSql(destination.id, refuse);
  await world.admin.patchDestination(destination.id, { status: "enabled" });
  await sleep(4_000);
  assert.ok(arrived().length <= 6, `${arrived().length} attempts`);
  await world.gateway.queueSql(destination.id, "DROP TRIGGER refuse");
  await world.gateway.sweep();
  await until("all of them", async () => {
    return (await world.admin.deliveries(destination.id, { status: "delivered" })).length === events;
  });
  assert.ok(arrived().length <= events + 6, `${arrived().length} attempts`);
});

test("a result that can never be written down is sent again seldom, and holds up nobody", async () => {
  const { source, destination, arrived } = await world.route("tinyposter", { destination: { status: "paused" } });
  assertOutcome(await source.post(), "accepted");
  const [{ seq }] = await world.gateway.queueSql(destination.id, "SELECT seq FROM deliveries");
  const refuse = `CREATE TRIGGER refuse BEFORE UPDATE ON deliveries WHEN old.seq = ${seq} BEGIN SELECT RAISE(ABORT, 'injected'); END`;
  await world.gateway.queueSql(destination.id, refuse);
  await world.admin.patchDestination(destination.id, { status: "enabled" });
  await until("the first try", () => arrived().length === 1);
  for (let event = 0; event < 5; event += 1) {
    assertOutcome(await source.post(), "accepted");
    await sleep(500);
  }
  const ids = () => new Set(arrived().map((got) => got.get("webhook-id")));
  await until("the others", () => ids().size === 6);
  await sleep(6_000);
  assert.ok(arrived().length <= 7, `${arrived().length} attempts`);
});

test("with the registry unreachable, a known source goes on and an unknown one is 503", async () => {
  for (const kind of ["throw_before", "error", "hang"]) {
    const { source, arrived } = await world.route("tinyposter");
    const unseen = await world.route("tinyposter");
    assertOutcome(await source.post(), "accepted");
    await sleep(5_500); // past what is remembered without asking
    await world.gateway.setFaults({ registry: { fetch: kind } });
    const begun = nowS();
    assertOutcome(await source.post(), "accepted");
    assertProblem(await unseen.source.post(), 503);
    assert.ok(nowS() - begun < 20, `${nowS() - begun} s`);
    assert.ok((await world.gateway.faultHits())["registry.fetch"] >= 1);
    await until("both deliveries", () => arrived().length === 2);
    await world.gateway.setFaults({});
    await until("the other source", async () => (await unseen.source.post()).status === 200, { everyMs: 250 });
  }
});

test("an invented source costs no look-up, and a real one is never 404 without the registry's word", async () => {
  const gone = await world.admin.source("tinyposter");
  assert.equal((await world.admin.call("DELETE", `/v1/sources/${gone.id}`)).status, 204);
  await world.gateway.setFaults({ registry: { fetch: "throw_before" } });
  const last = gone.id.at(-1) === "0" ? "1" : "0";
  const url = `${world.gateway.origin}/in/${gone.id.slice(0, -1)}${last}`;
  assertProblem(await request(url, { method: "POST", ...gone.sign() }), 404, "unknown_source");
  assert.deepEqual(await world.gateway.faultHits(), {});
  assertProblem(await gone.post(), 503);
  await world.gateway.setFaults({});
  assertProblem(await gone.post(), 404, "unknown_source");
});

test("creating and changing while the registry is unreachable fails with 503 and can be repeated", async () => {
  const { source, destination } = await world.route("tinyposter");
  await world.gateway.setFaults({ registry: { fetch: "throw_before" } });
  const fields = { name: "x", provider: "tinyposter", secrets: ["whsec_0123456789abcdef0123456789abcdef"] };
  assertProblem(await world.admin.call("POST", "/v1/sources", fields), 503);
  assertProblem(await world.admin.call("GET", `/v1/sources/${source.id}`), 503);
  assertProblem(await world.admin.call("DELETE", `/v1/destinations/${destination.id}`), 503);
  await world.gateway.setFaults({});
  assert.equal((await world.admin.call("DELETE", `/v1/destinations/${destination.id}`)).status, 204);
});

test("a change whose second half failed is finished by the sweep", async () => {
  const { destination } = await world.route("tinyposter");
  const listed = async () => {
    const all = await world.admin.must("GET", "/v1/destinations?limit=100");
    return all.data.find(({ id }) => id === destination.id).status;
  };
  // The first question to the registry is answered; what the queue has taken on is not written down.
  await world.gateway.setFaults({ registry: { fetch: "throw_before", skip: 1 } });
  assertProblem(await world.admin.call("PATCH", `/v1/destinations/${destination.id}`, { status: "paused" }), 503);
  await world.gateway.setFaults({});
  assert.equal(await listed(), "enabled");
  await world.gateway.sweep();
  await until("the registry to know", async () => (await listed()) === "paused");
});

test("a destination whose making failed half way is not there, and gets nothing", async () => {
  const source = await world.admin.source("tinyposter");
  const before = await world.admin.must("GET", "/v1/destinations?limit=100");
  await world.gateway.setFaults({ registry: { fetch: "throw_before", skip: 1 } });
  const fields = { url: world.receiver.url("/half"), name: "half", sources: [source.id], events: ["*"] };
  assertProblem(await world.admin.call("POST", "/v1/destinations", fields), 503);
  await world.gateway.setFaults({});
  await world.gateway.sweep();
  const after = await world.admin.must("GET", "/v1/destinations?limit=100");
  assert.deepEqual(after, before);
  assertOutcome(await source.post(), "ignored");
  assert.equal(world.receiver.at("/half").length, 0);
});

test("a delete whose second half failed is finished by the sweep", async () => {
  const { destination, source, arrived } = await world.route("tinyposter", {
    behaviours: behave.status(500),
    destination: { retry: { schedule_s: [3, 3, 3, 3, 3] } },
  });
  assertOutcome(await source.post(), "accepted");
  await until("the first attempt", () => arrived().length === 1);
  await world.gateway.setFaults({ queues: { [destination.id]: { fetch: "throw_before" } } });
  const answer = await world.admin.call("DELETE", `/v1/destinations/${destination.id}`);
  assert.ok([204, 503].includes(answer.status), `${answer.status} ${answer.text}`);
  await world.gateway.setFaults({});
  await world.gateway.sweep();
  await until("the pending work to be dead letters", async () => {
    return (await world.admin.deliveries(destination.id, { status: "dead" })).length === 1;
  });
  const before = arrived().length;
  await sleep(4_000);
  assert.equal(arrived().length, before);
});

test("events that arrive during a run are picked up by that run", async () => {
  const { source, arrived } = await world.route("tinyposter", {
    behaviours: [behave.slow(2_000), behave.status(200)],
    destination: { concurrency: 1 },
  });
  assertOutcome(await source.post(), "accepted");
  await until("the first attempt", () => arrived().length === 1);
  for (let event = 0; event < 5; event += 1) assertOutcome(await source.post(), "accepted");
  await until("all of them", () => arrived().length === 6, { timeoutMs: 8_000 });
});

test("a deleted queue with very much to bury buries all of it, though its alarm is lost", async () => {
  const { source, destination, arrived } = await world.route("tinyposter");
  await world.admin.patchDestination(destination.id, { status: "paused" });
  assertOutcome(await source.post(), "accepted");
  const columns = "status, at_ms, dead_reason, round, attempts, source, event_type, carried, body";
  await world.gateway.queueSql(
    destination.id,
    `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 25000)
      INSERT INTO deliveries (seq, key, ${columns})
      SELECT seq + i, randomblob(32), ${columns} FROM deliveries, n RETURNING NULL`,
  );
  const pending = async () => {
    const [row] = await world.gateway.queueSql(
      destination.id,
      "SELECT count(*) AS n FROM deliveries WHERE status = 'pending'",
    );
    return row.n;
  };
  assert.equal(await pending(), 25_001);
  await world.gateway.setFaults({ queues: { [destination.id]: { alarm: "throw_before" } } });
  assert.equal((await world.admin.call("DELETE", `/v1/destinations/${destination.id}`)).status, 204);
  await sleep(500);
  await world.gateway.dropQueueAlarm(destination.id);
  await world.gateway.setFaults({});
  for (let sweeps = 0; sweeps < 3; sweeps += 1) await world.gateway.sweep();
  await until("all to be buried", async () => (await pending()) === 0, { everyMs: 250 });
  assert.equal(arrived().length, 0);
});
