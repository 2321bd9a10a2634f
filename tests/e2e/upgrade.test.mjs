// The stores of an older gateway under the present one: nothing is lost, all of it is listed, goes on
// and can be replayed, old events are recognised, and what was sealed still opens.
//
// tests/e2e/upgrade/state.json holds what an older gateway stored, made by make.mjs beside it.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { Admin, Source } from "../harness/admin.mjs";
import { startGateway } from "../harness/gateway.mjs";
import { request } from "../harness/http.mjs";
import { startReceiver } from "../harness/receiver.mjs";
import { until } from "../harness/wait.mjs";
import { assertOutcome } from "../harness/world.mjs";
import { restore } from "./upgrade/objects.mjs";
import { ADMIN_TOKEN, EVENTS, MASTER_KEY, RECEIVER } from "./upgrade/old.mjs";

/** By now what was to be tried again after an hour is due. */
const AGO_MS = 2 * 3_600_000;

const { made, objects } = JSON.parse(readFileSync(new URL("upgrade/state.json", import.meta.url), "utf8"));
const { destinations } = made;

let gateway;
let receiver;
let admin;
let posts;

before(async () => {
  receiver = await startReceiver(RECEIVER);
  for (const [name, { secret }] of Object.entries(destinations)) {
    if (name !== "paused" && name !== "disabled") receiver.expectSecret(`/${name}`, secret);
  }
  gateway = await startGateway({
    vars: { HOOKWARD_ADMIN_TOKEN: ADMIN_TOKEN, HOOKWARD_MASTER_KEY: MASTER_KEY },
  });
  await gateway.kill9();
  for (const [name, statements] of Object.entries(objects)) {
    restore(join(gateway.stateDir, "v3/do", name), statements, AGO_MS);
  }
  await gateway.start();
  admin = new Admin(gateway);
  const [first] = made.sources;
  posts = new Source(gateway, first.provider, first.secret, first);
});

after(async () => {
  await gateway?.stop();
  await receiver?.stop();
});

const deliveries = (name, query) => admin.deliveries(destinations[name].id, query);
const states = async (name) => (await deliveries(name)).map((one) => one.status).sort();
const times = (count, word) => Array(count).fill(word);

test("sources and destinations are listed as they were", async () => {
  const { data: sources } = await admin.must("GET", "/v1/sources?limit=100");
  const seen = sources.map(({ id, provider, enabled }) => ({ id, provider, enabled }));
  const expected = made.sources.map(({ id, provider }) => ({ id, provider, enabled: provider !== "tinysend" }));
  const byId = (a, b) => (a.id < b.id ? -1 : 1);
  assert.deepEqual(seen.sort(byId), expected.sort(byId));
  assert.equal(sources.find(({ provider }) => provider === "standard-webhooks").tolerance_s, 120);

  const { data: listed } = await admin.must("GET", "/v1/destinations?limit=100");
  const statuses = Object.fromEntries(listed.map(({ name, status }) => [name, status]));
  assert.deepEqual(statuses, {
    delivered: "enabled",
    retrying: "enabled",
    "given-up": "enabled",
    gone: "disabled",
    paused: "paused",
    disabled: "disabled",
  });
  const one = await admin.must("GET", `/v1/destinations/${destinations.delivered.id}`);
  assert.deepEqual([one.headers, one.concurrency, one.sources], [["x-team-key"], 2, ["*"]]);
  const gone = await admin.must("GET", `/v1/destinations/${destinations.gone.id}`);
  assert.equal(gone.disabled_by, "gone");

  const rejections = await admin.must("GET", `/v1/sources/${posts.id}/rejections`);
  assert.equal(rejections.counts.signature_mismatch, 1);
});

test("what was due in the meantime is delivered under the old secret", async () => {
  await gateway.sweep();
  await until("what had failed to arrive", async () => {
    return (await states("retrying")).every((status) => status === "delivered");
  });
  const arrived = receiver.at("/retrying");
  assert.deepEqual(arrived.map(({ body }) => JSON.parse(body).id).sort(), EVENTS.map((id) => `evt_${id}`).sort());
  for (const one of arrived) {
    assert.deepEqual([one.verdict, one.get("hookward-attempt")], ["ok", "2"]);
  }
  const [first] = await deliveries("retrying");
  const { attempts } = await admin.must("GET", `/v1/destinations/${destinations.retrying.id}/deliveries/${first.id}`);
  assert.deepEqual(attempts.map(({ status }) => status), [500, 200]);
});

test("what was done is listed as it was, with its attempts", async () => {
  assert.deepEqual(await states("delivered"), times(EVENTS.length + 1, "delivered"));
  for (const name of ["given-up", "gone", "disabled"]) {
    assert.deepEqual(await states(name), times(EVENTS.length, "dead"), name);
  }
  assert.deepEqual(await states("deleted"), times(EVENTS.length, "dead"));
  for (const one of await deliveries("given-up")) {
    assert.deepEqual([one.dead_reason, one.attempts, one.round], ["attempts_exhausted", 2, 1]);
  }
});

test("an old event is recognised, a new one is taken", async () => {
  for (const id of EVENTS) assertOutcome(await posts.post(posts.sign({ id })), "duplicate");
  assertOutcome(await posts.post(posts.sign({ id: "four" })), "accepted");
  await until("the new event to arrive", () => {
    return receiver.at("/delivered").find(({ body }) => JSON.parse(body).id === "evt_four");
  });
  assert.equal(receiver.at("/delivered").length, 1, "nothing that was delivered is sent again");
  const [one] = receiver.at("/delivered");
  assert.deepEqual([one.verdict, one.get("x-team-key")], ["ok", "an old value"]);
});

test("a dead letter is replayed under its webhook-id", async () => {
  const [one] = await deliveries("given-up", { status: "dead" });
  await admin.must("POST", `/v1/destinations/${destinations["given-up"].id}/deliveries/${one.id}/replay`);
  const arrived = await until("the replay", () => receiver.at("/given-up").find((got) => got.get("webhook-id") === one.id));
  assert.equal(arrived.verdict, "ok");
});

test("what was held goes out once it is let go, signed by both secrets of the rotation", async () => {
  await admin.patchDestination(destinations.paused.id, { status: "enabled" });
  const all = EVENTS.length + 1;
  await until("what was held", () => receiver.at("/paused").length === all);
  const { secret, newSecret } = destinations.paused;
  for (const one of receiver.at("/paused")) {
    const [time, ...tags] = one.get("x-tinyposter-signature").split(",");
    const tag = (key) => `v1=${createHmac("sha256", key).update(`${time.slice(2)}.`).update(one.body).digest("hex")}`;
    assert.deepEqual(tags, [tag(newSecret), tag(secret)]);
  }
});

test("what the older gateway could not do works on what it stored", async () => {
  const path = `/v1/destinations/${destinations.delivered.id}`;
  assert.equal((await admin.must("PATCH", path, { rate_limit_per_s: 50 })).rate_limit_per_s, 50);
  const published = { type: "team.told", data: { is: "new" }, id: "published-1" };
  assert.equal((await admin.must("POST", "/v1/events", published)).status, "accepted");
  await until("the published event", () => {
    return receiver.at("/delivered").find(({ body }) => JSON.parse(body).type === "team.told");
  });
  const metrics = await request(`${gateway.origin}/metrics`, {
    headers: [["authorization", `Bearer ${ADMIN_TOKEN}`]],
  });
  assert.equal(metrics.status, 200);
  assert.match(metrics.text, new RegExp(`hookward_queue_up\\{destination="${destinations.delivered.id}"\\} 1`));
});

test("a second start changes nothing", async () => {
  const names = Object.keys(destinations);
  const before = await Promise.all(names.map((name) => deliveries(name)));
  await gateway.restart();
  await gateway.sweep();
  const again = await Promise.all(names.map((name) => deliveries(name)));
  assert.deepEqual(again, before);
});
