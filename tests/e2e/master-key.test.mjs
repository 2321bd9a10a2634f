// The master key changed for another: nothing that is stored is lost, ingest URLs stay, and in the end
// the old key can be thrown away. The steps are those of worker/README.md.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { request } from "../harness/http.mjs";
import { sleep, until } from "../harness/wait.mjs";
import { assertOutcome, assertProblem, useWorld } from "../harness/world.mjs";

const world = useWorld();
const README = fileURLToPath(new URL("../../worker/README.md", import.meta.url));

/** The command of the README that prints HOOKWARD_SOURCE_KEY, run as it stands there. */
function sourceKey(master) {
  const command = readFileSync(README, "utf8").match(/^ *(printf 'hookward source id v1'[^\n]*)$/m)?.[1];
  assert.ok(command, "worker/README.md says how the source key is made");
  const [text] = command.split(" | cargo xtask ");
  return execFileSync("bash", ["-c", text], { env: { PATH: process.env.PATH, OLD: master }, encoding: "utf8" }).trim();
}

async function restart(vars) {
  await world.gateway.restart(vars);
}

test("the master key is changed for another", async () => {
  const { admin, gateway } = world;
  const old = gateway.vars.HOOKWARD_MASTER_KEY;
  const next = randomBytes(32).toString("base64");
  const { source, destination, arrived } = await world.route("tinyposter", {
    destination: { headers: { "x-key": "a value" } },
  });

  const works = async (count) => {
    assertOutcome(await source.post(), "accepted");
    // Written down as well: what a restart leaves unwritten would be sent again.
    await until("a delivery", async () => {
      const { data } = await admin.must("GET", `/v1/destinations/${destination.id}/deliveries?status=delivered`);
      return data.length === count;
    });
    assert.equal(arrived().length, count);
    const got = arrived().at(-1);
    assert.equal(got.verdict, "ok");
    assert.equal(got.get("x-key"), "a value");
  };

  await works(1);

  // Which of two keys the ingest URLs hang on cannot be told: nothing is taken for invented.
  await restart({ HOOKWARD_MASTER_KEY: `${old} ${next}` });
  assertProblem(await source.post(), 503, "not_configured");

  // The steps, in their order; all goes on.
  await restart({ HOOKWARD_MASTER_KEY: old, HOOKWARD_SOURCE_KEY: sourceKey(old) });
  await works(2);
  await restart({ HOOKWARD_MASTER_KEY: `${old} ${next}` });
  await works(3);
  await restart({ HOOKWARD_MASTER_KEY: `${next} ${old}` });
  await works(4);

  // A queue that does not answer is not done; the next call goes on.
  await gateway.setFaults({ queues: { [destination.id]: { fetch: "throw_before" } } });
  const half = await admin.must("POST", "/v1/reseal");
  assert.equal(half.done, false);
  assert.deepEqual(half.destinations, { renewed: 0, failed: 1 });
  assert.equal(half.sources.renewed, 1);
  await gateway.setFaults({});
  const rest = await admin.must("POST", "/v1/reseal");
  assert.deepEqual(rest, {
    done: true,
    sources: { renewed: 0, failed: 0 },
    destinations: { renewed: 1, failed: 0 },
  });
  const again = await admin.must("POST", "/v1/reseal");
  assert.deepEqual([again.done, again.sources.renewed, again.destinations.renewed], [true, 0, 0]);

  // The old key is gone, the ingest URL is the same.
  await restart({ HOOKWARD_MASTER_KEY: next });
  await works(5);
  const other = await world.route("standard-webhooks");
  assertOutcome(await other.source.post(), "accepted");
  await until("a delivery to the new one", () => other.arrived().length === 1);
});

test("without the source key, or with a bad one, nothing is let in", async () => {
  const { gateway } = world;
  const { source } = await world.route("tinyposter");
  const good = gateway.vars.HOOKWARD_SOURCE_KEY;
  await restart({ HOOKWARD_SOURCE_KEY: "not a key" });
  assertProblem(await source.post(), 503, "not_configured");
  await restart({ HOOKWARD_SOURCE_KEY: good });
  assertOutcome(await source.post(), "accepted");
  assert.equal((await request(`${gateway.origin}/healthz`)).status, 200);
});

test("with a key missing nothing is attempted, and nothing is held against a destination", async () => {
  const { admin, gateway } = world;
  const { source, destination, arrived } = await world.route("tinyposter", {
    destination: { status: "paused", retry: { schedule_s: [1] } },
  });
  for (let n = 0; n < 12; n += 1) assertOutcome(await source.post(), "accepted");
  const good = gateway.vars.HOOKWARD_MASTER_KEY;
  await restart({ HOOKWARD_MASTER_KEY: randomBytes(32).toString("base64") });
  assertProblem(await source.post(), 503, "source_misconfigured");
  await admin.patchDestination(destination.id, { status: "enabled" });
  await until("the line that says why", () =>
    gateway.lines.some((line) => line.includes("settings_sealed") && line.includes(destination.id)),
  );
  await sleep(5_000);
  const shown = await admin.must("GET", `/v1/destinations/${destination.id}`);
  assert.deepEqual([shown.status, shown.give_ups], ["enabled", 0]);
  const pending = await admin.deliveries(destination.id, { status: "pending" });
  assert.deepEqual([pending.length, pending.every(({ attempts }) => attempts === 0)], [12, true]);
  await restart({ HOOKWARD_MASTER_KEY: good });
  await admin.patchDestination(destination.id, { status: "enabled" });
  await until("all of them", () => new Set(arrived().map((got) => got.get("webhook-id"))).size === 12);
  assert.equal(arrived().length, 12);
});
