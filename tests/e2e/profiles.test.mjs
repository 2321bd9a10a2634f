// What a destination gets under each signing profile, judged by that provider's documented sample, written
// afresh from its description; secrets that are rotated; and the end of a destination's patience.

import assert from "node:assert/strict";
import { createHmac, timingSafeEqual } from "node:crypto";
import { test } from "node:test";

import { nowS } from "../harness/providers.mjs";
import { behave, checkStandard } from "../harness/receiver.mjs";
import { sleep, until } from "../harness/wait.mjs";
import { assertOutcome, assertProblem, uniquePath, useWorld } from "../harness/world.mjs";

const world = useWorld();

const hex = (secret, text) => createHmac("sha256", secret).update(text).digest("hex");
const same = (a, b) => a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
const values = ({ headers }, name) =>
  headers.filter(([key]) => key.toLowerCase() === name.toLowerCase()).map(([, value]) => value);

/** Each provider's documented way to verify: `true` where it takes the delivery. */
const samples = {
  standard: (secret, got) => checkStandard(secret, got) === "ok",
  tinyposter(secret, got) {
    // As its documentation splits the header: of two `v1`, the last one is looked at.
    const parts = Object.fromEntries(got.get("x-tinyposter-signature").split(",").map((part) => part.split("=")));
    return same(hex(secret, `${parts.t}.${got.body}`), parts.v1);
  },
  tinysend: (secret, got) => same(hex(secret, got.body), got.get("x-tinysend-signature")),
  letmepost(secret, got) {
    const timestamp = got.get("x-lmp-timestamp");
    if (Math.abs(nowS() - Number(timestamp)) > 300) return false;
    return same(hex(secret, `${timestamp}.${got.body}`), got.get("x-lmp-signature"));
  },
};

/** A destination with `fields` behind a tinyposter source. */
async function made(fields, behaviours) {
  const path = uniquePath();
  if (behaviours) world.receiver.on(path, behaviours);
  const source = await world.admin.source("tinyposter");
  const destination = await world.admin.must("POST", "/v1/destinations", {
    url: world.receiver.url(path),
    name: "n",
    sources: [source.id],
    retry: { schedule_s: [1, 1] },
    ...fields,
  });
  const arrived = () => world.receiver.at(path);
  const next = async () => {
    const before = arrived().length;
    assertOutcome(await source.post(), "accepted");
    await until("the delivery", () => arrived().length > before);
    return arrived().at(-1);
  };
  const rotate = (body = {}) => world.admin.call("POST", `/v1/destinations/${destination.id}/rotate-secret`, body);
  const read = () => world.admin.must("GET", `/v1/destinations/${destination.id}`);
  return { source, destination, path, arrived, next, rotate, read };
}

for (const profile of Object.keys(samples)) {
  const takes = samples[profile];

  test(`${profile}: its own sample takes what is sent, each attempt signed for its time`, async () => {
    const to = await made({ signing: { profile } }, [
      behave.status(200), // tinysend's ping, or the first
      behave.status(500),
      behave.status(200),
    ]);
    const { secret } = to.destination;
    if (profile === "tinysend") await until("the ping", () => to.arrived().length === 1);
    else await to.next();
    await to.next();
    await until("the second attempt", () => to.arrived().length === 3);
    const got = to.arrived();
    for (const one of got) {
      assert.ok(takes(secret, one), JSON.stringify(one.headers));
      assert.ok(!takes(`${secret}x`.replace("whsec_", "whsec_AAAA"), one), "another secret");
    }
    const [, first, second] = got;
    assert.equal(first.get("webhook-id"), second.get("webhook-id"));
    assert.deepEqual([first.get("hookward-attempt"), second.get("hookward-attempt")], ["1", "2"]);
    const time = { standard: "webhook-timestamp", letmepost: "x-lmp-timestamp" }[profile];
    if (time) assert.notEqual(first.get(time), second.get(time));
    const [type, id] = {
      tinyposter: ["x-tinyposter-event", "x-tinyposter-delivery"],
      tinysend: ["x-tinysend-event", "x-tinysend-delivery-id"],
    }[profile] ?? ["hookward-event-type", "webhook-id"];
    assert.deepEqual(values(first, type), ["post.published"]);
    assert.deepEqual(values(first, id), [first.get("webhook-id")]);
    assert.deepEqual((await to.read()).signing, { profile });
    // None but its own.
    for (const header of ["webhook-signature", "x-tinyposter-signature", "x-tinysend-signature", "x-lmp-signature"]) {
      const own = header === (profile === "standard" ? "webhook-" : profile === "letmepost" ? "x-lmp-" : `x-${profile}-`) + "signature";
      assert.equal(values(first, header).length, own ? 1 : 0, header);
    }
  });

  test(`${profile}: a secret is rotated without a gap`, async () => {
    const to = await made({ signing: { profile } });
    const old = to.destination.secret;
    const answer = await to.rotate({ overlap_s: 3 });
    assert.equal(answer.status, 200, answer.text);
    const { secret, overlap_until } = answer.json;
    assert.notEqual(secret, old);
    const left = Date.parse(overlap_until) - Date.now();
    assert.ok(left > 1_000 && left <= 3_000, `${left} ms`);
    const during = await to.next();
    assert.ok(takes(old, during), "the old secret is good for as long as was said");
    if (profile === "standard") assert.ok(takes(secret, during), "and so is the new one");
    if (profile === "tinyposter") {
      const [time, ...signatures] = during.get("x-tinyposter-signature").split(",");
      const made = (by) => `v1=${hex(by, `${time.slice(2)}.${during.body}`)}`;
      assert.deepEqual(signatures, [made(secret), made(old)]);
    }
    await sleep(Date.parse(overlap_until) - Date.now() + 50);
    const later = await to.next();
    assert.ok(takes(secret, later));
    assert.ok(!takes(old, later));
    const shown = await to.read();
    assert.deepEqual([shown.secret, shown.overlap_until], [undefined, undefined]);
  });
}

test("none: nothing is signed, no secret is shown, and a profile can be changed", async () => {
  const to = await made({ signing: { profile: "none" } });
  assert.equal(to.destination.secret, undefined);
  const bare = await to.next();
  assert.ok(!bare.headers.some(([name]) => /signature|timestamp/i.test(name)), JSON.stringify(bare.headers));
  assert.match(bare.get("webhook-id"), /^dlv_/);
  await world.admin.patchDestination(to.destination.id, { signing: { profile: "letmepost" } });
  const { secret } = (await to.rotate({ overlap_s: 0 })).json;
  assert.ok(samples.letmepost(secret, await to.next()));
});

test("rotating: half a day where nothing is said, at once with 0, and nothing that makes no sense", async () => {
  const to = await made({ signing: { profile: "letmepost" } });
  const { overlap_until } = (await to.rotate()).json;
  assert.ok(Math.abs(Date.parse(overlap_until) - Date.now() - 43_200_000) < 60_000, overlap_until);
  assert.ok(samples.letmepost(to.destination.secret, await to.next()));
  // A leak: none of the old ones counts any more.
  const { secret, overlap_until: none } = (await to.rotate({ overlap_s: 0 })).json;
  assert.equal(none, undefined);
  assert.ok(samples.letmepost(secret, await to.next()));
  for (const bad of [{ overlap_s: -1 }, { overlap_s: 604_801 }, { overlap_s: "1" }, { overlap: 1 }]) {
    assertProblem(await to.rotate(bad), 400, "invalid_request");
  }
  await world.admin.must("DELETE", `/v1/destinations/${to.destination.id}`);
  assertProblem(await to.rotate(), 404, "unknown_destination");
});

test("a destination's own headers are not its profile's", async () => {
  const fields = { url: world.receiver.url("/x"), name: "n", signing: { profile: "letmepost" } };
  for (const name of ["X-LMP-Signature", "x-lmp-timestamp"]) {
    const answer = await world.admin.call("POST", "/v1/destinations", { ...fields, headers: { [name]: "1" } });
    assertProblem(answer, 400, "invalid_headers");
  }
  const other = { ...fields, headers: { "x-tinysend-event": "mine" } };
  const { id } = await world.admin.must("POST", "/v1/destinations", other);
  const changed = await world.admin.call("PATCH", `/v1/destinations/${id}`, { signing: { profile: "tinysend" } });
  assertProblem(changed, 400, "invalid_headers");
  assert.deepEqual((await world.admin.must("GET", `/v1/destinations/${id}`)).signing, { profile: "letmepost" });
});

test("each provider's schedule, by its name", async () => {
  const presets = {
    tinyposter: [60, 300, 1800, 7200, 21600, 86400],
    letmepost: [30, 120, 600, 1800, 7200, 21600],
    tinysend: [60, 600],
  };
  for (const [preset, schedule_s] of Object.entries(presets)) {
    const to = await made({ retry: { preset } }, behave.status(500));
    assert.deepEqual((await to.read()).retry, { schedule_s });
    await to.next();
    const pending = async () => (await world.admin.deliveries(to.destination.id, { status: "pending" }))[0];
    const delivery = await until("the attempt's record", async () => ((await pending())?.attempts === 1 ? pending() : null));
    const waitS = (Date.parse(delivery.next_attempt_at) - Date.now()) / 1000;
    assert.ok(waitS > schedule_s[0] * 0.8 - 15 && waitS < schedule_s[0] * 1.2, `${preset}: ${waitS} s`);
  }
});

test("ten deliveries given up on in a row disable the destination; one that arrives begins anew", async () => {
  const to = await made({ retry: { schedule_s: [1] } }, behave.status(500));
  const post = async (count) => {
    for (let sent = 0; sent < count; sent += 1) assertOutcome(await to.source.post(), "accepted");
  };
  const dead = () => world.admin.deliveries(to.destination.id, { status: "dead" });
  // A URL that is given anew closes the breaker, which would hold up the test.
  const url = world.receiver.url(to.path);
  const untilUrged = (what, probe) => {
    const urge = () => world.admin.patchDestination(to.destination.id, { url });
    return until(what, async () => (await probe()) || void (await urge()), { timeoutMs: 60_000, everyMs: 500 });
  };
  await post(9);
  await untilUrged("nine dead letters", async () => (await dead()).length === 9);
  let shown = await to.read();
  assert.deepEqual([shown.status, shown.give_ups], ["enabled", 9]);
  world.receiver.on(to.path, behave.status(200));
  await to.next();
  await until("the count to begin anew", async () => (await to.read()).give_ups === 0);

  world.receiver.on(to.path, behave.status(500));
  await post(10);
  shown = await untilUrged("the end of patience", async () => {
    const now = await to.read();
    return now.status === "disabled" && now;
  });
  assert.equal(shown.disabled_by, "give_ups");
  // The registry knows too, and what comes is kept.
  await until("the registry to know", async () => {
    const list = await world.admin.must("GET", "/v1/destinations?limit=100");
    return list.data.find(({ id }) => id === to.destination.id).status === "disabled";
  });
  await post(1);
  const reasons = async () => (await dead()).map(({ dead_reason }) => dead_reason);
  await until("the last one", async () => (await reasons())[0] === "destination_disabled");

  world.receiver.on(to.path, behave.status(200));
  shown = await world.admin.patchDestination(to.destination.id, { status: "enabled" });
  assert.deepEqual([shown.status, shown.give_ups, shown.disabled_by], ["enabled", 0, undefined]);
  await to.next();
});
