// Bad input to every route: a 4xx problem document with a code, never a 500.

import assert from "node:assert/strict";
import { test } from "node:test";

import { request } from "../harness/http.mjs";
import { senders } from "../harness/providers.mjs";
import { assertProblem, useWorld } from "../harness/world.mjs";

const world = useWorld({}, prepare);

const LONG = "x".repeat(100_000);
const SOURCE = () => ({ name: "n", provider: "tinyposter", secrets: [senders.tinyposter.secret()] });
const DESTINATION = () => ({ url: world.receiver.url("/bad"), name: "n", sources: ["*"], events: ["never.*"] });

/** Every route of the admin API, with a body that would be good where it takes one. */
const routes = [];
const ids = {};

async function prepare() {
  const source = await world.admin.source("tinyposter");
  const destination = await world.admin.destination(world.receiver, "/bad", source);
  await source.post();
  const [delivery] = await world.admin.deliveries(destination.id);
  Object.assign(ids, { source: source.id, destination: destination.id, delivery: delivery.id });
  const one = `/v1/destinations/${ids.destination}`;
  routes.push(
    { method: "GET", path: "/v1/sources" },
    { method: "POST", path: "/v1/sources", body: SOURCE() },
    { method: "GET", path: `/v1/sources/${ids.source}` },
    { method: "PATCH", path: `/v1/sources/${ids.source}`, body: { name: "other" } },
    { method: "GET", path: `/v1/sources/${ids.source}/rejections` },
    { method: "GET", path: "/v1/destinations" },
    { method: "POST", path: "/v1/destinations", body: DESTINATION() },
    { method: "GET", path: one },
    { method: "PATCH", path: one, body: { name: "other" } },
    { method: "POST", path: `${one}/test`, body: {} },
    { method: "GET", path: `${one}/deliveries` },
    { method: "GET", path: `${one}/deliveries/${ids.delivery}` },
    { method: "POST", path: `${one}/deliveries/${ids.delivery}/replay`, body: {} },
    { method: "POST", path: `${one}/replay`, body: { status: "dead", dry_run: true } },
  );
}

const withBody = () => routes.filter(({ body }) => body !== undefined);
const taking = (path) => routes.filter((route) => route.path === path).map(({ method }) => method);

/** Sends bytes as they are, with a good token. */
const raw = (route, body, contentType = "application/json") =>
  request(world.gateway.origin + route.path, {
    method: route.method,
    headers: [
      ["authorization", `Bearer ${world.gateway.token}`],
      ...(contentType === null ? [] : [["content-type", contentType]]),
    ],
    body,
  });

function assertRefused(answer, what) {
  assert.ok(answer.status >= 400 && answer.status < 500, `${what}: ${answer.status} ${answer.text.slice(0, 300)}`);
  assertProblem(answer, answer.status);
}

test("good input works on every route, so that the refusals below mean something", async () => {
  for (const route of routes) {
    const answer = await world.admin.call(route.method, route.path, route.body);
    // A delivery that is still pending may not be replayable.
    const conflict = route.path.endsWith("/replay") && answer.status === 409;
    assert.ok(answer.status < 300 || conflict, `${route.method} ${route.path}: ${answer.status} ${answer.text}`);
  }
});

test("no token or a wrong one: 401 on every route, without a word about what is there", async () => {
  const { token } = world.gateway;
  const wrong = [
    [],
    [["authorization", ""]],
    [["authorization", "Bearer"]],
    [["authorization", "Bearer "]],
    [["authorization", token]],
    [["authorization", `Basic ${token}`]],
    [["authorization", `Bearer ${token.slice(0, -1)}`]],
    [["authorization", `Bearer ${token}0`]],
    [["authorization", `Bearer ${token.toUpperCase()}x`]],
    [["authorization", `Bearer ${"0".repeat(token.length)}`]],
    [["authorization", `Bearer ${LONG.slice(0, 8000)}`]],
    [
      ["authorization", `Bearer ${token}`],
      ["authorization", `Bearer ${token}`],
    ],
    [["x-api-key", token]],
  ];
  for (const route of [...routes, { method: "GET", path: "/v1/nothing" }, { method: "DELETE", path: "/v1/sources" }]) {
    for (const headers of wrong) {
      const body = route.body && JSON.stringify(route.body);
      const answer = await request(world.gateway.origin + route.path, {
        method: route.method,
        headers: [...headers, ["content-type", "application/json"]],
        body,
      });
      assertProblem(answer, 401, "unauthorized");
      assert.match(answer.headers["www-authenticate"] ?? "", /^Bearer/);
    }
  }
});

test("a wrong method is 405 and names the right ones", async () => {
  for (const { path } of routes) {
    const good = [...taking(path), ...(/^\/v1\/(sources|destinations)\/[^/]+$/.test(path) ? ["DELETE"] : [])];
    for (const method of ["PUT", "POST", "PATCH", "DELETE", "OPTIONS"].filter((name) => !good.includes(name))) {
      const answer = await world.admin.call(method, path, {});
      assertProblem(answer, 405, "method_not_allowed");
      for (const name of good) assert.ok(answer.headers.allow?.includes(name), `${path}: ${answer.headers.allow}`);
    }
  }
  for (const path of ["/healthz", "/in/src_x"]) {
    assertProblem(await request(world.gateway.origin + path, { method: "PUT" }), 405, "method_not_allowed");
  }
});

test("a wrong content type is 415", async () => {
  for (const route of withBody()) {
    const good = JSON.stringify(route.body);
    for (const type of [
      "text/plain",
      "application/x-www-form-urlencoded",
      "application/jsonx",
      "",
      null,
      LONG.slice(0, 4000),
    ]) {
      assertProblem(await raw(route, good, type), 415, "unsupported_media_type");
    }
  }
});

test("JSON with a charset is JSON", async () => {
  const answer = await raw(
    { method: "POST", path: "/v1/sources" },
    JSON.stringify(SOURCE()),
    "application/json; charset=utf-8",
  );
  assert.equal(answer.status, 201, answer.text);
});

test("what is not a JSON object is 400", async () => {
  for (const route of withBody()) {
    const good = JSON.stringify(route.body);
    const bodies = [
      good.slice(0, -1),
      `${good}x`,
      `${good}${good}`,
      "[]",
      "null",
      "1",
      '"text"',
      "{,}",
      "{'a':1}",
      '{"name":NaN}',
      '{"name":"\\ud800"',
      "[".repeat(100_000),
      '{"name":'.repeat(20_000),
      Buffer.from([0x7b, 0xff, 0xfe, 0x7d]),
      Buffer.from([0xef, 0xbb, 0xbf, ...Buffer.from(good)]),
    ];
    for (const body of bodies) {
      const answer = await raw(route, body);
      assertRefused(answer, `${route.method} ${route.path} ${String(body).slice(0, 40)}`);
      assert.ok([400, 413].includes(answer.status), `${answer.status} ${String(body).slice(0, 40)}`);
    }
  }
});

test("an empty body is 400 where fields are required", async () => {
  for (const path of ["/v1/sources", "/v1/destinations"]) {
    assertProblem(await raw({ method: "POST", path }, ""), 400);
    assertProblem(await raw({ method: "POST", path }, "{}"), 400);
  }
});

test("unknown fields are refused", async () => {
  for (const route of withBody()) {
    for (const extra of [
      { unknown: 1 },
      { __proto__x: {} },
      { Name: "n" },
      { id: "src_x" },
      { [LONG.slice(0, 2000)]: 1 },
    ]) {
      const answer = await world.admin.call(route.method, route.path, { ...route.body, ...extra });
      assertProblem(answer, 400);
    }
  }
});

test("a body beyond the cap is 413 on every route that takes one", async () => {
  for (const route of withBody()) {
    const body = JSON.stringify({ ...route.body, name: "x".repeat(2 * 1024 * 1024) });
    assertProblem(await raw(route, body), 413, "body_too_large");
  }
});

test("fields that are wrong in themselves are refused", async () => {
  const refusedSources = [
    { provider: "nobody" },
    { provider: "" },
    { provider: LONG },
    { provider: 7 },
    { secrets: [] },
    { secrets: [""] },
    { secrets: "whsec_x" },
    { secrets: [LONG] },
    { secrets: [7] },
    { secrets: Array.from({ length: 100 }, () => senders.tinyposter.secret()) },
    { provider: "standard-webhooks", secrets: ["whsec_not base64!"] },
    { name: LONG },
    { name: 7 },
    { name: null },
    { tolerance_s: -1 },
    { tolerance_s: 1.5 },
    { tolerance_s: "300" },
    { tolerance_s: 1e300 },
    { tolerance_s: 4294967296 },
    { retry_horizon_s: -1 },
    { retry_horizon_s: 1e18 },
    { enabled: "yes" },
  ];
  for (const fields of refusedSources) {
    const answer = await world.admin.call("POST", "/v1/sources", { ...SOURCE(), ...fields });
    assertRefused(answer, JSON.stringify(fields).slice(0, 80));
  }
  const refusedDestinations = [
    { url: "" },
    { url: "not a url" },
    { url: "ftp://example.com/" },
    { url: "javascript:alert(1)" },
    { url: "http://example.com/" },
    { url: "https://user:pw@example.com/" },
    { url: "https://10.0.0.1/" },
    { url: "https://169.254.169.254/latest/meta-data" },
    { url: "https://[::ffff:10.0.0.1]/" },
    { url: "https://0x0a000001/" },
    { url: "https://intranet/" },
    { url: `https://example.com/${LONG}` },
    { url: "https://example.com/a\nb" },
    { url: 7 },
    { name: LONG },
    { sources: [] },
    { sources: "*" },
    { sources: ["src_nothing"] },
    { sources: [7] },
    { sources: Array.from({ length: 10_000 }, () => "*") },
    { events: [] },
    { events: [""] },
    { events: ["post.*.x"] },
    { events: [LONG] },
    { events: Array.from({ length: 10_000 }, (_, index) => `a.${index}`) },
    { retry: { schedule_s: [], unknown: 1 } },
    { retry: { schedule_s: [-1] } },
    { retry: { schedule_s: [1.5] } },
    { retry: { schedule_s: ["1"] } },
    { retry: { schedule_s: [1e12] } },
    { retry: { schedule_s: Array.from({ length: 1_000 }, () => 1) } },
    { retry: { preset: "nothing" } },
    { retry: 5 },
    { signing: { profile: "nothing" } },
    { headers: { host: "x" } },
    { headers: { "Content-Length": "1" } },
    { headers: { "webhook-id": "x" } },
    { headers: { "Hookward-Source": "x" } },
    { headers: { connection: "close" } },
    { headers: { "transfer-encoding": "chunked" } },
    { headers: { "bad name": "x" } },
    { headers: { "x-a": "line\r\nbreak: 1" } },
    { headers: { "x-a": LONG } },
    { headers: { "x-a": 1 } },
    { headers: Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`x-${index}`, "1"])) },
    { status: "gone" },
  ];
  for (const fields of refusedDestinations) {
    const answer = await world.admin.call("POST", "/v1/destinations", { ...DESTINATION(), ...fields });
    assertRefused(answer, JSON.stringify(fields).slice(0, 80));
    if (fields.sources?.[0] === "src_nothing") continue;
    const patch = await world.admin.call("PATCH", `/v1/destinations/${ids.destination}`, fields);
    assertRefused(patch, `PATCH ${JSON.stringify(fields).slice(0, 80)}`);
  }
});

test("a policy under which a key could be forgotten too soon is refused at create and at change", async () => {
  for (const policy of [{ retry_horizon_s: 96 * 3600 }, { tolerance_s: 48 * 3600 + 1 }]) {
    assertProblem(await world.admin.call("POST", "/v1/sources", { ...SOURCE(), ...policy }), 400, "invalid_policy");
    assertProblem(await world.admin.call("PATCH", `/v1/sources/${ids.source}`, policy), 400, "invalid_policy");
  }
  const fits = await world.admin.call("POST", "/v1/sources", { ...SOURCE(), retry_horizon_s: 95 * 3600 });
  assert.equal(fits.status, 201, fits.text);
  // Each is fine alone, and not together with what is there.
  const both = await world.admin.call("PATCH", `/v1/sources/${fits.json.id}`, { tolerance_s: 3600 });
  assertProblem(both, 400, "invalid_policy");
});

test("ids that name nothing are 404, however they are written", async () => {
  const wrong = (good) => [
    `${good.slice(0, 4)}nothing`,
    `${good}x`,
    good.slice(0, -1),
    good.toUpperCase(),
    "%00",
    "%2e%2e%2f",
    "x".repeat(4000),
    "é",
    "' OR 1=1 --",
  ];
  const calls = [
    ...wrong(ids.source).flatMap((id) => [
      ["GET", `/v1/sources/${id}`],
      ["GET", `/v1/sources/${id}/rejections`],
      ["PATCH", `/v1/sources/${id}`, { name: "n" }],
      ["DELETE", `/v1/sources/${id}`],
    ]),
    ...wrong(ids.destination).flatMap((id) => [
      ["GET", `/v1/destinations/${id}`],
      ["PATCH", `/v1/destinations/${id}`, { name: "n" }],
      ["DELETE", `/v1/destinations/${id}`],
      ["POST", `/v1/destinations/${id}/test`, {}],
      ["GET", `/v1/destinations/${id}/deliveries`],
      ["GET", `/v1/destinations/${id}/deliveries/${ids.delivery}`],
      ["POST", `/v1/destinations/${id}/deliveries/${ids.delivery}/replay`, {}],
      ["POST", `/v1/destinations/${id}/replay`, { status: "dead" }],
    ]),
    ...wrong(ids.delivery).flatMap((id) => [
      ["GET", `/v1/destinations/${ids.destination}/deliveries/${id}`],
      ["POST", `/v1/destinations/${ids.destination}/deliveries/${id}/replay`, {}],
    ]),
  ];
  for (const [method, path, body] of calls) {
    const answer = await world.admin.call(method, encodeURI(path).replaceAll("%25", "%"), body);
    assertProblem(answer, 404);
  }
});

test("paths that lead nowhere are 404", async () => {
  for (const path of ["/", "/v2/sources", "/in", "/in/", "/favicon.ico", "/healthz/x"]) {
    assertProblem(await request(world.gateway.origin + path), 404, "not_found");
  }
  for (const path of ["/v1", "/v1/", "/v1/nothing", "/v1/sources/a/b", `/v1/destinations/${ids.destination}/nothing`]) {
    assertProblem(await world.admin.call("GET", path), 404);
  }
});

test("queries that make no sense are refused", async () => {
  const list = `/v1/destinations/${ids.destination}/deliveries`;
  const queries = [
    "limit=0",
    "limit=-1",
    "limit=x",
    "limit=100000",
    "limit=",
    "cursor=x",
    `cursor=${LONG.slice(0, 3000)}`,
    "status=gone",
    "since=yesterday",
    "until=-1x",
    "since=99999999999999999999",
  ];
  for (const query of queries) assertProblem(await world.admin.call("GET", `${list}?${query}`), 400);
  for (const path of ["/v1/sources", "/v1/destinations"]) {
    for (const query of queries.slice(0, 7)) assertProblem(await world.admin.call("GET", `${path}?${query}`), 400);
  }
});

test("random damage to good requests never gives a 5xx", async () => {
  let state = 0x9e3779b9;
  const random = (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
  const odd = [null, -1, 0, 1e308, "", "\u0000", [], {}, [[]], true, LONG.slice(0, 5000), "🦀", [null], { a: null }];
  const statuses = {};
  for (let round = 0; round < 300; round += 1) {
    const route = withBody()[random(withBody().length)];
    const body = structuredClone(route.body);
    const names = Object.keys(body).concat(["url", "events", "retry", "headers", "tolerance_s"]);
    body[names[random(names.length)]] = odd[random(odd.length)];
    const bytes = Buffer.from(JSON.stringify(body));
    if (random(3) === 0 && bytes.length > 2) bytes[random(bytes.length)] = random(256);
    const answer = await raw(route, bytes);
    statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
    assert.ok(
      answer.status < 500,
      `${route.method} ${route.path} ${bytes.toString("latin1").slice(0, 200)}: ${answer.status} ${answer.text}`,
    );
    if (answer.status >= 400) assertProblem(answer, answer.status);
  }
  assert.ok((statuses[400] ?? 0) > 50, JSON.stringify(statuses));
});

test("after all that the gateway is well and has not panicked", async () => {
  assert.equal((await request(`${world.gateway.origin}/healthz`)).status, 200);
  assert.doesNotMatch(world.gateway.lines.join("\n"), /panicked|RuntimeError|unreachable executed/);
});
