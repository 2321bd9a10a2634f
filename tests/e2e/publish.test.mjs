// POST /v1/events: the team's own events, published with the machinery that forwards a provider's.

import assert from "node:assert/strict";
import { test } from "node:test";

import { behave } from "../harness/receiver.mjs";
import { until } from "../harness/wait.mjs";
import { assertProblem, uniquePath, useWorld } from "../harness/world.mjs";

const world = useWorld();

/** A destination that listens to published events alone. */
async function listener(fields = {}, behaviours) {
  const path = uniquePath();
  if (behaviours) world.receiver.on(path, behaviours);
  const made = await world.admin.destination(world.receiver, path, { id: "api" }, fields);
  return { ...made, path, arrived: () => world.receiver.at(path) };
}

const publish = (body, key) =>
  world.admin.call("POST", "/v1/events", body, { headers: key ? [["idempotency-key", key]] : [] });

let number = 0;
const unique = () => `evt-${Date.now()}-${(number += 1)}`;

test("a published event arrives as it was written, signed like any other", async () => {
  const to = await listener({ events: ["order.*"] });
  const id = unique();
  const answer = await publish({ type: "order.paid", data: { total: 12, text: "Grüße" }, id });
  assert.equal(answer.status, 200, answer.text);
  assert.equal(answer.json.status, "accepted");
  assert.equal(answer.json.id, id);
  assert.match(answer.json.event_key, /^[0-9a-f]{64}$/);
  await until("the delivery", () => to.arrived().length === 1);
  const [got] = to.arrived();
  assert.equal(got.verdict, "ok");
  assert.equal(got.get("hookward-source"), "api");
  assert.equal(got.get("hookward-event-type"), "order.paid");
  assert.equal(got.get("content-type"), "application/json");
  const event = JSON.parse(got.body);
  assert.deepEqual(Object.keys(event), ["id", "type", "timestamp", "data"]);
  assert.equal(event.id, id);
  assert.equal(event.timestamp, answer.json.created);
  assert.deepEqual(event.data, { total: 12, text: "Grüße" });
  assert.equal((await publish({ type: "other", data: {}, id: unique() })).json.status, "ignored");
});

test("data keeps every digit", async () => {
  const to = await listener({ events: ["big"] });
  const body = `{"type":"big","id":"${unique()}","data":{"n":123456789012345678901234567890,"x":1.10}}`;
  const { gateway } = world;
  const answer = await fetch(`${gateway.origin}/v1/events`, {
    method: "POST",
    headers: { authorization: `Bearer ${gateway.token}`, "content-type": "application/json" },
    body,
  });
  assert.equal(answer.status, 200);
  await until("the delivery", () => to.arrived().length === 1);
  assert.ok(to.arrived()[0].body.toString().includes(`"data":{"n":123456789012345678901234567890,"x":1.10}`));
});

test("the same id or Idempotency-Key is one event; with other content it is refused", async () => {
  const to = await listener({ events: ["once"] });
  for (const [event, key] of [
    [{ type: "once", data: { n: 1 }, id: unique() }, undefined],
    [{ type: "once", data: { n: 2 } }, unique()],
  ]) {
    const before = to.arrived().length;
    const first = await publish(event, key);
    assert.equal(first.json.status, "accepted", first.text);
    const again = await Promise.all(Array.from({ length: 10 }, () => publish(event, key)));
    for (const answer of again) {
      assert.equal(answer.json.status, "duplicate", answer.text);
      assert.deepEqual({ ...answer.json, status: "" }, { ...first.json, status: "" });
    }
    assertProblem(await publish({ ...event, data: { n: 3 } }, key), 409, "idempotency_conflict");
    assertProblem(await publish({ ...event, type: "other" }, key), 409, "idempotency_conflict");
    await until("the delivery", () => to.arrived().length === before + 1);
  }
  const [first, second] = to.arrived().map(({ body }) => JSON.parse(body));
  assert.notEqual(first.id, second.id);
  assert.match(second.id, /^evt_[0-9a-f]{32}$/);
  assert.equal(to.arrived().length, 2);
});

test("a try that reached some queues is completed by the next, with the same bytes", async () => {
  const [one, two] = [await listener({ events: ["half"] }), await listener({ events: ["half"] })];
  const event = { type: "half", data: {}, id: unique() };
  await world.gateway.setFaults({ queues: { [two.id]: { fetch: "throw_before" } } });
  assertProblem(await publish(event), 503, "unavailable");
  await until("the first delivery", () => one.arrived().length === 1);
  await world.gateway.setFaults({});
  assert.equal((await publish(event)).json.status, "accepted");
  await until("the second delivery", () => two.arrived().length === 1);
  assert.deepEqual(two.arrived()[0].body, one.arrived()[0].body);
  assert.equal(one.arrived().length, 1);
});

test("a claim whose answer was lost is no obstacle", async () => {
  const to = await listener({ events: ["lost"] });
  const event = { type: "lost", data: {}, id: unique() };
  await world.gateway.setFaults({ registry: { fetch: "throw_after" } });
  assertProblem(await publish(event), 503, "unavailable");
  await world.gateway.setFaults({});
  assertProblem(await publish({ ...event, data: { n: 1 } }), 409, "idempotency_conflict");
  assert.equal((await publish(event)).json.status, "accepted");
  await until("the delivery", () => to.arrived().length === 1);
});

test("after a crash the next try is a duplicate", async () => {
  const to = await listener({ events: ["crash"] });
  const event = { type: "crash", data: {}, id: unique() };
  assert.equal((await publish(event)).json.status, "accepted");
  await world.gateway.restart();
  assert.equal((await publish(event)).json.status, "duplicate");
  assertProblem(await publish({ ...event, data: { n: 1 } }), 409, "idempotency_conflict");
  await until("the delivery", () => to.arrived().length >= 1);
});

test("an id is remembered for 96 hours, and is a new event afterwards", async () => {
  const to = await listener({ events: ["old"] });
  const event = { type: "old", data: { n: 1 }, id: unique() };
  assert.equal((await publish(event)).json.status, "accepted");
  await until("the delivery", () => to.arrived().length === 1);
  const age = 96 * 3_600_000;
  await world.gateway.registrySql(`UPDATE publications SET at_ms = at_ms - ${age} + 60000`);
  assert.equal((await publish({ ...event })).status, 200);
  assertProblem(await publish({ ...event, data: { n: 2 } }), 409, "idempotency_conflict");
  await world.gateway.registrySql("UPDATE publications SET at_ms = at_ms - 60000");
  const other = await publish({ ...event, data: { n: 2 } });
  assert.equal(other.json.status, "accepted", other.text);
  await until("the new event", () => to.arrived().some(({ body }) => JSON.parse(body).data.n === 2));
});

test("what was published long ago makes room", async () => {
  const count = async () => (await world.gateway.registrySql("SELECT count(*) AS n FROM publications"))[0].n;
  for (let n = 0; n < 6; n += 1) await publish({ type: "room", data: {}, id: unique() });
  await world.gateway.registrySql(`UPDATE publications SET at_ms = at_ms - ${97 * 3_600_000}`);
  const before = await count();
  await publish({ type: "room", data: {}, id: unique() });
  await publish({ type: "room", data: {}, id: unique() });
  assert.equal(await count(), before - 2);
});

test("what is no event is refused", async () => {
  const good = { type: "a", data: {}, id: "x" };
  assertProblem(await publish({ type: "a", data: {} }), 400, "missing_idempotency_key");
  assertProblem(await publish({ ...good, created: 1 }), 400, "invalid_request");
  assertProblem(await publish({ ...good, id: null }, "a-key"), 400, "invalid_request");
  assertProblem(await publish({ ...good, data: [] }), 400, "invalid_request");
  assertProblem(await publish(good, "key-as-well"), 400, "invalid_request");
  assertProblem(await publish({ ...good, data: { text: "x".repeat(1024 * 1024) } }), 413, "body_too_large");
  assertProblem(await world.admin.call("GET", "/v1/events"), 405, "method_not_allowed");
});

test("tinysend's events have a created_at; letmepost's are no longer than 16 KiB", async () => {
  const tinysend = await listener({ events: ["form"], signing: { profile: "tinysend" } });
  const plain = await listener({ events: ["form"] });
  const event = { type: "form", data: { text: "x".repeat(16_000) }, id: unique() };
  const { created } = (await publish(event)).json;
  await until("the deliveries", () => tinysend.arrived().length >= 2 && plain.arrived().length === 1);
  const body = (to) => JSON.parse(to.arrived().find((got) => got.get("hookward-event-type") === "form").body);
  assert.equal(body(tinysend).created_at, created);
  assert.equal(body(tinysend).created, undefined);
  assert.equal(body(plain).timestamp, created);

  const letmepost = await listener({ events: ["form"], signing: { profile: "letmepost" } });
  const long = { ...event, id: unique(), data: { text: "x".repeat(16_384) } };
  assertProblem(await publish(long), 413, "payload_too_large");
  // Nothing was stored, so its id is free.
  assert.equal((await publish({ ...long, data: {} })).json.status, "accepted");
  assert.equal((await publish({ ...event, id: unique() })).json.status, "accepted");
  await until("what fits", () => letmepost.arrived().length === 2);
  assert.equal(letmepost.arrived()[0].get("x-lmp-signature").length, 64);
  assert.ok(JSON.parse(letmepost.arrived()[0].body).createdAt);
});

test("a hostile destination holds up no other", async () => {
  const bad = await listener({ events: ["both"] }, behave.status(500));
  const good = await listener({ events: ["both"] });
  assert.equal((await publish({ type: "both", data: {}, id: unique() })).json.status, "accepted");
  await until("the good one", () => good.arrived().length === 1);
  await until("the bad one", () => bad.arrived().length >= 1);
});
