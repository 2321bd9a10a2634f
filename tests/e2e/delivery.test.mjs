// What a destination sees, however it behaves.

import assert from "node:assert/strict";
import { test } from "node:test";

import { standardTag } from "../harness/providers.mjs";
import { behave } from "../harness/receiver.mjs";
import { sleep, until } from "../harness/wait.mjs";
import { assertOutcome, uniquePath, useWorld } from "../harness/world.mjs";

const world = useWorld();

/** Posts one event and returns its only delivery once it has the status. */
async function settled(destination, status, timeoutMs = 20_000) {
  return until(
    `a ${status} delivery`,
    async () => (await world.admin.deliveries(destination.id)).find((delivery) => delivery.status === status),
    { timeoutMs, everyMs: 100 },
  );
}

const detail = (destination, delivery) =>
  world.admin.must("GET", `/v1/destinations/${destination.id}/deliveries/${delivery.id}`);

test("the headers of a delivery are exactly those listed", async () => {
  const { source, destination, arrived } = await world.route("tinyposter", {
    destination: { headers: { "x-team": "blue" } },
  });
  const signed = source.sign();
  const noise = [
    ["x-forwarded-for", "10.0.0.1"],
    ["cookie", "a=b"],
    ["authorization", "Bearer provider"],
    ["x-custom", "1"],
    ["webhook-id", "msg_forged"],
    ["webhook-signature", "v1,forged"],
    ["hookward-source", "src_forged"],
  ];
  assertOutcome(await source.post({ ...signed, headers: [...signed.headers, ...noise] }), "accepted");
  await until("the delivery", () => arrived().length === 1);
  const got = arrived()[0];
  // What HTTP itself and the platform add.
  const transport = [
    "cf-worker",
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "accept-encoding",
    "user-agent",
    "accept",
  ];
  const names = got.headers.map(([name]) => name.toLowerCase()).filter((name) => !transport.includes(name));
  assert.deepEqual(names.sort(), [
    "content-type",
    "hookward-attempt",
    "hookward-event-type",
    "hookward-hops",
    "hookward-source",
    "webhook-id",
    "webhook-signature",
    "webhook-timestamp",
    "x-team",
    "x-tinyposter-delivery",
    "x-tinyposter-event",
  ]);
  assert.equal(got.method, "POST");
  assert.equal(got.get("hookward-attempt"), "1");
  assert.equal(got.get("hookward-source"), source.id);
  assert.equal(got.get("hookward-event-type"), "post.published");
  assert.equal(got.get("hookward-hops"), "1");
  assert.equal(got.get("accept-encoding"), "identity");
  assert.equal(got.get("x-team"), "blue");
  assert.notEqual(got.get("webhook-id"), "msg_forged");
  assert.ok(!/tinyposter|workerd|node/i.test(got.get("user-agent") ?? ""), got.get("user-agent"));
  const sent = signed.headers.find(([name]) => name === "X-Tinyposter-Delivery")[1];
  assert.equal(got.get("x-tinyposter-delivery"), sent);
  const tag = standardTag(destination.secret, got.get("webhook-id"), got.get("webhook-timestamp"), got.body);
  assert.equal(got.get("webhook-signature"), `v1,${tag}`);
});

test("the delivered bytes are those received", async () => {
  const { source, arrived } = await world.route("standard-webhooks");
  const bodies = [
    Buffer.from(' \n{ "type" :"a",\t"timestamp": 1.0e0 , "data": {"\\u00e9":"é", "dup":1,"dup":2} }\r\n'),
    Buffer.from([0xef, 0xbb, 0xbf, ...Buffer.from('{"type":"bom"}')]),
    Buffer.from([0x00, 0xff, 0xfe, 0x80, 0xc3, 0x28, 0x0d, 0x0a, 0x00]),
    Buffer.from('{"n":12345678901234567890.123456789,"s":"\\ud800"}'),
    Buffer.from("a=1&b=%20+"),
  ];
  for (const body of bodies) {
    const before = arrived().length;
    assertOutcome(await source.post(source.sign({ body })), "accepted");
    await until("the delivery", () => arrived().length > before);
    assert.deepEqual(arrived().at(-1).body, body);
    assert.equal(arrived().at(-1).verdict, "ok");
  }
});

test("a failing destination is tried again, signed afresh, with the same webhook-id and bytes", async () => {
  const { source, destination, arrived } = await world.route("letmepost", {
    behaviours: [behave.status(500), behave.status(503), behave.status(204)],
    destination: { retry: { schedule_s: [1, 2, 1] } },
  });
  assertOutcome(await source.post(), "accepted");
  const delivery = await settled(destination, "delivered");
  assert.equal(arrived().length, 3);
  assert.deepEqual(
    arrived().map((request) => request.get("hookward-attempt")),
    ["1", "2", "3"],
  );
  assert.equal(new Set(arrived().map((request) => request.get("webhook-id"))).size, 1);
  assert.equal(new Set(arrived().map((request) => request.get("webhook-timestamp"))).size, 3);
  assert.equal(new Set(arrived().map((request) => request.body.toString("hex"))).size, 1);
  assert.deepEqual(
    arrived().map(({ verdict }) => verdict),
    ["ok", "ok", "ok"],
  );
  const waits = arrived()
    .slice(1)
    .map((request, index) => request.atMs - arrived()[index].atMs);
  assert.ok(waits[0] >= 750 && waits[0] < 2_500, `first wait ${waits[0]} ms`);
  assert.ok(waits[1] >= 1_500 && waits[1] < 4_500, `second wait ${waits[1]} ms`);
  const { attempts } = await detail(destination, delivery);
  assert.deepEqual(
    attempts.map(({ status }) => status),
    [500, 503, 204],
  );
});

test("attempts used up: a dead letter, which a replay delivers under the same webhook-id", async () => {
  const { source, destination, path, arrived } = await world.route("tinysend", { behaviours: behave.status(500) });
  assertOutcome(await source.post(), "accepted");
  const dead = await settled(destination, "dead");
  assert.equal(arrived().length, 3);
  world.receiver.on(path, behave.status(200));
  await sleep(2_500);
  assert.equal(arrived().length, 3, "a dead letter is not tried again by itself");
  const replay = await world.admin.call("POST", `/v1/destinations/${destination.id}/deliveries/${dead.id}/replay`, {});
  assert.ok(replay.status >= 200 && replay.status < 300, replay.text);
  await settled(destination, "delivered");
  assert.equal(arrived().length, 4);
  assert.equal(arrived()[3].get("webhook-id"), arrived()[0].get("webhook-id"));
  assert.equal(arrived()[3].verdict, "ok");
  assert.equal((await world.admin.deliveries(destination.id, { status: "dead" })).length, 0);
});

test("a filtered replay takes the dead letters it names, and a dry run none", async () => {
  const { source, destination, path, arrived } = await world.route("tinyposter", {
    behaviours: behave.status(500),
    destination: { retry: { schedule_s: [1] } },
  });
  const types = ["post.failed", "post.failed", "post.created"];
  for (const type of types) assertOutcome(await source.post(source.sign({ type })), "accepted");
  await until("three dead letters", async () => {
    return (await world.admin.deliveries(destination.id, { status: "dead" })).length === 3;
  });
  world.receiver.on(path, behave.status(200));
  const before = arrived().length;
  const replay = `/v1/destinations/${destination.id}/replay`;
  const dry = await world.admin.must("POST", replay, { status: "dead", type: "post.failed", dry_run: true });
  assert.equal(dry.matched, 2);
  await sleep(1_000);
  assert.equal(arrived().length, before);
  await world.admin.must("POST", replay, { status: "dead", type: "post.failed" });
  await until("two deliveries", async () => {
    return (await world.admin.deliveries(destination.id, { status: "delivered" })).length === 2;
  });
  assert.equal(arrived().length, before + 2);
  assert.ok(
    arrived()
      .slice(before)
      .every((request) => request.get("hookward-event-type") === "post.failed"),
  );
});

test("a redirect is not followed, and counts as a failure", async () => {
  const target = await world.route("tinyposter");
  const { source, destination, arrived } = await world.route("tinyposter", {
    behaviours: [301, 302, 307, 308].map((status) => behave.redirect(status, world.receiver.url(target.path))),
    destination: { retry: { schedule_s: [1, 1, 1] } },
  });
  assertOutcome(await source.post(), "accepted");
  const dead = await settled(destination, "dead");
  assert.equal(arrived().length, 4);
  assert.equal(target.arrived().length, 0);
  assert.deepEqual(
    (await detail(destination, dead)).attempts.map(({ status }) => status),
    [301, 302, 307, 308],
  );
});

test("2xx headers are a delivery, whatever the body does afterwards", async () => {
  for (const behaviours of [behave.endless(200), behave.drip(200)]) {
    const { source, destination, arrived } = await world.route("tinyposter", { behaviours });
    assertOutcome(await source.post(), "accepted");
    const begun = Date.now();
    await settled(destination, "delivered");
    assert.ok(Date.now() - begun < 6_000, `${Date.now() - begun} ms`);
    assertOutcome(await source.post(), "accepted");
    await until("the next one is not held up", () => arrived().length === 2, { timeoutMs: 6_000 });
    await sleep(1_500);
    assert.equal(arrived().length, 2);
  }
});

test("an endless error body is cut off and the attempt fails", async () => {
  const { source, destination, arrived } = await world.route("tinyposter", {
    behaviours: [behave.endless(500), behave.drip(500), behave.status(200)],
  });
  assertOutcome(await source.post(), "accepted");
  await settled(destination, "delivered");
  assert.equal(arrived().length, 3);
});

test("a connection that is reset or refused is a failure, and is tried again", async () => {
  const { source, destination, arrived } = await world.route("tinyposter", {
    behaviours: [behave.reset(), behave.garbage(), behave.status(200)],
  });
  assertOutcome(await source.post(), "accepted");
  const delivered = await settled(destination, "delivered");
  assert.equal(arrived().length, 3);
  assert.equal((await detail(destination, delivered)).attempts.length, 3);

  const refused = await world.admin.source("tinyposter");
  const nobody = { url: () => "http://127.0.0.1:1/", expectSecret() {} };
  const closed = await world.admin.destination(nobody, "/", refused, { retry: { schedule_s: [1] } });
  assertOutcome(await refused.post(), "accepted");
  await settled(closed, "dead");
});

test("a destination that hangs is given up on after ten seconds, and does not hold up the others", async () => {
  const hanging = await Promise.all(
    [behave.hang(), behave.slowHead()].map((behaviour) =>
      world.route("tinyposter", {
        behaviours: [behaviour, behave.status(200)],
        destination: { retry: { schedule_s: [1] } },
      }),
    ),
  );
  const other = await world.route("tinyposter");
  for (const { source } of hanging) assertOutcome(await source.post(), "accepted");
  await until("the first attempts", () => hanging.every(({ arrived }) => arrived().length === 1));
  assertOutcome(await other.source.post(), "accepted");
  await until("the other's delivery", () => other.arrived().length === 1, { timeoutMs: 2_000 });
  for (const { destination, arrived } of hanging) {
    const delivery = await settled(destination, "delivered");
    const tookMs = arrived()[1].atMs - arrived()[0].atMs;
    assert.ok(tookMs > 9_500 && tookMs < 14_000, `second attempt after ${tookMs} ms`);
    const { attempts } = await detail(destination, delivery);
    assert.deepEqual(
      attempts.map(({ status, error, detail }) => [status, error, detail]),
      [
        [null, "timeout", "no answer within 10 s"],
        [200, null, null],
      ],
    );
    assert.ok(attempts[0].duration_ms >= 9_000, `${attempts[0].duration_ms} ms`);
  }
});

test("no more attempts are under way at once than the destination allows", async () => {
  for (const concurrency of [1, 3]) {
    let underWay = 0;
    let most = 0;
    const slow = (_req, res) => {
      underWay += 1;
      most = Math.max(most, underWay);
      setTimeout(() => {
        underWay -= 1;
        res.writeHead(200).end();
      }, 150);
    };
    const { source, arrived } = await world.route("tinyposter", { behaviours: slow, destination: { concurrency } });
    const answers = await Promise.all(Array.from({ length: 12 }, () => source.post()));
    for (const answer of answers) assertOutcome(answer, "accepted");
    await until("all deliveries", () => arrived().length === 12);
    assert.equal(most, concurrency);
  }
});

test("Retry-After is honoured, in seconds and as a date", async () => {
  const date = () => new Date(Date.now() + 4_000).toUTCString();
  for (const value of [() => "3", date]) {
    const { source, arrived } = await world.route("tinyposter", {
      behaviours: [(req, res) => behave.status(503, { "retry-after": value() })(req, res), behave.status(200)],
    });
    assertOutcome(await source.post(), "accepted");
    await until("the second attempt", () => arrived().length === 2);
    const waitMs = arrived()[1].atMs - arrived()[0].atMs;
    assert.ok(waitMs >= 2_500 && waitMs < 7_000, `waited ${waitMs} ms`);
  }
});

test("an absurd Retry-After neither breaks the queue nor loses the event", async () => {
  const values = ["-1", "99999999999999999999999", "soon", "", "Thu, 01 Jan 1970 00:00:00 GMT"];
  for (const value of values) {
    const { source, destination } = await world.route("tinyposter", {
      behaviours: [behave.status(429, { "retry-after": value }), behave.status(200)],
    });
    assertOutcome(await source.post(), "accepted");
    const capped = /^9+$/.test(value);
    const delivery = await settled(destination, capped ? "pending" : "delivered");
    assert.ok(delivery, value);
  }
});

test("410 disables the destination: the event is a dead letter, and so is the next one", async () => {
  const { source, destination, path, arrived } = await world.route("tinyposter", { behaviours: behave.status(410) });
  assertOutcome(await source.post(), "accepted");
  await settled(destination, "dead");
  assert.equal(arrived().length, 1);
  const seen = await world.admin.must("GET", `/v1/destinations/${destination.id}`);
  assert.equal(seen.status, "disabled");
  assertOutcome(await source.post(), "accepted");
  await until("a second dead letter", async () => (await world.admin.deliveries(destination.id)).length === 2);
  const all = await world.admin.deliveries(destination.id);
  assert.ok(
    all.every(({ status }) => status === "dead"),
    JSON.stringify(all),
  );
  assert.equal(arrived().length, 1);
  world.receiver.on(path, behave.status(200));
  await world.admin.patchDestination(destination.id, { status: "enabled" });
  await world.admin.must("POST", `/v1/destinations/${destination.id}/replay`, { status: "dead" });
  await until("both replayed", () => arrived().length === 3);
});

test("a 410 from where the destination used to be does not disable it where it is now", async () => {
  const { source, destination, arrived } = await world.route("tinyposter", { behaviours: behave.slow(1_500, 410) });
  assertOutcome(await source.post(), "accepted");
  await until("the attempt", () => arrived().length === 1);
  const path = uniquePath();
  world.receiver.expectSecret(path, destination.secret);
  await world.admin.patchDestination(destination.id, { url: world.receiver.url(path) });
  await until("the delivery at the new URL", () => world.receiver.at(path).length === 1);
  assert.equal((await world.admin.must("GET", `/v1/destinations/${destination.id}`)).status, "enabled");
  await settled(destination, "delivered");
});

test("a test event is a signed ping", async () => {
  const { destination, arrived } = await world.route("tinyposter");
  await world.admin.must("POST", `/v1/destinations/${destination.id}/test`, {});
  await until("the ping", () => arrived().length === 1);
  const [ping] = arrived();
  assert.equal(ping.verdict, "ok");
  assert.equal(JSON.parse(ping.body).type, "ping");
  assert.equal(ping.get("hookward-event-type"), "ping");
});
