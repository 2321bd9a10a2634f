// `hookward snippet --for n8n` in the real sandbox of n8n's Code node.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { atTime, webhookHeaders, withSecrets } from "../../cli/code-node.mjs";
import { hookward, installation } from "../../cli/tool.mjs";
import { beside, vectors } from "../../packaging/packed.mjs";
import { startRunner } from "./runner.mjs";

const PROVIDERS = ["tinyposter", "tinysend", "letmepost", "stripe", "github", "standard-webhooks"];
const SECRET = "whsec_5fd0b0aa94c3ee6c45fa67d3fbbd0c70";
const BODY = '{"id":"evt_1","type":"ping","created":"2026-01-01T00:00:00.000Z","data":{"n":"ü"}}';

/** A delivery of tinyposter's, signed by Node so many seconds ago: what a Webhook node hands on. */
function delivery(body = BODY, age = 0) {
  const t = Math.floor(Date.now() / 1000) - age;
  const tag = createHmac("sha256", SECRET).update(`${t}.${body}`).digest("hex");
  return { json: { headers: { "content-type": "application/json", "x-tinyposter-signature": `t=${t},v1=${tag}` } }, binary: Buffer.from(body) };
}

async function snippet(provider, ...args) {
  const { code, out, err } = await hookward(["snippet", "--for", "n8n", "--provider", provider, ...args]);
  assert.equal(code, 0, err);
  return out;
}

let runner;
before(async () => {
  const { folder } = await installation();
  runner = await startRunner({ modules: join(folder, "node_modules"), allowed: ["hookward"] });
});
after(() => runner?.stop());

for (const [how, args] of [["pasted", []], ["required", ["--require"]]]) {
  test(`${how}: a good delivery comes through, and no other`, async () => {
    const code = withSecrets(await snippet("tinyposter", ...args), [SECRET]);
    const [{ json, pairedItem }] = await runner.run(code, delivery());
    const { verification, headers, ...event } = json;
    assert.deepEqual(event, { id: "evt_1", type: "ping", created: 1767225600, data: { n: "ü" }, payload: JSON.parse(BODY) });
    assert.deepEqual([verification.provider, verification.freshness, headers["content-type"], pairedItem], ["tinyposter", "fresh", "application/json", { item: 0 }]);
    const refused = (what, pattern, its = code) => assert.rejects(runner.run(its, what), (error) => pattern.test(error.message) || assert.fail(error.message));
    await refused({ ...delivery(), binary: Buffer.from(`${BODY} `) }, /^signature_mismatch: /);
    await refused({ ...delivery(), json: { headers: {} } }, /^missing_signature: /);
    await refused(delivery(BODY, 301), /^timestamp_too_old: /);
    await refused(delivery("{}"), /^malformed_envelope: /);
    await refused({ json: delivery().json }, /^body_not_raw: switch on "Raw Body"/);
    await refused(delivery(), /^no_secret: /, await snippet("tinyposter", ...args));
  });

  test(`${how}: --once drops what the workflow has had`, async () => {
    const code = withSecrets(await snippet("tinyposter", "--once", ...args), [SECRET]);
    const staticData = {};
    const ids = async (what) => (await runner.run(code, { ...what, staticData })).map(({ json }) => json.id);
    assert.deepEqual(await ids(delivery()), ["evt_1"]);
    assert.deepEqual(await ids(delivery()), [], "the same again");
    assert.deepEqual(await ids(delivery(BODY, 10)), [], "signed anew");
    assert.deepEqual(await ids(delivery(BODY.replace("evt_1", "evt_2"))), ["evt_2"]);
    assert.equal(staticData.global.hookward.length, 2);
  });
}

test("the body is read where n8n keeps all files of an item together", async () => {
  const code = withSecrets(await snippet("tinyposter"), [SECRET]);
  const { json, binary } = delivery();
  // A file in an item's JSON, and none beside it: the broker has it.
  const kept = { ...json, _files: { data: { mimeType: "application/json", data: "kept elsewhere" } } };
  const [{ json: found }] = await runner.run(code.replace('item.binary?.data ? "data" : ', ""), { json: kept, binary });
  assert.equal(found.id, "evt_1");
});

test("the secret can be an n8n variable, or in the environment where that may be read", async () => {
  const variable = await snippet("tinyposter", "--secret-from", "vars:HOOK");
  assert.equal((await runner.run(variable, { ...delivery(), variables: { HOOK: SECRET } }))[0].json.id, "evt_1");
  await assert.rejects(runner.run(variable, delivery()), /no_secret/);
  const env = await snippet("tinyposter", "--secret-from", "env:HOOK");
  assert.equal((await runner.run(env, { ...delivery(), env: { HOOK: SECRET } }))[0].json.id, "evt_1");
  await assert.rejects(runner.run(env, delivery()), /denied/);
});

const suite = beside("suite.mjs").replaceAll(/^export /gm, "");

for (const provider of PROVIDERS) {
  test(`${provider}: the snippet's verifier runs every vector, its lines the good one`, async () => {
    const code = await snippet(provider);
    const file = vectors.find((one) => one.provider === provider);
    const [, verifier] = /\n(function verifier\(\) .*)$/s.exec(code);
    const all = `${suite}\n${verifier}\nreturn [{ json: await runVectors({ verify: verifier() }, [$input.first().json.file]) }];`;
    const [{ json }] = await runner.run(all, { json: { file } });
    assert.deepEqual([json.failures, json.cases], [[], file.cases.length]);
    const { secrets, headers, body, now } = file.cases.find(({ name }) => name === "good");
    const lines = atTime(now) + withSecrets(code, secrets);
    const [{ json: event }] = await runner.run(lines, { json: { headers: webhookHeaders(headers) }, binary: Buffer.from(body.utf8) });
    assert.equal(event.verification.provider, provider);
  });
}
