// Replays of many deliveries as a job; finding a delivery by its event; how long deliveries are kept.

import assert from "node:assert/strict";
import { test } from "node:test";

import { behave } from "../harness/receiver.mjs";
import { sleep, until } from "../harness/wait.mjs";
import { assertOutcome, assertProblem, useWorld } from "../harness/world.mjs";

const world = useWorld();

/** A destination with `count` dead letters, whose receiver is well by now. */
async function dead(count, fields = {}) {
  const route = await world.route("tinyposter", { destination: { status: "disabled", ...fields } });
  for (let n = 0; n < count; n += 50) {
    await Promise.all(Array.from({ length: Math.min(50, count - n) }, () => route.source.post()));
  }
  await world.admin.patchDestination(route.destination.id, { status: "enabled" });
  const at = `/v1/destinations/${route.destination.id}`;
  const start = (body = {}) => world.admin.call("POST", `${at}/replay`, body);
  const read = (id) => world.admin.must("GET", `${at}/replays/${id}`);
  const ids = () => new Set(route.arrived().map((got) => got.get("webhook-id")));
  return { ...route, at, start, read, ids };
}

test("a job replays all that its filter names, under the same webhook-id", async () => {
  const to = await dead(120);
  const letters = await world.admin.deliveries(to.destination.id, { status: "dead", limit: "100" });
  assert.equal(letters.length, 120);
  assert.deepEqual((await to.start({ dry_run: true })).json, { matched: 120, more: false });
  assert.equal(to.arrived().length, 0);
  const started = await to.start();
  assert.equal(started.status, 202, started.text);
  assert.match(started.json.id, /^rpl_[0-9a-f]{32}$/);
  assert.equal(started.json.status, "running");
  const done = await until("the end", async () => {
    const now = await to.read(started.json.id);
    return now.status === "done" && now;
  });
  assert.deepEqual([done.matched, done.replayed], [120, 120]);
  assert.ok(done.finished_at >= done.created_at);
  await until("all deliveries", () => to.ids().size === 120);
  assert.deepEqual([...to.ids()].sort(), letters.map(({ id }) => id).sort());
  assert.equal(to.arrived().length, 120);
  const list = await world.admin.must("GET", `${to.at}/replays`);
  assert.deepEqual(list.data, [done]);
});

test("a job goes no faster than the destination, one at a time, and can be cancelled", async () => {
  const to = await dead(30, { rate_limit_per_s: 2 });
  const { json: job } = await to.start();
  assertProblem(await to.start(), 409, "replay_running");
  await sleep(3_000);
  const sent = to.arrived().length;
  assert.ok(sent >= 2 && sent <= 12, `${sent} in 3 s`);
  const cancelled = await world.admin.must("POST", `${to.at}/replays/${job.id}/cancel`);
  assert.equal(cancelled.status, "cancelled");
  assert.ok(cancelled.replayed < 30, `${cancelled.replayed} were pending at once`);
  assert.equal((await world.admin.must("POST", `${to.at}/replays/${job.id}/cancel`)).status, "cancelled");
  const left = await until(
    "what had been replayed",
    async () => {
      const [pending, letters] = await Promise.all(
        ["pending", "dead"].map((status) => world.admin.deliveries(to.destination.id, { status, limit: "100" })),
      );
      return pending.length === 0 && letters;
    },
    { timeoutMs: 30_000, everyMs: 250 },
  );
  assert.equal(left.length, 30 - cancelled.replayed);
  await world.admin.patchDestination(to.destination.id, { rate_limit_per_s: null });
  assert.equal((await to.start()).status, 202);
  await until("the rest", () => to.ids().size === 30);
});

test("a job goes on after a crash, and nothing is left out or forgotten", async () => {
  const to = await dead(40, { rate_limit_per_s: 10 });
  const { json: job } = await to.start();
  await until("some", () => to.arrived().length >= 5);
  await world.gateway.restart();
  await until("the end", async () => (await to.read(job.id)).status === "done", { timeoutMs: 40_000, everyMs: 250 });
  await until("all of them", () => to.ids().size === 40, { timeoutMs: 30_000 });
  // What was under way at the crash may have come twice.
  assert.ok(to.arrived().length <= 46, `${to.arrived().length} attempts`);
});

test("a paused destination's job waits, a disabled one's ends", async () => {
  const to = await dead(3);
  await world.admin.patchDestination(to.destination.id, { status: "paused" });
  const { json: job } = await to.start();
  await sleep(500);
  assert.equal((await to.read(job.id)).status, "running");
  assert.equal(to.arrived().length, 0);
  await world.admin.patchDestination(to.destination.id, { status: "disabled" });
  assert.equal((await to.read(job.id)).status, "stopped");
  assertProblem(await to.start(), 409, "destination_disabled");
  await world.admin.patchDestination(to.destination.id, { status: "enabled" });
  assert.equal((await to.start()).status, 202);
  await until("all of them", () => to.ids().size === 3);
});

test("a row that cannot be read holds up no replay, and no list", async () => {
  const to = await dead(3);
  const spoil = "UPDATE deliveries SET dead_reason = NULL WHERE seq = (SELECT max(seq) FROM deliveries)";
  await world.gateway.queueSql(to.destination.id, spoil);
  const { json: job } = await to.start();
  await until("the end", async () => (await to.read(job.id)).status === "done");
  await until("the others", () => to.ids().size === 2);
  assert.equal((await world.admin.deliveries(to.destination.id)).length, 2);
});

test("jobs are paged, and one that is not there is 404", async () => {
  const to = await dead(1);
  const made = [];
  for (let n = 0; n < 3; n += 1) {
    const { json } = await to.start({ type: "nothing.of.that.kind" });
    made.unshift(json.id);
    await until("its end", async () => (await to.read(json.id)).status === "done");
  }
  const seen = [];
  let cursor = "";
  do {
    const page = await world.admin.must("GET", `${to.at}/replays?limit=2${cursor}`);
    seen.push(...page.data.map(({ id }) => id));
    cursor = page.next_cursor && `&cursor=${page.next_cursor}`;
  } while (cursor);
  assert.deepEqual(seen, made);
  const none = `rpl_${"0".repeat(32)}`;
  assertProblem(await world.admin.call("GET", `${to.at}/replays/${none}`), 404, "unknown_replay");
  assertProblem(await world.admin.call("POST", `${to.at}/replays/${none}/cancel`), 404, "unknown_replay");
  assertProblem(await world.admin.call("GET", `${to.at}/replays/nonsense`), 404, "unknown_replay");
});

test("a delivery is found by its event's id or key", async () => {
  const { source, destination } = await world.route("tinyposter", { behaviours: behave.status(200) });
  const standard = await world.admin.source("standard-webhooks");
  await world.admin.patchDestination(destination.id, { sources: [source.id, standard.id, "api"] });
  const one = source.sign();
  const { id } = JSON.parse(one.body);
  const { event_key } = (await source.post(one)).json;
  await until("the change to show", async () => (await standard.post()).json.status === "accepted");
  const other = standard.sign();
  assertOutcome(await standard.post(other), "accepted");
  const published = await world.admin.must("POST", "/v1/events", { type: "a.b", data: {}, id: "my-own-1" });
  const found = async (event, more = {}) => {
    const all = await world.admin.deliveries(destination.id, { event, ...more });
    return all.map((row) => row.source);
  };
  assert.deepEqual(await found(id), [source.id]);
  assert.deepEqual(await found(event_key), [source.id]);
  const header = other.headers.find(([name]) => name.toLowerCase() === "webhook-id")[1];
  assert.deepEqual(await found(header), [standard.id]);
  assert.deepEqual(await found("my-own-1"), ["api"]);
  assert.deepEqual(await found(published.event_key), ["api"]);
  assert.deepEqual(await found("nobody-has-this"), []);
  assert.deepEqual(await found(id, { type: "no.such.type" }), []);
  assert.deepEqual(await found(id, { since: "2100-01-01T00:00:00Z" }), []);
  const at = `/v1/destinations/${destination.id}`;
  const dry = await world.admin.must("POST", `${at}/replay`, { event: id, status: "delivered", dry_run: true });
  assert.equal(dry.matched, 1);
  const { json: job } = await world.admin.call("POST", `${at}/replay`, { event: id, status: "delivered" });
  assert.equal(job.filter.event, id);
  assertProblem(await world.admin.call("GET", `${at}/deliveries?event=`), 400, "invalid_query");
});

test("deliveries are kept for as long as the destination says", async () => {
  const { source, destination } = await world.route("tinyposter");
  assert.deepEqual(destination.retention, { delivered_days: 7, dead_days: 30 });
  assertOutcome(await source.post(), "accepted");
  const delivered = () => world.admin.deliveries(destination.id, { status: "delivered" });
  await until("the delivery", async () => (await delivered()).length === 1);
  const days = 5 * 24 * 3_600_000;
  await world.gateway.queueSql(destination.id, `UPDATE deliveries SET at_ms = at_ms - ${days}`);
  const changed = await world.admin.patchDestination(destination.id, { retention: { delivered_days: 4, dead_days: 4 } });
  assert.deepEqual(changed.retention, { delivered_days: 4, dead_days: 4 });
  assertOutcome(await source.post(), "accepted");
  await until("the old one to be forgotten, and the new one kept", async () => {
    const rows = await delivered();
    return rows.length === 1 && Date.parse(rows[0].finished_at) > Date.now() - 60_000;
  });
  const seven = await world.admin.patchDestination(destination.id, { retention: { preset: "7_days" } });
  assert.deepEqual(seven.retention, { delivered_days: 7, dead_days: 7 });
  for (const bad of [{ delivered_days: 3, dead_days: 7 }, { dead_days: 7 }, { preset: "x" }, { delivered_days: 91, dead_days: 7 }]) {
    const answer = await world.admin.call("PATCH", `/v1/destinations/${destination.id}`, { retention: bad });
    assertProblem(answer, 400, "invalid_request");
  }
});

test("rejections are paged", async () => {
  const { source } = await world.route("tinyposter");
  const signed = source.sign();
  for (let n = 0; n < 5; n += 1) assertProblem(await source.post({ ...signed, body: `{"n":${n}}` }), 401);
  const at = `/v1/sources/${source.id}/rejections`;
  const all = await until(
    "the rejections",
    async () => {
      const page = await world.admin.must("GET", at);
      return page.data.length === 5 && page;
    },
    { timeoutMs: 20_000, everyMs: 500 },
  );
  assert.equal(all.next_cursor, null);
  const first = await world.admin.must("GET", `${at}?limit=3`);
  const rest = await world.admin.must("GET", `${at}?limit=3&cursor=${first.next_cursor}`);
  assert.deepEqual([...first.data, ...rest.data], all.data);
  assert.equal(rest.next_cursor, null);
  assert.deepEqual(first.counts, { signature_mismatch: 5 });
});
