// Every call that the document describes, made against the running gateway: every answer has to be one that
// it describes, and everything that it describes has to be seen, but for what only a fault brings about.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { startGateway } from "../harness/gateway.mjs";
import { request } from "../harness/http.mjs";
import { delivery } from "../harness/providers.mjs";
import { behave, startReceiver } from "../harness/receiver.mjs";
import { until } from "../harness/wait.mjs";
import { around } from "./bodies.mjs";
import { Caller } from "./caller.mjs";
import { document, operationOf, operations, wrongRequest } from "./document.mjs";

const READ_TOKEN = "r".repeat(40);
const SECRET = "whsec_c3VwZXJzZWNyZXRzdXBlcnNlY3JldA==";
/** Bodies tried around each right one, spread evenly over all that there are. */
const TRIES = 80;
/** Ids of the right form that nothing has. */
const NOBODY = {
  source: `src_${"0".repeat(40)}`,
  destination: `dst_${"0".repeat(32)}`,
  delivery: `dlv_${"0".repeat(32)}`,
  replay: `rpl_${"0".repeat(32)}`,
};

let gateway;
let closed;
let receiver;
let caller;
/** A source, and a destination of its events that answers 200, with a delivery and a replay. */
let source;
let destination;
let delivered;
let replay;

before(async () => {
  receiver = await startReceiver({ check: () => "unchecked" });
  gateway = await startGateway({ faults: false, vars: { HOOKWARD_READ_TOKEN: READ_TOKEN } });
  caller = new Caller(gateway);
});
after(async () => {
  await gateway?.stop();
  await closed?.stop();
  await receiver?.stop();
});

const newSource = (fields) => ({ name: "s", provider: "tinyposter", secrets: [SECRET], ...fields });
const newDestination = (fields) => ({ name: "d", url: receiver.url("/hooks"), sources: [source.id], ...fields });
const make = (fields) => caller.expect("createDestination", 201, { body: newDestination(fields) });
const of = (it) => ({ path: { destination: it.id } });
const post = (to, how, options) => {
  const { headers, body } = delivery("tinyposter", SECRET, how);
  return caller.call("deliver", { path: { source: to.id }, headers, body: body.toString(), token: null, ...options });
};

test("sources", async () => {
  source = await caller.expect("createSource", 201, { body: newSource() });
  const path = { source: source.id };
  await caller.expect("createSource", 201, {
    body: {
      name: "own",
      scheme: { signature: "X-Acme-Signature", timestamp: "X-Acme-Timestamp", time: "s", signed: "{timestamp}.{url}.{body}", tolerance: 60 },
      secrets: [{ secret: "one", not_before: 1_700_000_000, not_after: "2030-01-01T00:00:00Z" }],
      signed_url: "https://example.com/hooks",
      enabled: false,
    },
  });
  await caller.expect("createSource", 201, { body: { name: "meta", provider: "meta", secrets: ["x"], verify_token: "v" } });
  const pages = await everyPage("listSources", {});
  assert.equal(pages.length, 3);
  await caller.expect("getSource", 200, { path });
  await caller.expect("changeSource", 200, { path, body: { name: "posts", tolerance_s: 300, retry_horizon_s: 3_600 } });
  await caller.expect("changeSource", 400, { path, body: { retry_horizon_s: 400_000 } }, "invalid_policy");
  const refusals = [
    ["unknown_provider", { provider: "nobody" }],
    ["unsupported_provider", { provider: "paypal" }],
    ["malformed_secret", { provider: "standard-webhooks", secrets: ["whsec_!"] }],
    ["invalid_policy", { retry_horizon_s: 400_000 }],
    ["invalid_scheme", { provider: undefined, scheme: { signature: "X-A", signed: "{nothing}" } }],
  ];
  for (const [code, fields] of refusals) await caller.expect("createSource", 400, { body: newSource(fields) }, code);
  const standard = await caller.expect("createSource", 201, { body: newSource({ provider: "standard-webhooks" }) });
  await caller.expect("changeSource", 400, { path: { source: standard.id }, body: { secrets: ["whsec_!"] } }, "malformed_secret");
  await caller.expect("deleteSource", 204, { path: { source: standard.id } });

  const asana = await caller.expect("createSource", 201, { body: { name: "asana", provider: "asana" } });
  const shake = { path: { source: asana.id }, headers: [["X-Hook-Secret", "abcdefgh12345678"]], body: "{}", token: null };
  await caller.expect("deliver", 403, shake, "handshake_closed");
  const { open_until: open } = await caller.expect("openSource", 200, { path: { source: asana.id } });
  assert.ok(open);
  await caller.expect("deliver", 400, { ...shake, headers: [["X-Hook-Secret", "a b"]] }, "invalid_handshake");
  await caller.expect("deliver", 200, shake);
  await caller.expect("openSource", 409, { path: { source: asana.id } }, "has_secret");
  await caller.expect("openSource", 400, { path }, "invalid_request");
});

test("a destination and its deliveries", async () => {
  destination = await make();
  const { id } = destination;
  assert.equal((await post(source, { id: "one" })).json.status, "accepted");
  assert.equal((await post(source, { id: "two", type: "post.failed" })).json.status, "accepted");
  await until("both", () => receiver.at("/hooks").length === 2);
  const list = await until("the log", async () => {
    const data = await everyPage("listDeliveries", of(destination), { status: "delivered" });
    return data.length === 2 && data;
  });
  [delivered] = list;
  const filters = { status: "delivered", type: "post.published", since: "1700000000", until: "2100-01-01T00:00:00Z", event: "evt_one" };
  const filtered = await caller.expect("listDeliveries", 200, { ...of(destination), query: filters });
  assert.equal(filtered.data.length, 1);
  const at = { path: { destination: id, delivery: delivered.id } };
  const detail = await caller.expect("getDelivery", 200, at);
  assert.equal(detail.attempts.length, 1);
  await caller.expect("replayDelivery", 202, at);
  await caller.expect("sendTest", 202, of(destination));
  await caller.expect("rotateSecret", 200, { ...of(destination), body: { overlap_s: 60 } });
  await caller.expect("getDestination", 200, of(destination));
  assert.equal((await everyPage("listDestinations", {})).length, 1);
  await caller.expect("changeDestination", 200, {
    ...of(destination),
    body: {
      name: "app",
      retry: { schedule_s: [1, 2] },
      headers: { "x-key": "v" },
      rate_limit_per_s: 500,
      retention: { delivered_days: 4, dead_days: 30 },
      events: ["post.*"],
    },
  });
  await caller.expect("changeDestination", 200, { ...of(destination), body: { rate_limit_per_s: null, retention: { preset: "7_days" } } });
  await caller.expect("createDestination", 400, { body: newDestination({ url: "https://10.0.0.1/" }) }, "invalid_url");
  await caller.expect("createDestination", 400, { body: newDestination({ headers: { host: "x" } }) }, "invalid_headers");
  await caller.expect("createDestination", 400, { body: newDestination({ sources: [NOBODY.source] }) }, "invalid_request");
  await caller.expect("changeDestination", 400, { ...of(destination), body: { url: "http://localhost./" } }, "invalid_url");
  await caller.expect("changeDestination", 400, { ...of(destination), body: { headers: { host: "x" } } }, "invalid_headers");
});

test("dead letters and their replay", async () => {
  receiver.on("/dead", behave.status(500));
  const dying = await make({ url: receiver.url("/dead"), retry: { schedule_s: [1] }, sources: ["api"], events: ["dead.*"] });
  for (const event of ["a", "b"]) {
    await caller.expect("publish", 200, { body: { type: "dead.letter", data: { event }, id: event } });
  }
  await until("dead letters", async () => (await everyPage("listDeliveries", of(dying), { status: "dead" })).length === 2);
  const [dead] = await everyPage("listDeliveries", of(dying), { status: "dead" });
  const { attempts } = await caller.expect("getDelivery", 200, { path: { destination: dying.id, delivery: dead.id } });
  assert.deepEqual(attempts.map(({ error, status }) => [error, status]), [["status", 500], ["status", 500]]);
  assert.equal((await caller.expect("startReplay", 200, { ...of(dying), body: { dry_run: true } })).matched, 2);
  // Paused, it has to wait, and cannot be over before it is looked at.
  await caller.expect("changeDestination", 200, { ...of(dying), body: { status: "paused" } });
  replay = await caller.expect("startReplay", 202, { ...of(dying), body: { status: "dead", type: "dead.letter", since: 1_700_000_000 } });
  await caller.expect("startReplay", 409, of(dying), "replay_running");
  assert.equal((await everyPage("listReplays", of(dying))).length, 1);
  const at = { path: { destination: dying.id, replay: replay.id } };
  await caller.expect("getReplay", 200, at);
  assert.equal((await caller.expect("cancelReplay", 200, at)).status, "cancelled");
  await caller.expect("changeDestination", 200, { ...of(dying), body: { status: "disabled" } });
  await caller.expect("startReplay", 409, of(dying), "destination_disabled");
  await caller.expect("sendTest", 409, of(dying), "destination_disabled");
  await caller.expect("replayDelivery", 409, { path: { destination: dying.id, delivery: dead.id } }, "destination_disabled");
  await caller.expect("deleteDestination", 204, of(dying));
});

test("events of one's own", async () => {
  const body = { type: "order.paid", data: { order: 1 } };
  const keyed = { body, headers: [["idempotency-key", "k"]] };
  await caller.expect("publish", 200, keyed);
  await caller.expect("publish", 409, { ...keyed, body: { ...body, data: {} } }, "idempotency_conflict");
  await caller.expect("publish", 400, { body }, "missing_idempotency_key");
  await caller.expect("publish", 400, { ...keyed, body: { ...body, id: null } }, "invalid_request");
  await make({ sources: ["api"], signing: { profile: "letmepost" } });
  const long = { ...body, data: { text: "x".repeat(20_000) }, id: "long" };
  await caller.expect("publish", 413, { body: long }, "payload_too_large");
});

test("what a provider is answered", async () => {
  const path = { source: source.id };
  await caller.expect("visit", 200, { path, token: null });
  assert.equal((await post(source, { id: "one" })).json.status, "duplicate");
  const good = delivery("tinyposter", SECRET, { id: "bad" });
  const send = (code, status, headers, body = good.body) =>
    caller.expect("deliver", status, { path, headers, body, token: null }, code);
  const signature = (value) => [["x-tinyposter-signature", value]];
  const t = Math.floor(Date.now() / 1000);
  await send("missing_signature", 401, []);
  await send("malformed_signature", 401, signature(`t=${t},t=${t},v1=${"0".repeat(64)}`));
  await send("missing_timestamp", 401, signature(`v1=${"0".repeat(64)}`));
  await send("malformed_timestamp", 401, signature(`t=x,v1=${"0".repeat(64)}`));
  await send("signature_mismatch", 401, signature(`t=${t},v1=${"0".repeat(64)}`));
  await send("header_too_large", 401, signature("x".repeat(10_000)));
  for (const [atS, code] of [[t - 400_000, "timestamp_too_old"], [t + 4_000, "timestamp_in_future"]]) {
    await send(code, 401, delivery("tinyposter", SECRET, { atS, body: good.body }).headers);
  }
  await send("malformed_envelope", 400, delivery("tinyposter", SECRET, { body: "[]" }).headers, "[]");
  await send("body_too_large", 413, good.headers, "x".repeat(1024 * 1024 + 1));
  await send("loop_detected", 508, [...good.headers, ["hookward-hops", "3"]]);
  await caller.expect("deliver", 404, { path: { source: NOBODY.source }, body: "{}", token: null }, "unknown_source");

  const standard = await caller.expect("createSource", 201, { body: newSource({ provider: "standard-webhooks" }) });
  const to = { path: { source: standard.id }, body: "{}", token: null };
  const signed = [["webhook-timestamp", String(t)], ["webhook-signature", "v1,AAAA"]];
  await caller.expect("deliver", 401, { ...to, headers: signed }, "missing_id");
  await caller.expect("deliver", 401, { ...to, headers: [["webhook-id", "a.b"], ...signed] }, "malformed_id");

  const meta = await caller.expect("createSource", 201, { body: { name: "m", provider: "meta", secrets: ["x"], verify_token: "v" } });
  const asked = { "hub.mode": "subscribe", "hub.challenge": "123", "hub.verify_token": "v" };
  const at = { path: { source: meta.id }, token: null };
  await caller.expect("visit", 200, { ...at, query: asked });
  const x = await caller.expect("createSource", 201, { body: { name: "x", provider: "x", secrets: ["x"] } });
  await caller.expect("visit", 400, { path: { source: x.id }, token: null, query: { crc_token: "{" } }, "invalid_handshake");
  await caller.expect("visit", 413, { ...at, query: asked, body: "x".repeat(1024 * 1024 + 1) }, "body_too_large");
  await caller.expect("visit", 508, { ...at, query: asked, headers: [["hookward-hops", "3"]] }, "loop_detected");
  await caller.expect("visit", 404, { path: { source: NOBODY.source }, token: null }, "unknown_source");
  await caller.expect("changeSource", 200, { path: { source: meta.id }, body: { enabled: false } });
  await caller.expect("visit", 403, { ...at, query: asked }, "source_disabled");
  await caller.expect("deliver", 403, { ...at, body: "{}" }, "source_disabled");
  await until("the rejections", async () => (await everyPage("listRejections", { path })).length > 5, { timeoutMs: 30_000, everyMs: 500 });
});

test("what can be observed", async () => {
  await caller.expect("health", 200, { token: null });
  const { headers } = await caller.call("metrics", { token: READ_TOKEN });
  assert.match(headers["content-type"], /^text\/plain; version=0\.0\.4/);
  assert.deepEqual(await caller.expect("describe", 200, { token: null }), document);
  assert.equal((await caller.expect("reseal", 200)).done, true);
});

/** What a path's parameters may be filled with. */
const someone = () => ({ source: source.id, destination: destination.id, delivery: delivered.id, replay: replay.id });

test("every call refuses what every call has to refuse", async () => {
  for (const { operationId, method, path, parameters, security, requestBody, responses } of operations) {
    if (security) continue; // open to all
    const known = { path: someone() };
    await caller.expect(operationId, 401, { ...known, token: null }, "unauthorized");
    if (method !== "get") await caller.expect(operationId, 403, { ...known, token: READ_TOKEN }, "read_only");
    if (responses["400"] && method === "get") {
      await caller.expect(operationId, 400, { ...known, query: { nobody: "x" } }, "invalid_query");
      if (parameters.some(({ name }) => name === "cursor")) {
        await caller.expect(operationId, 400, { ...known, query: { cursor: "x" } }, "invalid_query");
        await caller.expect(operationId, 400, { ...known, query: { limit: "101" } }, "invalid_query");
      }
    }
    if (requestBody) {
      const raw = (body, type = "application/json") => ({ ...known, body, headers: [["content-type", type]] });
      await caller.expect(operationId, 415, raw("{}", "text/plain"), "unsupported_media_type");
      await caller.expect(operationId, 400, raw("{"), "malformed_json");
      await caller.expect(operationId, 413, raw("x".repeat(1024 * 1024 + 1)), "body_too_large");
      await caller.expect(operationId, 400, { ...known, body: { unknown_field: 1 } }, "invalid_request");
    }
    for (const [, name] of path.matchAll(/\{(\w+)\}/g)) {
      const nobody = { path: { ...someone(), [name]: NOBODY[name] } };
      if (responses["404"]) await caller.expect(operationId, 404, nobody, `unknown_${name}`);
    }
  }
});

test("another method than a path's own is refused, and the answer says which they are", async () => {
  for (const [path, item] of Object.entries(document.paths)) {
    const own = ["get", "post", "patch", "delete"].filter((method) => item[method]).map((method) => method.toUpperCase());
    const url = gateway.origin + path.replace(/\{(\w+)\}/g, (_, name) => someone()[name]);
    const headers = [["authorization", `Bearer ${gateway.token}`]];
    for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE"].filter((method) => !own.includes(method))) {
      const answer = await request(url, { method, headers });
      assert.deepEqual([answer.status, answer.json?.code], [405, "method_not_allowed"], `${method} ${path}`);
      assert.deepEqual(answer.headers.allow.split(", ").sort(), own.sort(), `${method} ${path}`);
    }
  }
  const nowhere = await request(`${gateway.origin}/v1/nowhere`, { headers: [["authorization", `Bearer ${gateway.token}`]] });
  assert.deepEqual([nowhere.status, nowhere.json.code], [404, "not_found"]);
});

test("what the document calls wrong is refused, and nothing is answered that it does not describe", async (t) => {
  const right = {
    createSource: newSource({ tolerance_s: 300, retry_horizon_s: 600, enabled: true, secrets: [{ secret: "a", not_before: 1, not_after: "2030-01-01T00:00:00Z" }] }),
    changeSource: { name: "n", secrets: [SECRET], tolerance_s: 300, retry_horizon_s: 600, enabled: true },
    createDestination: newDestination({
      events: ["post.*"],
      retry: { schedule_s: [5, 10] },
      concurrency: 2,
      rate_limit_per_s: 1.5,
      retention: { delivered_days: 7, dead_days: 30 },
      headers: { "x-key": "v" },
      signing: { profile: "standard" },
      status: "paused",
    }),
    changeDestination: { name: "n", events: ["*"], retry: { preset: "standard" }, concurrency: 1, status: "paused" },
    rotateSecret: { overlap_s: 5 },
    startReplay: { status: "dead", type: "a", since: 1_700_000_000, until: "2030-01-01T00:00:00Z", event: "e", dry_run: true },
    publish: { type: "a.b", data: { x: 1 }, id: "e" },
  };
  let [tried, refused] = [0, 0];
  for (const [id, body] of Object.entries(right)) {
    assert.equal(wrongRequest(operationOf(id), body), "", id);
    const all = [...around(body)];
    const every = Math.max(1, Math.ceil(all.length / TRIES));
    for (const other of all.filter((_, index) => index % every === 0)) {
      const { status } = await caller.call(id, { path: someone(), body: other });
      tried += 1;
      if (status >= 400) refused += 1;
    }
  }
  t.diagnostic(`${tried} bodies tried, ${refused} refused`);
  assert.ok(refused > tried / 2);
});

test("a gateway without a token is closed", async () => {
  closed = await startGateway({ faults: false, vars: { HOOKWARD_ADMIN_TOKEN: undefined } });
  const other = new Caller(closed);
  other.seen = caller.seen;
  for (const { operationId, security } of operations) {
    if (!security) await other.expect(operationId, 403, { path: NOBODY, token: "x".repeat(40) }, "admin_closed");
  }
});

/** Brought about by tests/e2e, with faults or with thousands of rows. */
const ONLY_BY_FAULTS = new Set([
  "unavailable",
  "not_configured",
  "queue_full",
  "too_many_destinations",
  "source_misconfigured",
  "limit_reached",
]);

test("nothing is described that is never seen", () => {
  const unseen = caller.unseen().filter((what) => !ONLY_BY_FAULTS.has(what.split(" ")[2]));
  assert.deepEqual(unseen, []);
});

/** The items of all pages, two a page. */
async function everyPage(id, options, query = {}) {
  const all = [];
  let cursor;
  do {
    const page = await caller.expect(id, 200, { ...options, query: { ...query, limit: 2, ...(cursor ? { cursor } : {}) } });
    all.push(...page.data);
    cursor = page.next_cursor;
  } while (cursor);
  return all;
}
