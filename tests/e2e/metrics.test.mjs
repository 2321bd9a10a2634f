// GET /metrics, read by a parser of Prometheus' format; and the event key in every line about an event.

import assert from "node:assert/strict";
import { test } from "node:test";

import parse from "parse-prometheus-text-format";

import { request } from "../harness/http.mjs";
import { behave } from "../harness/receiver.mjs";
import { until } from "../harness/wait.mjs";
import { assertOutcome, assertProblem, useWorld } from "../harness/world.mjs";

const READ_TOKEN = "a-token-for-reading-0123456789abcdef";
const world = useWorld({ vars: { HOOKWARD_READ_TOKEN: READ_TOKEN } });

async function scrape(token = READ_TOKEN) {
  const headers = token ? [["authorization", `Bearer ${token}`]] : [];
  const answer = await request(`${world.gateway.origin}/metrics`, { headers });
  if (answer.status !== 200) return { answer };
  const families = parse(answer.text);
  return {
    answer,
    families,
    /** The value of `name` with these labels; 0 where there is none. */
    value(name, labels) {
      const family = families.find((one) => one.name === `hookward_${name}`);
      assert.ok(family, `there is no hookward_${name} in\n${answer.text}`);
      const wanted = Object.entries(labels);
      const found = family.metrics.filter((one) => wanted.every(([key, value]) => one.labels?.[key] === value));
      return found.reduce((sum, one) => sum + Number(one.value), 0);
    },
    /** How much a histogram of one destination has observed. The parser tells histograms apart by their names alone. */
    observed(name, destination) {
      assert.equal(families.find((one) => one.name === `hookward_${name}`)?.type, "HISTOGRAM");
      const line = answer.text.match(new RegExp(`^hookward_${name}_count\\{destination="${destination}"\\} (\\d+)$`, "m"));
      return Number(line?.[1]);
    },
  };
}

test("what happens is counted", async () => {
  const { source, destination, arrived } = await world.route("tinyposter", {
    behaviours: [behave.status(500), behave.status(200)],
    destination: { events: ["post.*"] },
  });
  const id = { destination: destination.id };
  const signed = source.sign({ type: "post.created" });
  assertOutcome(await source.post(signed), "accepted");
  await until("the delivery", () => arrived().length === 2);
  await world.gateway.clearKv();
  assertOutcome(await source.post(signed), "duplicate");
  assertOutcome(await source.post(source.sign({ type: "account.connected" })), "ignored");
  assertProblem(await source.post({ ...signed, body: "{}" }), 401, "signature_mismatch");
  world.receiver.on(arrived()[0].path, behave.status(500));
  assertOutcome(await source.post(source.sign({ type: "post.failed" })), "accepted");
  await until("the dead letter", async () => {
    return (await world.admin.deliveries(destination.id, { status: "dead" })).length === 1;
  });
  const seen = await until(
    "the counts",
    async () => {
      const now = await scrape();
      const label = { source: source.id.slice(0, 28) };
      const flushed =
        now.value("ingest_rejected_total", { ...label, code: "signature_mismatch" }) === 1 &&
        now.value("ingest_answered_total", { ...label, outcome: "ignored" }) === 1;
      return flushed && now;
    },
    { timeoutMs: 20_000, everyMs: 500 },
  );
  assert.equal(seen.answer.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8");
  assert.equal(seen.value("events_accepted_total", id), 2);
  assert.equal(seen.value("events_duplicate_total", id), 1);
  assert.equal(seen.value("deliveries_delivered_total", id), 1);
  assert.equal(seen.value("attempts_failed_total", { ...id, class: "status_5xx" }), 4);
  assert.equal(seen.value("deliveries_dead_total", { ...id, reason: "attempts_exhausted" }), 1);
  assert.equal(seen.observed("attempt_duration_seconds", destination.id), 5);
  assert.equal(seen.observed("first_attempt_delay_seconds", destination.id), 2);
  assert.equal(seen.value("queue_up", id), 1);
  assert.equal(seen.value("queue_depth", id), 0);
  assert.ok(!seen.answer.text.includes(source.id), "a source's whole id is its ingest URL");
});

test("depth and age of what waits, and counts that outlive a crash", async () => {
  const { source, destination } = await world.route("tinyposter", { destination: { status: "paused" } });
  for (let n = 0; n < 3; n += 1) assertOutcome(await source.post(), "accepted");
  await new Promise((resolve) => setTimeout(resolve, 1_500)); // they are written within a second
  await world.gateway.restart();
  assertOutcome(await source.post(), "accepted");
  const id = { destination: destination.id };
  const seen = await scrape();
  assert.equal(seen.value("events_accepted_total", id), 4);
  assert.equal(seen.value("queue_depth", id), 4);
  const ageS = seen.value("queue_oldest_seconds", id);
  assert.ok(ageS > 1 && ageS < 60, `${ageS} s`);
});

test("no counter goes back", async () => {
  const { source, destination } = await world.route("tinyposter");
  const id = { destination: destination.id };
  const signed = source.sign();
  for (let n = 0; n < 6; n += 1) {
    assert.equal((await source.post(signed)).status, 200);
    await world.gateway.clearKv();
  }
  const duplicates = async () => (await scrape()).value("events_duplicate_total", id);
  assert.equal(await duplicates(), 5);
  await world.gateway.restart();
  assert.equal(await duplicates(), 5);
});

test("a queue that does not answer is shown as such", async () => {
  const { destination } = await world.route("tinyposter");
  await world.gateway.setFaults({ queues: { [destination.id]: { fetch: "throw_before" } } });
  const seen = await scrape();
  assert.equal(seen.value("queue_up", { destination: destination.id }), 0);
});

test("metrics want a token, and are for reading", async () => {
  assertProblem((await scrape(null)).answer, 401, "unauthorized");
  assertProblem(await world.admin.call("POST", "/metrics"), 405, "method_not_allowed");
  assert.equal((await scrape(world.gateway.token)).answer.status, 200);
});

test("every event that is stored, and every attempt of it, can be found in the log by its key", async () => {
  const { source, destination } = await world.route("tinyposter", {
    behaviours: behave.status(500),
    destination: { retry: { schedule_s: [1] } },
  });
  const { json } = await source.post();
  assert.match(json.event_key, /^[0-9a-f]{64}$/);
  const entries = (event, to = destination) =>
    world.gateway.logs
      .filter((line) => line.event === event && line.destination === to.id)
      .flatMap((line) => line[event])
      .filter((entry) => entry.event_key === json.event_key);
  await until("both attempts", () => entries("attempts").length === 2);
  assert.deepEqual(
    entries("attempts").map(({ attempt, outcome, status, delivery_status }) => [attempt, outcome, status, delivery_status]),
    [
      [1, "status", 500, "pending"],
      [2, "status", 500, "dead"],
    ],
  );
  const [stored] = entries("stored");
  assert.ok(source.id.startsWith(stored.source) && stored.source.length < source.id.length, stored.source);
  await until("the dead letter's line", () =>
    world.gateway.logs.find((line) => line.event === "dead_letter" && line.event_key === json.event_key),
  );
  const published = await world.admin.must("POST", "/v1/events", { type: "x.y", data: {}, id: "logged" });
  const line = await until("the line", () => world.gateway.logs.find((one) => one.event === "publish"));
  assert.equal(line.event_key, published.event_key);
});

test("what is stored and not attempted is logged and counted within a second, many to a line", async () => {
  const { source, destination } = await world.route("tinyposter");
  await world.admin.must("PATCH", `/v1/destinations/${destination.id}`, { status: "paused" });
  const sent = await Promise.all(Array.from({ length: 20 }, () => source.post()));
  const keys = sent.map(({ json }) => json.event_key).sort();
  const lines = () => world.gateway.logs.filter((line) => line.event === "stored" && line.destination === destination.id);
  const stored = () => lines().flatMap((line) => line.stored.map((entry) => entry.event_key));
  await until("all of them", () => stored().length === keys.length);
  assert.deepEqual(stored().sort(), keys);
  assert.ok(lines().length < keys.length, `${lines().length} lines`);
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  await world.gateway.restart();
  assert.equal((await scrape()).value("events_accepted_total", { destination: destination.id }), keys.length);
});

test("a copy has a line of its own", async () => {
  const { source } = await world.route("tinyposter");
  const signed = source.sign();
  await source.post(signed);
  const { json } = await source.post(signed);
  assert.equal(json.status, "duplicate");
  await until("the line", () =>
    world.gateway.logs.find(
      (line) => line.event === "ingest" && line.outcome === "duplicate" && line.event_key === json.event_key,
    ),
  );
});
