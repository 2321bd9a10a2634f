// The admin API as it is meant to be used.

import assert from "node:assert/strict";
import { test } from "node:test";

import { request } from "../harness/http.mjs";
import { behave } from "../harness/receiver.mjs";
import { sleep, until } from "../harness/wait.mjs";
import { assertOutcome, assertProblem, uniquePath, useWorld } from "../harness/world.mjs";

const world = useWorld();

test("a source from creation to deletion", async () => {
  const { admin, gateway } = world;
  const fields = { name: "Blog", provider: "tinyposter", secrets: ["whsec_0123456789abcdef0123456789abcdef"] };
  const created = await admin.call("POST", "/v1/sources", fields);
  assert.equal(created.status, 201, created.text);
  const source = created.json;
  assert.match(source.id, /^src_/);
  assert.equal(source.name, "Blog");
  assert.equal(source.provider, "tinyposter");
  assert.ok(source.ingest_url.endsWith(`/in/${source.id}`), source.ingest_url);
  assert.ok(source.ingest_url.startsWith(gateway.origin), source.ingest_url);

  const read = await admin.must("GET", `/v1/sources/${source.id}`);
  assert.equal(read.id, source.id);
  assert.equal(read.enabled, true);
  const changed = await admin.must("PATCH", `/v1/sources/${source.id}`, { name: "Other", tolerance_s: 120 });
  assert.equal(changed.name, "Other");
  assert.equal(changed.tolerance_s, 120);
  assert.ok((await admin.must("GET", "/v1/sources")).data.some(({ id }) => id === source.id));

  assert.equal((await admin.call("DELETE", `/v1/sources/${source.id}`)).status, 204);
  assertProblem(await admin.call("GET", `/v1/sources/${source.id}`), 404);
  await until("the source to be gone", async () => {
    return (await request(`${gateway.origin}/in/${source.id}`, { method: "POST", body: "{}" })).status === 404;
  });
});

test("a destination from creation to deletion", async () => {
  const { admin, receiver } = world;
  const path = uniquePath();
  const created = await admin.call("POST", "/v1/destinations", {
    url: receiver.url(path),
    name: "App",
    sources: ["*"],
    events: ["never.*"],
    retry: { schedule_s: [5, 10] },
  });
  assert.equal(created.status, 201, created.text);
  const { id, secret } = created.json;
  assert.match(id, /^dst_/);
  assert.match(secret, /^whsec_[A-Za-z0-9+/]{32,}={0,2}$/);
  const read = await admin.must("GET", `/v1/destinations/${id}`);
  assert.equal(read.status, "enabled");
  assert.equal(read.name, "App");
  assert.deepEqual(read.retry, { schedule_s: [5, 10] });
  assert.deepEqual(read.events, ["never.*"]);
  assert.equal(read.secret, undefined);
  const changed = await admin.patchDestination(id, { name: "New", events: ["other.*"], status: "paused" });
  assert.equal(changed.name, "New");
  assert.equal(changed.status, "paused");
  assert.deepEqual((await admin.must("GET", `/v1/destinations/${id}`)).events, ["other.*"]);
  assert.equal((await admin.call("DELETE", `/v1/destinations/${id}`)).status, 204);
  assertProblem(await admin.call("GET", `/v1/destinations/${id}`), 404);
});

test("a changed URL gets what is still to be delivered", async () => {
  const { source, destination, arrived } = await world.route("tinyposter", {
    behaviours: behave.status(500),
    destination: { retry: { schedule_s: [1, 1, 1, 1] } },
  });
  assertOutcome(await source.post(), "accepted");
  await until("the first attempt", () => arrived().length === 1);
  const path = uniquePath();
  world.receiver.expectSecret(path, destination.secret);
  await world.admin.patchDestination(destination.id, { url: world.receiver.url(path) });
  await until("the delivery at the new URL", () => world.receiver.at(path).length === 1);
  assert.equal(world.receiver.at(path)[0].verdict, "ok");
  assert.equal(world.receiver.at(path)[0].get("webhook-id"), arrived()[0].get("webhook-id"));
});

test("changed events apply to what comes in afterwards", async () => {
  const { source, destination, arrived } = await world.route("tinyposter", { destination: { events: ["post.*"] } });
  assertOutcome(await source.post(source.sign({ type: "account.connected" })), "ignored");
  await world.admin.patchDestination(destination.id, { events: ["account.*"] });
  await until(
    "the change to be taken up",
    async () => {
      return (await source.post(source.sign({ type: "account.connected" }))).json.status === "accepted";
    },
    { everyMs: 500 },
  );
  assertOutcome(await source.post(source.sign({ type: "post.failed" })), "ignored");
  await until("the delivery", () => arrived().length >= 1);
});

test("event filters: *, prefix and exact", async () => {
  const { source } = await world.route("tinyposter", { destination: { events: ["never"] } });
  const filters = { all: ["*"], prefix: ["post.*"], exact: ["post.failed"], several: ["a.b", "account.*"] };
  const paths = {};
  for (const [name, events] of Object.entries(filters)) {
    paths[name] = uniquePath();
    await world.admin.destination(world.receiver, paths[name], source, { events });
  }
  const types = ["post.failed", "post.created", "account.connected", "posted.x", "post"];
  for (const type of types) assertOutcome(await source.post(source.sign({ type })), "accepted");
  const expected = {
    all: types,
    prefix: ["post.failed", "post.created"],
    exact: ["post.failed"],
    several: ["account.connected"],
  };
  for (const [name, list] of Object.entries(expected)) {
    const seen = () => world.receiver.at(paths[name]).map((request) => request.get("hookward-event-type"));
    await until(`the events of ${name}`, () => seen().length >= list.length);
    await sleep(200);
    assert.deepEqual(seen().sort(), [...list].sort(), name);
  }
});

test("a destination for all sources gets them all, each with its source", async () => {
  const path = uniquePath();
  const sources = await Promise.all(["tinyposter", "tinysend", "letmepost"].map((id) => world.admin.source(id)));
  const all = await world.admin.destination(world.receiver, path, sources[0], { sources: ["*"] });
  for (const source of sources) assertOutcome(await source.post(), "accepted");
  await until("all three", () => world.receiver.at(path).length === 3);
  const seen = world.receiver.at(path).map((request) => request.get("hookward-source"));
  assert.deepEqual(seen.sort(), sources.map(({ id }) => id).sort());
  assert.equal((await world.admin.call("DELETE", `/v1/destinations/${all.id}`)).status, 204);
});

test("an event reaches 32 destinations, and a source has no more", async () => {
  const source = await world.admin.source("tinyposter");
  const paths = Array.from({ length: 32 }, uniquePath);
  for (const path of paths) await world.admin.destination(world.receiver, path, source);
  const url = world.receiver.url(uniquePath());
  const fields = { url, name: "one more", sources: [source.id], events: ["*"] };
  assertProblem(await world.admin.call("POST", "/v1/destinations", fields), 409, "limit_reached");
  assertOutcome(await source.post(), "accepted");
  await until("all of them", () => paths.every((path) => world.receiver.at(path).length === 1));
});

test("no more than 32 destinations come to share a source, however they are changed", async () => {
  const [wanted, one, two] = await Promise.all([1, 2, 3].map(() => world.admin.source("tinyposter")));
  const made = [];
  for (let index = 0; index < 36; index += 1) {
    const path = uniquePath();
    const { id } = await world.admin.destination(world.receiver, path, index < 32 ? one : two);
    made.push({ id, path });
  }
  const change = { sources: [wanted.id] };
  const answers = await Promise.all(made.map(({ id }) => world.admin.call("PATCH", `/v1/destinations/${id}`, change)));
  const taken = made.filter((_, index) => answers[index].status === 200);
  for (const answer of answers.filter(({ status }) => status !== 200)) assertProblem(answer, 409, "limit_reached");
  assert.ok(taken.length <= 32, `${taken.length} were taken`);
  assertOutcome(await wanted.post(), "accepted");
  await until("all that were taken", () => taken.every(({ path }) => world.receiver.at(path).length === 1));
});

test("a replay makes a pending delivery due now, and sends a delivered one again, under the same id", async () => {
  const { source, destination, path, arrived } = await world.route("tinyposter", {
    behaviours: behave.status(500),
    destination: { retry: { schedule_s: [600] } },
  });
  const replay = ({ id }) => world.admin.call("POST", `/v1/destinations/${destination.id}/deliveries/${id}/replay`, {});
  assertOutcome(await source.post(), "accepted");
  const [pending] = await until("the failed attempt", async () => {
    const list = await world.admin.deliveries(destination.id, { status: "pending" });
    return list[0]?.attempts === 1 && list;
  });
  world.receiver.on(path, behave.status(200));
  assert.equal((await replay(pending)).status, 202);
  const [delivered] = await until("the delivery", async () => {
    const list = await world.admin.deliveries(destination.id, { status: "delivered" });
    return list.length === 1 && list;
  });
  assert.equal(arrived().length, 2);
  assert.equal((await replay(delivered)).status, 202);
  await until("it again", () => arrived().length === 3);
  assert.equal(new Set(arrived().map((request) => request.get("webhook-id"))).size, 1);

  await world.admin.patchDestination(destination.id, { status: "disabled" });
  assertProblem(await replay(delivered), 409, "destination_disabled");
});

test("lists are paged, each item once", async () => {
  const made = [];
  for (let index = 0; index < 7; index += 1) {
    const source = await world.admin.source("tinyposter", { name: `page ${index}` });
    const destination = await world.admin.destination(world.receiver, "/page", source, { name: `page ${index}` });
    made.push({ source: source.id, destination: destination.id });
  }
  for (const [path, kind] of [
    ["/v1/sources", "source"],
    ["/v1/destinations", "destination"],
  ]) {
    const seen = [];
    let cursor;
    do {
      const page = await world.admin.must(
        "GET",
        `${path}?limit=3${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`,
      );
      assert.ok(page.data.length <= 3);
      seen.push(...page.data.map(({ id }) => id));
      cursor = page.next_cursor;
      assert.ok(seen.length < 1_000);
    } while (cursor);
    assert.equal(new Set(seen).size, seen.length, "an item came twice");
    for (const ids of made) assert.ok(seen.includes(ids[kind]));
  }
});

test("deliveries are listed by status, type and time, and paged while more come in", async () => {
  const { source, destination, path, arrived } = await world.route("tinyposter", {
    destination: { retry: { schedule_s: [1] } },
  });
  const begun = new Date(Date.now() - 1_000).toISOString();
  world.receiver.on(path, (req, res) =>
    behave.status(req.headers["hookward-event-type"] === "post.failed" ? 500 : 200)(req, res),
  );
  for (let index = 0; index < 6; index += 1) {
    assertOutcome(await source.post(source.sign({ type: index % 2 ? "post.failed" : "post.created" })), "accepted");
  }
  await until("all attempts", () => arrived().length === 9);
  const list = (query) => world.admin.deliveries(destination.id, query);
  await until("all outcomes", async () => (await list({ status: "pending" })).length === 0);
  assert.equal((await list({ status: "dead" })).length, 3);
  assert.equal((await list({ status: "delivered" })).length, 3);
  assert.equal((await list({ type: "post.failed" })).length, 3);
  assert.equal((await list({ type: "post.failed", status: "delivered" })).length, 0);
  assert.equal((await list({ since: begun })).length, 6);
  assert.equal((await list({ until: begun })).length, 0);
  assert.equal((await list({ since: new Date(Date.now() + 60_000).toISOString() })).length, 0);

  const seen = [];
  let cursor;
  do {
    const query = new URLSearchParams({ limit: "2", ...(cursor ? { cursor } : {}) });
    const page = await world.admin.must("GET", `/v1/destinations/${destination.id}/deliveries?${query}`);
    seen.push(...page.data.map(({ id }) => id));
    cursor = page.next_cursor;
    if (seen.length === 2) await source.post();
  } while (cursor && seen.length < 50);
  assert.equal(new Set(seen).size, seen.length, "a delivery came twice");
  assert.ok(seen.length === 6 || seen.length === 7, String(seen.length));
});

test("a delivery shows its attempts: when, how long, what came back", async () => {
  const { source, destination } = await world.route("tinyposter", {
    behaviours: [behave.status(500), behave.status(201)],
  });
  assertOutcome(await source.post(), "accepted");
  const [delivery] = await until("the delivery", async () => {
    const list = await world.admin.deliveries(destination.id, { status: "delivered" });
    return list.length === 1 && list;
  });
  const full = await world.admin.must("GET", `/v1/destinations/${destination.id}/deliveries/${delivery.id}`);
  assert.equal(full.id, delivery.id);
  assert.match(full.id, /^dlv_/);
  assert.equal(full.event_type, "post.published");
  assert.deepEqual(
    full.attempts.map(({ status }) => status),
    [500, 201],
  );
  for (const attempt of full.attempts) {
    assert.ok(Number.isFinite(attempt.duration_ms) && attempt.duration_ms >= 0);
    assert.ok(Math.abs(Date.parse(attempt.at) - Date.now()) < 60_000, attempt.at);
  }
  assert.match(full.attempts[0].response ?? "", /status 500/);
});

test("healthz answers without a token", async () => {
  const answer = await request(`${world.gateway.origin}/healthz`);
  assert.equal(answer.status, 200);
});

test("what a source refused is counted by reason and shown to its owner", async () => {
  const { source } = await world.route("tinyposter");
  const signed = source.sign();
  for (let index = 0; index < 3; index += 1) {
    assertProblem(await source.post({ ...signed, body: `{"tampered":${index}}` }), 401, "signature_mismatch");
  }
  assertProblem(await source.post({ headers: [], body: "{}" }), 401, "missing_signature");
  // They are handed over at most once in ten seconds.
  const rejections = await until(
    "the rejections",
    async () => {
      const seen = await world.admin.must("GET", `/v1/sources/${source.id}/rejections`);
      return seen.data.length === 4 && seen;
    },
    { everyMs: 500 },
  );
  assert.deepEqual(rejections.counts, { signature_mismatch: 3, missing_signature: 1 });
  assert.ok(rejections.data.every(({ at, detail }) => Date.parse(at) > 0 && detail.length > 0));
  assert.ok(!JSON.stringify(rejections).includes("tampered"));
});
