// The trigger: what starts a workflow, what is refused, and what n8n is left to answer.

import assert from "node:assert/strict";
import { request as httpRequest } from "node:http";
import { after, before, test } from "node:test";

import { installed } from "../packaging/packed.mjs";
import { resolve, startHost, store, triggerWorkflow } from "./host.mjs";
import { installNode } from "./packed.mjs";

const SECRET = "whsec_test";
const BODY = '{"id":"evt_1","type":"post.published","created":"2026-01-02T03:04:05.678Z","data":{"post":{"id":"p1","text":"ü"}}}';

let nodes;
let hookward;
const hosts = [];
before(async () => {
  nodes = installNode();
  hookward = await installed();
});
after(() => Promise.all(hosts.map((host) => host.stop())));

/** A host of its own workflow: triggers remember by workflow and node. */
let workflows = 0;
async function host(options = {}) {
  const one = await startHost({ trigger: new nodes.HookwardTrigger(), workflowId: `w${++workflows}`, ...options });
  hosts.push(one);
  return one;
}

const seconds = () => Math.floor(Date.now() / 1000);
const signed = ({ provider = "tinyposter", secret = SECRET, body = BODY, ...more } = {}) => ({
  headers: { "content-type": "application/json", ...hookward.sign({ provider, secret, body, ...more }) },
  body,
});
const event = (id, type = "post.published") => JSON.stringify({ id, type, created: "2026-01-02T03:04:05.678Z", data: { post: {} } });

test("a signed delivery starts the workflow, with the event and what was found out about it", async () => {
  const one = await host();
  const answer = await one.send(signed());
  assert.deepEqual([answer.status, one.runs.length], [200, 1]);
  const [{ json, binary }] = one.runs;
  const { headers, verification, ...event } = JSON.parse(JSON.stringify(json));
  assert.deepEqual(event, {
    id: "evt_1",
    type: "post.published",
    created: 1767323045,
    data: { post: { id: "p1", text: "ü" } },
    payload: JSON.parse(BODY),
    duplicate: false,
  });
  assert.match(headers["x-tinyposter-signature"], /^t=\d+,v1=/);
  assert.match(verification.eventKey, /^[0-9a-f]{64}$/);
  const { provider, secretIndex, freshness } = verification;
  assert.deepEqual({ provider, secretIndex, freshness }, { provider: "tinyposter", secretIndex: 0, freshness: "fresh" });
  assert.equal(binary, undefined);
});

test("what is tampered with, stale or unsigned gets 401 with a code, and starts nothing", async () => {
  const one = await host();
  const { headers, body } = signed();
  const refused = [
    [{ headers, body: `${body} ` }, "signature_mismatch"],
    [signed({ secret: "whsec_other" }), "signature_mismatch"],
    [signed({ timestamp: seconds() - 400 }), "timestamp_too_old"],
    [signed({ timestamp: seconds() + 400 }), "timestamp_in_future"],
    [{ headers: { "content-type": "application/json" }, body }, "missing_signature"],
    [{ headers: { "x-tinyposter-signature": "v1=zz" }, body }, "malformed_signature"],
  ];
  for (const [request, code] of refused) {
    const answer = await one.send(request);
    assert.deepEqual([answer.status, answer.json], [401, { code }]);
    assert.equal(answer.headers.get("content-type").split(";")[0], "application/json");
  }
  assert.equal(one.runs.length, 0);
  assert.ok(one.log.every((line) => line.startsWith("debug ")), "a sender's fault fills no log");
  assert.ok(!one.log.join().includes(SECRET));
});

test("a header that came twice is refused, though n8n hands on one", async () => {
  const one = await host();
  const { headers, body } = signed();
  const value = headers["X-Tinyposter-Signature"];
  const status = await new Promise((resolve, reject) => {
    const options = { ...one.address, method: "POST", path: "/", headers: { "x-tinyposter-signature": [value, value] } };
    const call = httpRequest({ host: "127.0.0.1", port: one.address.port, ...options }, (answer) => {
      answer.resume();
      answer.once("end", () => resolve(answer.statusCode));
    });
    call.once("error", reject);
    call.end(body);
  });
  assert.deepEqual([status, one.runs.length], [401, 0]);
});

test("what comes in parts or compressed has no bytes to verify", async () => {
  const one = await host({ keepsRawBody: false });
  const form = new FormData();
  form.set("file", new Blob(["x"]), "x.txt");
  const parts = await one.send({ body: form });
  assert.deepEqual([parts.status, parts.json], [500, { code: "body_not_raw" }]);
  const other = await host();
  const { headers, body } = signed();
  for (const encoding of ["gzip", "X-GZIP", "identity, br"]) {
    const compressed = await other.send({ headers: { ...headers, "content-encoding": encoding }, body });
    assert.deepEqual([compressed.status, compressed.json], [415, { code: "unsupported_encoding" }]);
  }
  assert.equal((await other.send({ headers: { ...headers, "content-encoding": "identity" }, body })).status, 200);
  assert.equal(one.runs.length + other.runs.length, 1);
});

test("a body over the cap is refused by its size", async () => {
  const one = await host();
  const answer = await one.send(signed({ body: "x".repeat(1024) }));
  assert.deepEqual([answer.status, answer.json], [400, { code: "malformed_envelope" }]);
  const { headers } = signed();
  const large = await one.send({ headers, body: "x".repeat(1024 * 1024 + 1) });
  assert.deepEqual([large.status, large.json], [413, { code: "body_too_large" }]);
});

test("both secrets of a rotation are accepted, and which of them matched is said", async () => {
  const one = await host({ credentials: { secret: "whsec_new", previousSecret: "whsec_old" } });
  await one.send(signed({ secret: "whsec_new", body: event("a") }));
  await one.send(signed({ secret: "whsec_old", body: event("b") }));
  assert.deepEqual(one.runs.map(({ json }) => json.verification.secretIndex), [0, 1]);
});

test("what is wrong with the node is a 500 that starts nothing, and is told to the owner", async () => {
  const cases = [
    [{ credentials: {} }, "no_secret"],
    [{ credentials: { previousSecret: "" } }, "no_secret"],
    [{ credentials: new Error("no credential") }, "internal_error"],
    [{ parameters: { provider: "nobody" } }, "unknown_provider"],
    [{ parameters: { provider: "paypal" } }, "unsupported_provider"],
    [{ parameters: { provider: "standard-webhooks" }, credentials: { secret: "whsec_no base64" } }, "malformed_secret"],
    [{ parameters: { provider: "square" } }, "invalid_target"],
    [{ parameters: { provider: "own:scheme", scheme: "{" } }, "invalid_scheme"],
    [{ parameters: { provider: "own:scheme", scheme: "[]" } }, "invalid_scheme"],
    [{ parameters: { provider: "own:scheme", scheme: '{"signatur":"X-A"}' } }, "invalid_option"],
    [{ parameters: { provider: "own:scheme", scheme: '{"signature":"X-A","signed":"constant"}' } }, "invalid_scheme"],
    [{ parameters: { options: { tolerance: 100_000 } } }, "invalid_policy"],
  ];
  for (const [options, code] of cases) {
    const one = await host(options);
    const answer = await one.send(signed());
    assert.deepEqual([answer.status, answer.json], [500, { code }], JSON.stringify(options));
    assert.equal(one.runs.length, 0);
    assert.ok(one.log.some((line) => line.startsWith("error ") && line.includes(code)));
  }
});

test("a scheme of one's own", async () => {
  const scheme = { signature: "X-Acme", format: "sha256={signature}", eventKey: "/event/id", eventType: "/event/kind" };
  for (const given of [scheme, JSON.stringify(scheme)]) {
    const one = await host({ parameters: { provider: "own:scheme", scheme: given } });
    const body = '{"event":{"id":"e1","kind":"made"}}';
    const headers = hookward.sign({ scheme: hookward.customScheme(scheme), secret: SECRET, body });
    for (let copy = 0; copy < 2; copy++) assert.equal((await one.send({ headers, body })).status, 200);
    assert.deepEqual(one.runs.map(({ json }) => json.type), ["made"]);
    assert.equal((await one.send({ headers, body: `${body} ` })).status, 401);
  }
});

test("only the events that were asked for start the workflow; the others are not remembered", async () => {
  const stored = store();
  const one = await host({ parameters: { events: "post.failed, account.*" }, stored });
  for (const [type, starts] of [["post.failed", true], ["post.published", false], ["account.connected", true], ["account", false], ["account.", false]]) {
    const before = one.runs.length;
    const answer = await one.send(signed({ body: event(`e-${type}`, type) }));
    assert.deepEqual([answer.status, one.runs.length - before], [200, starts ? 1 : 0], type);
    if (!starts) assert.deepEqual(answer.json, { status: "ignored" });
  }
  const ignored = signed({ body: event("e-post.published") });
  const all = await host({ workflowId: `w${workflows}`, stored });
  await all.send(ignored);
  assert.equal(all.runs.length, 1, "the same delivery starts it once its type is asked for");
});

test("events without a type come by all, and by the type of an unsigned header", async () => {
  const headers = (body) => ({ ...hookward.sign({ provider: "github", secret: SECRET, body }), "x-github-event": "push" });
  for (const [events, runs] of [["", 1], ["*", 1], ["push", 1], ["issues", 0]]) {
    const one = await host({ parameters: { provider: "github", events } });
    const body = JSON.stringify({ ref: events });
    await one.send({ headers: headers(body), body });
    assert.equal(one.runs.length, runs, events);
    if (runs) assert.deepEqual([one.runs[0].json.unverifiedType, one.runs[0].json.verification.freshness], ["push", "untimed"]);
  }
});

test("the raw body as binary, under the name that was chosen", async () => {
  for (const [options, name] of [[{ rawBody: true }, "data"], [{ rawBody: true, binaryPropertyName: "raw" }, "raw"]]) {
    const one = await host({ parameters: { options } });
    await one.send(signed());
    const [{ binary }] = one.runs;
    assert.equal(Buffer.from(binary[name].data, "base64").toString(), BODY);
    assert.equal(binary[name].mimeType, "application/json");
  }
});

test("providers that sign the URL are given the one that is registered, never the request's", async () => {
  const url = "https://n8n.example.com/webhook/square";
  const body = '{"event_id":"e1","type":"payment.created"}';
  const headers = hookward.sign({ provider: "square", secret: SECRET, method: "POST", url, body });
  const right = await host({ parameters: { provider: "square", options: { url } } });
  assert.equal((await right.send({ headers, body })).status, 200);
  const wrong = await host({ parameters: { provider: "square", options: { url: "https://n8n.example.com/other" } } });
  assert.equal((await wrong.send({ headers, body })).status, 401);
});

test("a tolerance of one's own", async () => {
  const one = await host({ parameters: { options: { tolerance: 1000 } } });
  assert.equal((await one.send(signed({ timestamp: seconds() - 900 }))).status, 200);
  assert.equal((await one.send(signed({ timestamp: seconds() - 1100 }))).status, 401);
});

test("what is listened to while somebody tests is new each time, and nothing of it is kept", async () => {
  const stored = store();
  const one = await host({ mode: "manual", stored, parameters: { options: { acceptLate: true } } });
  for (let copy = 0; copy < 2; copy++) assert.equal((await one.send(signed())).status, 200);
  assert.deepEqual([one.runs.length, one.runs[1].json.duplicate, stored.staticData], [2, false, "{}"]);
  assert.equal((await one.send(signed({ timestamp: seconds() - 4000 }))).status, 401, "nothing is remembered, so nothing is late");
});

test("what n8n is left to answer is what was chosen", () => {
  const trigger = new nodes.HookwardTrigger();
  const answers = (parameters, expected) => {
    const workflow = triggerWorkflow(trigger, {}, {});
    const node = workflow.getNode("Hookward Trigger");
    node.parameters = resolve(trigger, { ...node, parameters });
    for (const webhook of trigger.description.webhooks) {
      const value = (name) => workflow.expression.getComplexParameterValue(node, webhook[name], "webhook", {});
      const found = Object.fromEntries(Object.keys(expected).map((name) => [name, value(name)]));
      assert.deepEqual(JSON.parse(JSON.stringify(found)), expected);
    }
  };
  answers({}, { responseMode: "onReceived", responseCode: 200, path: "hookward", isFullPath: true });
  const entries = [{ name: "x-a", value: "b" }];
  const options = { responseCode: 202, responseText: "thanks", responseHeaders: { entries } };
  answers({ path: "mine", options }, { responseCode: 202, responseData: "thanks", responseHeaders: { entries }, path: "mine" });
  answers({ responseMode: "lastNode", responseData: "allEntries" }, { responseMode: "lastNode", responseData: "allEntries" });
  answers({ responseMode: "responseNode" }, { responseMode: "responseNode", responseCode: 200 });
});
