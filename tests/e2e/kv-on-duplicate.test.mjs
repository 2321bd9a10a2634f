// HOOKWARD_KV_MARK=on_duplicate: a key is marked once a copy of it has shown up.

import assert from "node:assert/strict";
import { test } from "node:test";

import { sleep, until } from "../harness/wait.mjs";
import { assertOutcome, useWorld } from "../harness/world.mjs";

const world = useWorld({ vars: { HOOKWARD_KV_MARK: "on_duplicate" } });

test("a first copy writes nothing to KV, a second one marks the key", async () => {
  const { source, arrived } = await world.route("tinyposter");
  const sent = source.sign();
  assertOutcome(await source.post(sent), "accepted");
  await until("the delivery", () => arrived().length === 1);
  await sleep(500);
  assert.equal((await world.gateway.listKv()).length, 0);
  assertOutcome(await source.post(sent), "duplicate");
  await until("the mark", async () => (await world.gateway.listKv()).length === 1);
  assertOutcome(await source.post(sent), "duplicate");
  await sleep(500);
  assert.equal(arrived().length, 1);
});
