// HOOKWARD_KV_MARK=on_duplicate: a key is marked once a copy of it has shown up.

import assert from "node:assert/strict";
import { test } from "node:test";

import { sleep, until } from "../harness/wait.mjs";
import { assertOutcome, useWorld } from "../harness/world.mjs";

const world = useWorld({ vars: { HOOKWARD_KV_MARK: "on_duplicate" } });

test("KV is asked once copies are about", async () => {
  const { source, arrived } = await world.route("tinyposter");
  await world.gateway.setFaults({ kv: { get: "miss" } });
  const reads = async () => (await world.gateway.faultHits())["kv.get"] ?? 0;
  const first = source.sign();
  assertOutcome(await source.post(first), "accepted");
  assertOutcome(await source.post(source.sign()), "accepted");
  // The queue says so: no KV is needed to tell.
  assertOutcome(await source.post(first), "duplicate");
  assert.equal(await reads(), 0);
  assertOutcome(await source.post(first), "duplicate");
  assertOutcome(await source.post(source.sign()), "accepted");
  assert.equal(await reads(), 2);
  await until("the deliveries", () => arrived().length === 3);
  await world.gateway.setFaults({});
});

test("a first copy writes nothing to KV, a second one marks the key", async () => {
  const { source, arrived } = await world.route("tinyposter");
  const sent = source.sign();
  assertOutcome(await source.post(sent), "accepted");
  await until("the delivery", () => arrived().length === 1);
  await sleep(500);
  const before = (await world.gateway.listKv()).length;
  assert.equal(before, 1, "the mark of the test before");
  assertOutcome(await source.post(sent), "duplicate");
  await until("the mark", async () => (await world.gateway.listKv()).length === before + 1);
  assertOutcome(await source.post(sent), "duplicate");
  await sleep(500);
  assert.equal(arrived().length, 1);
});
