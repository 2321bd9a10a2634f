// Secrets are shown once, and are then in no answer, list, log line, or file of the state in clear.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { senders } from "../harness/providers.mjs";
import { behave } from "../harness/receiver.mjs";
import { until } from "../harness/wait.mjs";
import { assertOutcome, assertProblem, uniquePath, useWorld } from "../harness/world.mjs";

const world = useWorld({}, prepare);

/** Markers of what must not leak, by what they are. */
const hidden = {};
let source;
let destination;
const answers = [];

function filesUnder(dir) {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

async function prepare() {
  const { admin, receiver } = world;
  source = await admin.source("tinyposter");
  const other = await admin.source("standard-webhooks");
  const path = `${uniquePath()}/${randomBytes(12).toString("hex")}?key=${randomBytes(12).toString("hex")}`;
  const headerValue = `value-${randomBytes(16).toString("hex")}`;
  destination = await admin.destination(receiver, path, source, { headers: { "x-key": headerValue } });
  const rotated = senders.tinyposter.secret();
  await admin.must("PATCH", `/v1/sources/${source.id}`, { secrets: [source.secret, rotated] });
  Object.assign(hidden, {
    "a source's secret": source.secret,
    "a source's second secret": rotated,
    "a base64 source secret": other.secret.slice("whsec_".length),
    "a destination's secret": destination.secret.slice("whsec_".length),
    "a destination's header": headerValue,
    "a destination's path": path.slice(path.lastIndexOf("/") + 1, path.indexOf("?")),
    "a destination's query": path.slice(path.indexOf("=") + 1),
  });
  const raw = (text) => Buffer.from(text, "base64").toString("latin1");
  hidden["a base64 source secret, decoded"] = raw(other.secret.slice("whsec_".length));
  hidden["a destination's secret, decoded"] = raw(destination.secret.slice("whsec_".length));

  // As the error pages of many frameworks do.
  const echo = (req, res) => {
    const [pathname] = req.url.split("?");
    res.writeHead(500).end(`Cannot POST ${pathname}, ${req.url}, x-key: ${req.headers["x-key"]}`);
  };
  receiver.on(path, [echo, behave.reset(), behave.status(200)]);
  assertOutcome(await source.post(), "accepted");
  await until(
    "the delivery",
    async () => (await admin.deliveries(destination.id, { status: "delivered" })).length === 1,
  );
  // What goes wrong is logged too.
  const signed = source.sign();
  assertProblem(await source.post({ ...signed, body: "{}" }), 401, "signature_mismatch");
  assertProblem(await source.post({ headers: [], body: "{}" }), 401, "missing_signature");
  await world.gateway.setFaults({ queues: { [destination.id]: { fetch: "throw_before" } } });
  assertProblem(await source.post(), 503);
  await world.gateway.setFaults({});

  for (const call of [
    ["GET", "/v1/sources"],
    ["GET", `/v1/sources/${source.id}`],
    ["PATCH", `/v1/sources/${source.id}`, { name: "again" }],
    ["GET", "/v1/destinations"],
    ["PATCH", `/v1/destinations/${destination.id}`, { name: "again" }],
    ["GET", `/v1/destinations/${destination.id}`],
    ["GET", `/v1/destinations/${destination.id}/deliveries`],
    ["POST", `/v1/destinations/${destination.id}/replay`, { status: "delivered" }],
    ["GET", `/v1/destinations/${destination.id}/replays`],
    ["POST", "/v1/reseal"],
    ["GET", "/metrics"],
    ["GET", `/v1/destinations/${destination.id}/deliveries/${(await admin.deliveries(destination.id))[0].id}`],
    ["POST", "/v1/sources", { name: "n", provider: "standard-webhooks", secrets: [`${rotated}!`] }],
    ["POST", "/v1/sources", { name: rotated, provider: "tinyposter", secrets: [] }],
  ]) {
    answers.push({ call, text: (await admin.call(...call)).text });
  }
}

test("no answer holds a secret", () => {
  for (const [what, value] of Object.entries(hidden)) {
    for (const { call, text } of answers) {
      assert.ok(!text.includes(value), `${what} is in the answer to ${call[0]} ${call[1]}`);
    }
  }
});

test("a list of destinations shows the origin and no more of the URL", () => {
  const list = JSON.parse(answers.find(({ call }) => call[1] === "/v1/destinations" && call[0] === "GET").text);
  const shown = list.data.find(({ id }) => id === destination.id);
  assert.equal(shown.origin, world.receiver.origin);
  assert.equal(shown.url, undefined);
});

test("no log line holds a secret, a body or an ingest URL, and each outcome has a line", () => {
  const { lines, logs, vars } = world.gateway;
  // What wrangler itself writes about a request names its path; what the gateway writes does not.
  const own = lines.filter((line) => !line.startsWith("[wrangler:"));
  const values = {
    ...hidden,
    "the admin token": vars.HOOKWARD_ADMIN_TOKEN,
    "the master key": vars.HOOKWARD_MASTER_KEY,
    "an ingest URL": `/in/${source.id}`,
    "a source's whole id": source.id,
    "a body": "Grüße",
  };
  for (const [what, value] of Object.entries(values)) {
    const leak = own.find((line) => line.includes(value));
    assert.equal(leak, undefined, `${what} is in a log line`);
  }
  assert.ok(logs.length >= 5, `${logs.length} structured lines`);
  const text = JSON.stringify(logs);
  for (const word of ["stored", "signature_mismatch", "missing_signature", "delivered", destination.id]) {
    assert.ok(text.includes(word), `no line says ${word}`);
  }
});

test("no file of the state holds a secret in clear", async () => {
  // The control: a name that is stored in clear is found, so the files are the right ones.
  const control = randomBytes(12).toString("hex");
  await world.admin.must("PATCH", `/v1/sources/${source.id}`, { name: control });
  const files = filesUnder(world.gateway.stateDir).map((path) => ({ path, text: readFileSync(path, "latin1") }));
  assert.ok(
    files.some(({ text }) => text.includes(control)),
    "the control is in none of the files",
  );
  for (const [what, value] of Object.entries(hidden)) {
    const leak = files.find(({ text }) => text.includes(value));
    assert.ok(!leak, `${what} is in ${leak?.path}`);
  }
});
