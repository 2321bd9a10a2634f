// Exactly one delivery for an event, however often, however fast and in whatever state of KV it comes in.

import assert from "node:assert/strict";
import { test } from "node:test";

import { behave } from "../harness/receiver.mjs";
import { sleep, until } from "../harness/wait.mjs";
import { assertOutcome, assertProblem, uniquePath, useWorld } from "../harness/world.mjs";

const world = useWorld();

/** How long a delivery too many would have had to show up. */
const SETTLE_MS = 1_500;

/** Asserts that exactly `count` deliveries arrive, and no more. */
async function arrive(arrived, count) {
  await until(`${count} deliveries`, () => arrived().length >= count);
  await sleep(SETTLE_MS);
  assert.equal(arrived().length, count);
  assert.equal(new Set(arrived().map((request) => request.get("webhook-id"))).size, count);
}

const tally = (answers) => {
  const counts = {};
  for (const { status, json } of answers) {
    const outcome = status === 200 ? json.status : String(status);
    counts[outcome] = (counts[outcome] ?? 0) + 1;
  }
  return counts;
};

/** Waits until the background mark of an event is in KV. */
const marked = (atLeast) => until("the KV mark", async () => (await world.gateway.listKv()).length >= atLeast);

test("a hundred copies at once are one event, with KV and with KV knowing of nothing", async () => {
  // On one machine KV is consistent and would stop most copies; elsewhere it is not.
  for (const faults of [{}, { kv: { get: "miss" } }]) {
    const { source, arrived } = await world.route("tinyposter");
    await world.gateway.setFaults(faults);
    const sent = source.sign();
    const answers = await Promise.all(Array.from({ length: 100 }, () => source.post(sent)));
    assert.deepEqual(tally(answers), { accepted: 1, duplicate: 99 });
    await arrive(arrived, 1);
  }
});

test("a hundred copies at once for three destinations are one event for each", async () => {
  const { source, arrived } = await world.route("tinysend");
  const paths = [uniquePath(), uniquePath()];
  for (const path of paths) await world.admin.destination(world.receiver, path, source);
  await world.gateway.setFaults({ kv: { get: "miss" } });
  const sent = source.sign();
  const answers = await Promise.all(Array.from({ length: 100 }, () => source.post(sent)));
  const counts = tally(answers);
  assert.equal(counts.accepted + counts.duplicate, 100, JSON.stringify(counts));
  assert.ok(counts.accepted >= 1);
  await arrive(arrived, 1);
  for (const path of paths) assert.equal(world.receiver.at(path).length, 1);
});

test("with KV emptied between the copies it is still one", async () => {
  const { source, arrived } = await world.route("letmepost");
  const sent = source.sign();
  assertOutcome(await source.post(sent), "accepted");
  for (let copy = 0; copy < 3; copy += 1) {
    await marked(1);
    await world.gateway.clearKv();
    assertOutcome(await source.post(sent), "duplicate");
  }
  await arrive(arrived, 1);
});

test("KV that throws, hangs, answers stale misses or drops writes costs nothing", async () => {
  const faults = [
    { get: "throw" },
    { put: "throw" },
    { get: "throw", put: "throw" },
    { get: "miss" },
    { put: "drop" },
    { get: "hang" },
    { put: "hang" },
  ];
  for (const kv of faults) {
    const { source, arrived } = await world.route("tinyposter");
    await world.gateway.setFaults({ kv });
    const sent = source.sign();
    const begun = Date.now();
    assertOutcome(await source.post(sent), "accepted");
    assertOutcome(await source.post(sent), "duplicate");
    assert.ok(Date.now() - begun < 5_000, `${JSON.stringify(kv)} held the answers up`);
    const hits = await world.gateway.faultHits();
    if (kv.get) assert.ok(hits["kv.get"] >= 1, `the fault was not hit: ${JSON.stringify(hits)}`);
    await arrive(arrived, 1);
  }
});

test("one of two destinations fails to commit: 503, and the retry reaches both once", async () => {
  for (const kind of ["throw_before", "error", "throw_after"]) {
    const { source, destination, arrived } = await world.route("tinyposter");
    const otherPath = uniquePath();
    const other = await world.admin.destination(world.receiver, otherPath, source);
    const othersArrived = () => world.receiver.at(otherPath);
    const before = (await world.gateway.listKv()).length;

    await world.gateway.setFaults({ queues: { [other.id]: { fetch: kind } } });
    const sent = source.sign();
    assertProblem(await source.post(sent), 503);
    assertProblem(await source.post(sent), 503);
    assert.ok((await world.gateway.faultHits())[`queues.${other.id}.fetch`] >= 2);
    await until("the healthy destination's delivery", () => arrived().length === 1);
    await sleep(300);
    assert.equal((await world.gateway.listKv()).length, before, "a 503 is never marked in KV");

    await world.gateway.setFaults({});
    const retry = await source.post(sent);
    // With the answer lost after the commit, both have it by now.
    assertOutcome(retry, kind === "throw_after" ? "duplicate" : "accepted");
    await arrive(othersArrived, 1);
    assert.equal(arrived().length, 1, `${destination.id} got it again`);
    assertOutcome(await source.post(sent), "duplicate");
  }
});

test("a queue that does not answer is 503 within the limit, and the retry reaches it", async () => {
  const { source, destination, arrived } = await world.route("tinyposter");
  await world.gateway.setFaults({ queues: { [destination.id]: { fetch: "hang" } } });
  const sent = source.sign();
  const begun = Date.now();
  assertProblem(await source.post(sent), 503);
  assert.ok(Date.now() - begun < 8_000, `${Date.now() - begun} ms`);
  await world.gateway.setFaults({});
  assertOutcome(await source.post(sent), "accepted");
  await arrive(arrived, 1);
});

test("queues that hang do not keep a large event from the others", async () => {
  const source = await world.admin.source("standard-webhooks");
  const made = [];
  for (let index = 0; index < 12; index += 1) {
    const path = uniquePath();
    made.push({ path, ...(await world.admin.destination(world.receiver, path, source)) });
  }
  const hanging = made.slice(0, 8).map(({ id }) => [id, { fetch: "hang" }]);
  await world.gateway.setFaults({ queues: Object.fromEntries(hanging) });
  const body = Buffer.alloc(1024 * 1024, " ");
  body.write('{"type":"large"}');
  const sent = source.sign({ body });
  assertProblem(await source.post(sent), 503);
  await until("the healthy ones", () => made.slice(8).every(({ path }) => world.receiver.at(path).length === 1));
  await world.gateway.setFaults({});
  assertOutcome(await source.post(sent), "accepted");
  await until("the others", () => made.every(({ path }) => world.receiver.at(path).length === 1));
});

test("a destination that is added after an event was ignored gets its redelivery", async () => {
  const { source, arrived } = await world.route("tinyposter", { destination: { events: ["account.*"] } });
  const sent = source.sign({ type: "post.failed" });
  const marks = (await world.gateway.listKv()).length;
  assertOutcome(await source.post(sent), "ignored");
  assertOutcome(await source.post(sent), "ignored");
  await sleep(300);
  assert.equal((await world.gateway.listKv()).length, marks, "an ignored event is never marked in KV");
  const path = uniquePath();
  await world.admin.destination(world.receiver, path, source);
  // Routes are remembered for a few seconds.
  await until("the redelivery to be accepted", async () => (await source.post(sent)).json.status === "accepted", {
    everyMs: 500,
  });
  await arrive(() => world.receiver.at(path), 1);
  assert.equal(arrived().length, 0);
});

test("an answer of the registry from before a change does not undo it", async () => {
  const source = await world.admin.source("tinyposter");
  await world.gateway.setFaults({ registry: { fetch: "late", times: 1 } });
  const early = source.post();
  await until("the question", async () => (await world.gateway.faultHits())["registry.fetch"] === 1);
  const path = uniquePath();
  await world.admin.destination(world.receiver, path, source);
  assert.equal((await early).status, 200);
  assertOutcome(await source.post(), "accepted");
  await until("its delivery", () => world.receiver.at(path).length >= 1);
});

test("a mark in KV covers only the destinations that had the event", async () => {
  const { source, arrived } = await world.route("tinyposter");
  const marks = (await world.gateway.listKv()).length;
  const sent = source.sign();
  assertOutcome(await source.post(sent), "accepted");
  await marked(marks + 1);
  assertOutcome(await source.post(sent), "duplicate");
  const path = uniquePath();
  await world.admin.destination(world.receiver, path, source);
  await until(
    "the copy to reach the new destination",
    async () => {
      return (await source.post(sent)).json.status === "accepted";
    },
    { everyMs: 500 },
  );
  await arrive(() => world.receiver.at(path), 1);
  assert.equal(arrived().length, 1);
});

test("a duplicate that KV knows asks no queue", async () => {
  const { source, destination } = await world.route("tinyposter");
  const marks = (await world.gateway.listKv()).length;
  const sent = source.sign();
  assertOutcome(await source.post(sent), "accepted");
  await marked(marks + 1);
  const keptS = (await world.gateway.listKv()).map(({ expiration }) => expiration - Date.now() / 1000);
  assert.ok(
    keptS.every((seconds) => Math.abs(seconds - 96 * 3600) < 600),
    `kept for ${keptS}`,
  );
  await world.gateway.setFaults({ queues: { [destination.id]: { fetch: "throw_before" } } });
  assertOutcome(await source.post(sent), "duplicate");
  assert.deepEqual(await world.gateway.faultHits(), {});
});

test("copies sent while the destination fails do not add deliveries", async () => {
  const { source, arrived } = await world.route("tinyposter", {
    behaviours: [behave.status(500), behave.status(500), behave.status(200)],
  });
  const sent = source.sign();
  const answers = [];
  for (let copy = 0; copy < 30; copy += 1) {
    answers.push(await source.post(sent));
    await sleep(100);
  }
  assert.deepEqual(tally(answers), { accepted: 1, duplicate: 29 });
  await until("three attempts", () => arrived().length === 3);
  await sleep(SETTLE_MS);
  assert.equal(arrived().length, 3);
  assert.equal(new Set(arrived().map((request) => request.get("webhook-id"))).size, 1);
});

test("700 held events are drained, each once", async () => {
  const { source, destination, arrived } = await world.route("tinyposter");
  await world.admin.patchDestination(destination.id, { status: "paused" });
  const events = Array.from({ length: 700 }, () => source.sign());
  const queue = [...events];
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      for (let sent = queue.pop(); sent; sent = queue.pop()) assertOutcome(await source.post(sent), "accepted");
    }),
  );
  assert.equal(arrived().length, 0);
  await world.admin.patchDestination(destination.id, { status: "enabled" });
  await until("all of them", () => arrived().length >= events.length, { timeoutMs: 40_000 });
  await sleep(SETTLE_MS);
  assert.equal(arrived().length, events.length);
  assert.equal(new Set(arrived().map(({ body }) => JSON.parse(body).id)).size, events.length);
});
