// Providers that try a URL out before they use it.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { after, before, test } from "node:test";

import { installed } from "../packaging/packed.mjs";
import { startHost, store, triggerWorkflow } from "./host.mjs";
import { installNode } from "./packed.mjs";

const SECRET = "handshake-secret";

let nodes;
let hookward;
const hosts = [];
before(async () => {
  nodes = installNode();
  hookward = await installed();
});
after(() => Promise.all(hosts.map((host) => host.stop())));

let workflows = 0;
async function host(provider, options = {}) {
  const settings = { trigger: new nodes.HookwardTrigger(), parameters: { provider }, credentials: { secret: SECRET }, workflowId: `h${++workflows}` };
  const one = await startHost({ ...settings, ...options });
  hosts.push(one);
  return one;
}

const signed = (provider, body, more = {}) => ({ headers: hookward.sign({ provider, secret: SECRET, body, ...more }), body });
const echoed = ({ status, text, headers }) => [status, text, headers.get("content-type").split(";")[0], headers.get("x-content-type-options")];

test("by GET: Dropbox, Meta with its verify token, and X", async () => {
  const dropbox = await host("dropbox");
  assert.deepEqual(echoed(await dropbox.send({ method: "GET", path: "/?challenge=abc" })), [200, "abc", "text/plain", "nosniff"]);
  const meta = await host("meta", { credentials: { secret: SECRET, verifyToken: "tok" } });
  const path = (token) => `/?hub.mode=subscribe&hub.verify_token=${token}&hub.challenge=123`;
  assert.deepEqual(echoed(await meta.send({ method: "GET", path: path("tok") })), [200, "123", "text/plain", "nosniff"]);
  assert.equal((await meta.send({ method: "GET", path: path("other") })).status, 400);
  const x = await host("x");
  const token = createHmac("sha256", SECRET).update("t0k").digest("base64");
  assert.deepEqual((await x.send({ method: "GET", path: "/?crc_token=t0k" })).json, { response_token: `sha256=${token}` });
  assert.equal((await x.send({ method: "GET", path: "/?crc_token=%7B%7D" })).status, 400, "what a delivery could be is never signed");
  for (const one of [dropbox, meta, x]) assert.equal(one.runs.length, 0);
});

test("by POST, and verified first: Slack and Zoom", async () => {
  const slack = await host("slack");
  const challenge = signed("slack", '{"type":"url_verification","challenge":"c1"}');
  assert.deepEqual(echoed(await slack.send(challenge)).slice(0, 2), [200, "c1"]);
  assert.equal((await slack.send({ ...challenge, headers: {} })).status, 401);
  const zoom = await host("zoom");
  const validation = signed("zoom", '{"event":"endpoint.url_validation","payload":{"plainToken":"p1"}}');
  const encryptedToken = createHmac("sha256", SECRET).update("p1").digest("hex");
  assert.deepEqual((await zoom.send(validation)).json, { plainToken: "p1", encryptedToken });
  assert.equal((await zoom.send({ ...validation, headers: {} })).status, 401);
  assert.equal(slack.runs.length + zoom.runs.length, 0);
});

test("other methods, and GET where there is no such handshake", async () => {
  const one = await host("tinyposter");
  for (const method of ["GET", "PUT", "DELETE"]) {
    const answer = await one.send({ method });
    assert.deepEqual([answer.status, answer.json, answer.headers.get("allow")], [405, { code: "method_not_allowed" }, "POST"]);
  }
  assert.equal(one.runs.length, 0);
});

const arriving = { asana: { headers: { "x-hook-secret": "asana-secret" }, body: "" }, notion: { body: '{"verification_token":"secret_notion"}' } };
const secrets = { asana: "asana-secret", notion: "secret_notion" };

/** Publishes, or takes back, as n8n does: `activation` is n8n's word for why. */
async function lifecycle(stored, step, { activation = "activate", credentials = {} } = {}) {
  const trigger = new nodes.HookwardTrigger();
  const workflow = triggerWorkflow(trigger, {}, JSON.parse(stored.staticData));
  const node = workflow.getNode("Hookward Trigger");
  const result = await trigger.webhookMethods.default[step].call({
    getCredentials: async () => credentials,
    getActivationMode: () => activation,
    getWorkflowStaticData: (type) => workflow.getStaticData(type, node),
  });
  stored.staticData = JSON.stringify(workflow.staticData);
  return result;
}

test("a secret arrives once, within ten minutes of publishing, and is shown in a run", async () => {
  for (const provider of ["asana", "notion"]) {
    const stored = store();
    assert.equal(await lifecycle(stored, "checkExists"), false);
    assert.equal(await lifecycle(stored, "create"), true);
    const one = await host(provider, { credentials: {}, stored });
    const first = await one.send(arriving[provider]);
    assert.equal(first.status, 200);
    if (provider === "asana") assert.equal(first.headers.get("x-hook-secret"), "asana-secret");
    assert.deepEqual(one.runs.map(({ json }) => json), [{ type: "handshake", secret: secrets[provider] }]);
    const again = await one.send(arriving[provider]);
    assert.deepEqual([again.status, again.json], [500, { code: "no_secret" }], "no other is taken");
    assert.equal(one.runs.length, 1);
  }
});

test("of two that come at the same moment one is taken", async () => {
  const stored = store();
  await lifecycle(stored, "create");
  let find;
  const found = new Promise((resolve) => (find = resolve));
  const one = await host("asana", { credentials: {}, stored, found });
  const both = Promise.all(["first", "second"].map((secret) => one.send({ headers: { "x-hook-secret": secret }, body: "" })));
  await new Promise((resolve) => setTimeout(resolve, 300));
  find();
  const statuses = (await both).map(({ status }) => status).toSorted();
  assert.deepEqual([statuses, one.runs.length], [[200, 403], 1]);
  // Published again, it is open again.
  await new Promise((resolve) => setTimeout(resolve, 1100));
  await lifecycle(stored, "create");
  assert.deepEqual([(await one.send(arriving.asana)).status, one.runs.length], [200, 2]);
});

test("not before it was opened, not after ten minutes, not after it was taken back, not by a restart", async () => {
  const never = store();
  const restarted = store();
  await lifecycle(restarted, "create", { activation: "init" });
  const back = store();
  await lifecycle(back, "create");
  await lifecycle(back, "delete");
  const over = { staticData: JSON.stringify({ "node:Hookward Trigger": { openUntil: Math.floor(Date.now() / 1000) } }) };
  const withSecret = store();
  await lifecycle(withSecret, "create", { credentials: { secret: SECRET } });
  for (const stored of [never, restarted, back, over, withSecret]) {
    const one = await host("notion", { credentials: {}, stored });
    const answer = await one.send(arriving.notion);
    assert.deepEqual([answer.status, one.runs.length], [500, 0]);
  }
});

test("never where there is a secret", async () => {
  const stored = store();
  await lifecycle(stored, "create");
  for (const provider of ["asana", "notion"]) {
    const one = await host(provider, { stored });
    const answer = await one.send(arriving[provider]);
    assert.ok([401, 403].includes(answer.status), `${answer.status}`);
    assert.equal(one.runs.length, 0);
  }
});

test("while somebody listens for a test, it is shown to them", async () => {
  const one = await host("notion", { credentials: {}, mode: "manual" });
  assert.equal((await one.send(arriving.notion)).status, 200);
  assert.deepEqual(one.runs.map(({ json }) => json), [{ type: "handshake", secret: "secret_notion" }]);
});
