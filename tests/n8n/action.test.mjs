// The action node: Verify, Sign and Respond.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { before, test } from "node:test";

import { installed } from "../packaging/packed.mjs";
import { resolve, triggerWorkflow } from "./host.mjs";
import { installNode } from "./packed.mjs";

const { NodeHelpers, NodeOperationError } = createRequire(import.meta.url)("n8n-workflow");
const SECRET = "whsec_test";
const BODY = '{"id":"evt_1","type":"ping","created":"2026-01-02T03:04:05.678Z","data":{"n":"ü"}}';

let node;
let hookward;
before(async () => {
  node = new (installNode().Hookward)();
  hookward = await installed();
});

/** Runs the node over items as n8n does. */
async function run(parameters, items, { credentials = { secret: SECRET }, onError } = {}) {
  const self = { name: "Hookward", type: "n8n-nodes-hookward.hookward", typeVersion: 1, position: [0, 0], parameters, onError };
  const sent = [];
  const workflow = triggerWorkflow(node, parameters, {});
  const outputs = await node.execute.call({
    getNode: () => self,
    getInputData: () => items,
    continueOnFail: () => onError !== undefined,
    getCredentials: async () => {
      if (credentials instanceof Error) throw credentials;
      return credentials;
    },
    getNodeParameter: (name, index, fallback) => {
      const value = resolve(node, self)[name];
      if (value === undefined && fallback === undefined) throw new Error(`Could not get parameter ${name}`);
      if (typeof value !== "string" || !value.startsWith("=")) return value ?? fallback;
      return workflow.expression.getParameterValue(value, null, 0, index, "Hookward Trigger", items, "manual", {});
    },
    helpers: {
      getBinaryDataBuffer: async (index, name) => {
        const data = items[index].binary?.[name];
        if (data === undefined) throw new Error(`This operation expects the node's input data to contain a binary file '${name}'`);
        return Buffer.from(data.data, "base64");
      },
    },
    sendResponse: (response) => sent.push(response),
  });
  return Object.assign(outputs, { sent });
}

/** An item as a Webhook node with Raw Body makes it. */
function delivery({ body = BODY, raw = body, secret = SECRET, timestamp, provider = "tinyposter", headers } = {}) {
  const signed = hookward.sign({ provider, secret, body, timestamp });
  const named = Object.fromEntries(Object.entries(signed).map(([name, value]) => [name.toLowerCase(), value]));
  return { json: { headers: headers ?? named }, binary: { data: { data: Buffer.from(raw).toString("base64"), mimeType: "application/json" } } };
}
const verify = (more = {}) => ({ operation: "verify", provider: "tinyposter", headers: "={{ $json.headers }}", ...more });
const json = (item) => JSON.parse(JSON.stringify(item.json));

test("a verified delivery leaves by the second output, any other by the first with a code", async () => {
  const now = Math.floor(Date.now() / 1000);
  const good = delivery();
  const doubled = { "x-tinyposter-signature": `${good.json.headers["x-tinyposter-signature"]}, ${good.json.headers["x-tinyposter-signature"]}` };
  const items = [good, delivery({ raw: `${BODY} ` }), delivery({ timestamp: now - 400 }), delivery({ headers: {} }), delivery({ headers: doubled })];
  const [invalid, valid] = await run(verify(), items);
  assert.equal(valid.length, 1);
  const { verification, ...event } = json(valid[0]);
  assert.deepEqual(event, {
    id: "evt_1",
    type: "ping",
    created: 1767323045,
    data: { n: "ü" },
    payload: JSON.parse(BODY),
    headers: good.json.headers,
  });
  assert.equal(verification.freshness, "fresh");
  assert.deepEqual([valid[0].binary, valid[0].pairedItem], [good.binary, { item: 0 }]);
  assert.deepEqual(
    invalid.map((item) => [item.json.code, item.pairedItem.item]),
    [["signature_mismatch", 1], ["timestamp_too_old", 2], ["missing_signature", 3], ["malformed_signature", 4]],
  );
});

test("headers as JSON, both secrets, the options, a scheme of one's own", async () => {
  const item = delivery({ secret: "whsec_old", timestamp: Math.floor(Date.now() / 1000) - 400 });
  const headers = JSON.stringify(item.json.headers);
  const credentials = { secret: "whsec_new", previousSecret: "whsec_old" };
  const [, valid] = await run(verify({ headers, verifyOptions: { tolerance: 500 } }), [item], { credentials });
  assert.equal(valid[0].json.verification.secretIndex, 1);

  const url = "https://n8n.example.com/webhook/x";
  const square = hookward.sign({ provider: "square", secret: SECRET, method: "POST", url, body: BODY });
  const signed = { ...delivery(), json: { headers: square } };
  for (const [given, count] of [[url, 1], ["https://other.example.com/", 0]]) {
    const [, right] = await run(verify({ provider: "square", verifyOptions: { url: given } }), [signed]);
    assert.equal(right.length, count);
  }

  const scheme = { signature: "X-Acme" };
  const own = hookward.sign({ scheme: hookward.customScheme(scheme), secret: SECRET, body: BODY });
  const [, accepted] = await run(verify({ provider: "own:scheme", scheme: JSON.stringify(scheme) }), [{ ...delivery(), json: { headers: own } }]);
  assert.equal(accepted.length, 1);
});

test("what is wrong with the node stops it, or goes on as invalid", async () => {
  const faults = [
    [verify(), [delivery()], { credentials: {} }, /no_secret/],
    [verify(), [delivery()], { credentials: new Error("no credential") }, /no credential/],
    [verify(), [{ json: delivery().json }], {}, /binary file/],
    [verify({ headers: "{" }), [delivery()], {}, /invalid_option/],
    [verify({ headers: "no headers" }), [delivery()], {}, /invalid_option/],
    [verify({ provider: "paypal" }), [delivery()], {}, /unsupported_provider/],
    [verify({ provider: "own:scheme", scheme: "{" }), [delivery()], {}, /invalid_scheme/],
  ];
  for (const [parameters, items, more, message] of faults) {
    await assert.rejects(run(parameters, items, more), (error) => error instanceof NodeOperationError && message.test(`${error.message} ${error.description ?? ""}`));
    const [invalid, valid] = await run(parameters, items, { ...more, onError: "continueRegularOutput" });
    assert.deepEqual([valid.length, invalid.length], [0, 1]);
    assert.equal(typeof invalid[0].json.code, "string");
  }
});

// n8n hands on by the first output by itself: the input of a deactivated node or of one that failed, and
// an empty item where "Always Output Data" is on. So that is where what is refused goes.
test("the outputs are named for Verify, Invalid first, and there is one otherwise", () => {
  for (const [operation, names] of [["verify", ["Invalid", "Valid"]], ["sign", [undefined]], ["respond", [undefined]]]) {
    const parameters = { operation };
    const workflow = triggerWorkflow(node, parameters, {});
    const outputs = NodeHelpers.getNodeOutputs(workflow, workflow.getNode("Hookward Trigger"), node.description);
    assert.deepEqual(outputs.map(({ displayName }) => displayName), names);
  }
});

test("what Sign makes, verify accepts: for every provider", async () => {
  const known = hookward.providers().filter(({ id }) => !["hubspot", "square"].includes(id));
  assert.ok(known.length > 70);
  for (const { id, scheme } of known) {
    const secret = { hex: "00".repeat(32) }[scheme.key] ?? (scheme.key?.startsWith("base64") ? `${scheme.key.slice(7)}AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=` : SECRET);
    const [unit, field] = scheme.time?.split(" /") ?? [];
    const now = unit === "ms" ? Date.now() : new Date().toISOString();
    const body = field ? JSON.stringify({ ...JSON.parse(BODY), [field]: now }) : BODY;
    const parameters = { operation: "sign", provider: id, body, signOptions: { id: "msg_1", eventType: "ping", deliveryId: "" } };
    const [[item]] = await run(parameters, [{ json: {} }], { credentials: { secret } });
    const event = hookward.verify({ provider: id, secret, headers: item.json.headers, body: item.json.body, tolerance: 300 });
    assert.equal(event.verification.provider, id);
    assert.equal(item.json.body, body);
  }
});

test("Sign by the item's own data, where it is signed, and what cannot be signed", async () => {
  const [[item]] = await run({ operation: "sign", provider: "github", body: "={{ JSON.stringify($json) }}" }, [{ json: { a: 1 } }]);
  assert.equal(item.json.body, '{"a":1}');
  const square = { operation: "sign", provider: "square", body: BODY };
  await assert.rejects(run(square, [{ json: {} }]), /invalid_target/);
  const url = "https://n8n.example.com/x";
  const [[signed]] = await run({ ...square, signOptions: { url, method: "POST" } }, [{ json: {} }]);
  assert.ok(hookward.verify({ provider: "square", secret: SECRET, url, method: "POST", ...signed.json }));
  const [[failed]] = await run(square, [{ json: {} }], { onError: "continueErrorOutput" });
  assert.deepEqual([failed.json.code, failed.error instanceof NodeOperationError], ["invalid_target", true]);
});

test("Respond answers once, with JSON or with text", async () => {
  const items = [{ json: { a: 1 } }, { json: { a: 2 } }];
  const answer = await run({ operation: "respond", responseCode: 202, responseBody: '{"ok":true}' }, items);
  assert.deepEqual(answer.sent, [{ statusCode: 202, headers: { "content-type": "application/json" }, body: { ok: true } }]);
  assert.deepEqual(answer[0].map(({ json }) => json.a), [1, 2]);
  const text = await run({ operation: "respond", responseBody: "<b>thanks</b>" }, items);
  assert.deepEqual(text.sent, [{ statusCode: 200, headers: { "content-type": "text/plain; charset=utf-8" }, body: "<b>thanks</b>" }]);
});
