// How fast a destination is sent to: its rate limit, its 429s, the breaker.

import assert from "node:assert/strict";
import { test } from "node:test";

import { behave } from "../harness/receiver.mjs";
import { sleep, until } from "../harness/wait.mjs";
import { assertOutcome, assertProblem, useWorld } from "../harness/world.mjs";

const world = useWorld();

test("no more attempts a second than the limit says", async () => {
  const { source, destination, arrived } = await world.route("tinyposter", { destination: { rate_limit_per_s: 4 } });
  assert.equal(destination.rate_limit_per_s, 4);
  await Promise.all(Array.from({ length: 16 }, () => source.post()));
  await until("all of them", () => arrived().length === 16, { timeoutMs: 30_000 });
  const times = arrived().map(({ atMs }) => atMs);
  const tookMs = times.at(-1) - times[0];
  assert.ok(tookMs > 3_000 && tookMs < 8_000, `16 attempts in ${tookMs} ms`);
  for (let n = 8; n < times.length; n += 1) {
    assert.ok(times[n] - times[n - 8] > 1_000, "eight attempts within a second");
  }

  const free = await world.admin.patchDestination(destination.id, { rate_limit_per_s: null });
  assert.equal(free.rate_limit_per_s, null);
  const from = Date.now();
  await Promise.all(Array.from({ length: 16 }, () => source.post()));
  await until("the rest", () => arrived().length === 32);
  assert.ok(Date.now() - from < 3_000);
});

test("a limit outlives a restart", async () => {
  const { source, arrived } = await world.route("tinyposter", { destination: { rate_limit_per_s: 0.5 } });
  for (let n = 0; n < 3; n += 1) assertOutcome(await source.post(), "accepted");
  await until("the first", () => arrived().length >= 1);
  await sleep(200);
  await world.gateway.restart();
  await until("all of them", () => new Set(arrived().map((got) => got.get("webhook-id"))).size === 3, {
    timeoutMs: 30_000,
  });
  const times = arrived().map(({ atMs }) => atMs);
  assert.ok(times.at(-1) - times[0] > 2_500, `${times.at(-1) - times[0]} ms`);
});

test("what is no limit is refused", async () => {
  const { destination } = await world.route("tinyposter");
  for (const bad of [0, -1, 0.001, 1001, "4", [4]]) {
    const answer = await world.admin.call("PATCH", `/v1/destinations/${destination.id}`, { rate_limit_per_s: bad });
    assertProblem(answer, 400, "invalid_request");
  }
});

test("concurrency is kept to", async () => {
  let [now, most] = [0, 0];
  const slow = async (_req, res) => {
    now += 1;
    most = Math.max(most, now);
    await sleep(300);
    now -= 1;
    res.writeHead(200).end();
  };
  const { source, arrived } = await world.route("tinyposter", { behaviours: slow, destination: { concurrency: 2 } });
  await Promise.all(Array.from({ length: 8 }, () => source.post()));
  await until("all of them", () => arrived().length === 8 && now === 0);
  assert.equal(most, 2);
});

test("after a 429 nothing is sent until its time has come", async () => {
  const tooMany = (_req, res) => res.writeHead(429, { "retry-after": "3" }).end();
  const { source, arrived } = await world.route("tinyposter", {
    behaviours: [tooMany, behave.status(200)],
    destination: { concurrency: 1 },
  });
  assertOutcome(await source.post(), "accepted");
  await until("the 429", () => arrived().length === 1);
  await sleep(200);
  for (let n = 0; n < 3; n += 1) assertOutcome(await source.post(), "accepted");
  await until("the rest", () => arrived().length === 5, { timeoutMs: 30_000 });
  const times = arrived().map(({ atMs }) => atMs);
  assert.ok(times[1] - times[0] >= 2_800, `the next came ${times[1] - times[0]} ms after the 429`);
});

test("a dead destination is tried now and then, and all arrives once it is well", async () => {
  const { source, destination, path, arrived } = await world.route("tinyposter", {
    behaviours: behave.reset(),
    destination: { retry: { schedule_s: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1] } },
  });
  const breaker = async () => (await world.admin.must("GET", `/v1/destinations/${destination.id}`)).breaker;
  assert.equal(await breaker(), "closed");
  await Promise.all(Array.from({ length: 30 }, () => source.post()));
  await until("the breaker to open", async () => (await breaker()) === "open");
  await sleep(500);
  const before = arrived().length;
  await sleep(4_000);
  assert.ok(arrived().length - before <= 6, `${arrived().length - before} probes in 4 s`);
  world.receiver.on(path, behave.status(200));
  const isDelivered = async () => (await world.admin.deliveries(destination.id, { status: "delivered" })).length === 30;
  await until("all of them", isDelivered, { timeoutMs: 60_000, everyMs: 500 });
  assert.equal(await breaker(), "closed");
});

test("enabling closes the breaker", async () => {
  const { source, destination } = await world.route("tinyposter", {
    behaviours: behave.reset(),
    destination: { retry: { schedule_s: [60, 60] } },
  });
  await Promise.all(Array.from({ length: 12 }, () => source.post()));
  const shown = () => world.admin.must("GET", `/v1/destinations/${destination.id}`);
  await until("the breaker to open", async () => (await shown()).breaker === "open");
  await world.admin.patchDestination(destination.id, { status: "enabled" });
  assert.equal((await shown()).breaker, "closed");
});
