// `hookward snippet --for n8n`: for every provider, in a sandbox like n8n's.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { before, test } from "node:test";

import { nodes, vectors } from "../packaging/packed.mjs";
import { runVectors } from "../packaging/suite.mjs";
import { atTime, codeNode, item, withSecrets } from "./code-node.mjs";
import { file, hookward, installation, NOW, signed } from "./tool.mjs";

/** Of a whole snippet, in characters: what it is, with a little room. */
const MOST = 43_000;

const SECRET = "whsec_5fd0b0aa94c3ee6c45fa67d3fbbd0c70";
const BODY = JSON.stringify({ id: "evt_1", type: "post.published", created: "2023-11-14T22:13:20.000Z", data: { n: "ü" } });
const URL_SIGNED = "https://example.com/webhooks";

const snippet = (...args) => hookward(["snippet", "--for", "n8n", ...args]);
const needsUrl = ({ scheme }) => scheme.signed?.includes("{url");

/** What the tool prints for each provider, by its id. */
const snippets = new Map();
let providers;
let tinyposter;
let good;

before(async () => {
  ({ providers } = await installation());
  const list = providers();
  const next = async () => {
    for (let one = list.pop(); one; one = list.pop()) {
      const url = needsUrl(one) ? ["--url", URL_SIGNED] : [];
      const { code, out, err } = await snippet("--provider", one.id, "--without-handshake", ...url);
      assert.equal(code, 0, err);
      snippets.set(one.id, out);
    }
  };
  await Promise.all([next(), next(), next()]);
  tinyposter = atTime(NOW) + withSecrets(snippets.get("tinyposter"), [SECRET]);
  good = await signed("tinyposter", SECRET, BODY);
});

test("every provider's snippet is small", (t) => {
  const sizes = [...snippets].map(([id, { length }]) => [id, length]).sort(([, a], [, b]) => b - a);
  t.diagnostic(`from ${sizes.at(-1)[1]} to ${sizes[0][1]} characters`);
  for (const [id, size] of sizes) assert.ok(size < MOST, `${id}: ${size} characters`);
  assert.ok(sizes.at(-1)[1] > 20_000, "is the module in it?");
  assert.equal(sizes.length, providers().length);
});

test("every provider's snippet holds that provider alone", () => {
  for (const [id, code] of snippets) {
    for (const other of ["X-Tinyposter-Signature", "Stripe-Signature", "X-LMP-Signature"]) {
      const own = providers().find((one) => one.id === id).scheme;
      if (!JSON.stringify(own).includes(other) && !id.startsWith("letmepost")) assert.ok(!code.includes(other), `${id}: ${other}`);
    }
  }
});

test("every provider's snippet runs its vectors in the sandbox", async () => {
  let cases = 0;
  for (const file of vectors.filter(({ provider }) => snippets.has(provider))) {
    const [, verifier] = /\n(function verifier\(\) .*)$/s.exec(snippets.get(file.provider));
    let verify;
    await codeNode(`${verifier}\nkeep(verifier());`, { globals: { keep: (one) => void (verify = one) } });
    const found = await runVectors({ verify }, [file]);
    assert.deepEqual(found.failures, [], file.provider);
    cases += found.cases;
  }
  assert.ok(cases > 3000, `${cases} cases`);
});

test("for every provider, the lines around let the good delivery through, and no other", async () => {
  let good = 0;
  for (const { provider, cases } of vectors.filter(({ provider }) => snippets.has(provider))) {
    const one = cases.find(({ name }) => name === "good");
    const url = one.target?.url;
    const own = url === undefined ? snippets.get(provider) : (await snippet("--provider", provider, "--url", url)).out;
    const code = atTime(one.now) + withSecrets(own, one.secrets);
    const body = Buffer.from(one.body.utf8);
    const [{ json, pairedItem }] = await codeNode(code, { items: [item(one.headers, body)] });
    assert.deepEqual([json.verification.provider, json.verification.freshness, pairedItem], [provider, one.expect.ok.freshness, { item: 0 }]);
    await assert.rejects(codeNode(code, { items: [item(one.headers, `${body} `)] }), /^Error: signature_mismatch: /, provider);
    await assert.rejects(codeNode(code, { items: [item([], body)] }), /^Error: missing_/, provider);
    good += 1;
  }
  assert.equal(good, snippets.size);
});

test("a verified delivery becomes an item", async () => {
  const [{ json, ...rest }] = await codeNode(tinyposter, { items: [item(good, BODY)] });
  const { headers, verification, ...event } = json;
  assert.deepEqual(rest, { pairedItem: { item: 0 } });
  assert.deepEqual(event, { id: "evt_1", type: "post.published", created: NOW, data: { n: "ü" }, payload: JSON.parse(BODY) });
  assert.equal(headers["x-tinyposter-signature"], good["X-Tinyposter-Signature"]);
  const { eventKey, ...found } = verification;
  assert.deepEqual(found, { provider: "tinyposter", secretIndex: 0, freshness: "fresh", timestamp: NOW });
  assert.match(eventKey, /^[0-9a-f]{64}$/);
});

test("the body is read in both of the ways that n8n keeps files in", async () => {
  const { json } = item(good, BODY, { _files: { data: { body: BODY } } });
  const [{ json: found }] = await codeNode(tinyposter, { items: [{ json }] });
  assert.equal(found.id, "evt_1");
});

test("each refusal begins with its code", async () => {
  const refused = (items, pattern, code = tinyposter) => assert.rejects(codeNode(code, { items }), pattern);
  await refused([item(good, BODY.replace("ü", "u"))], /^Error: signature_mismatch: /);
  await refused([item({}, BODY)], /^Error: missing_signature: /);
  await refused([{ json: item(good, BODY).json }], /^Error: body_not_raw: switch on "Raw Body"/);
  await refused([item(good, BODY)], /^Error: no_secret: /, atTime(NOW) + snippets.get("tinyposter"));
  const late = tinyposter.replace(atTime(NOW), atTime(NOW + 301));
  await refused([item(good, BODY)], /^Error: timestamp_too_old: /, late);
  await refused([item(good, BODY), item(good, `${BODY} `)], /^Error: signature_mismatch: /);
});

test("both secrets of a rotation are taken", async () => {
  const code = atTime(NOW) + withSecrets(snippets.get("tinyposter"), ["whsec_new", SECRET]);
  const [{ json }] = await codeNode(code, { items: [item(good, BODY)] });
  assert.equal(json.verification.secretIndex, 1);
});

test("--tolerance is what the snippet allows", async () => {
  const { out } = await snippet("--provider", "tinyposter", "--tolerance", "3600");
  const code = atTime(NOW + 3600) + withSecrets(out, [SECRET]);
  assert.equal((await codeNode(code, { items: [item(good, BODY)] })).length, 1);
  await assert.rejects(codeNode(code.replace(atTime(NOW + 3600), atTime(NOW + 3601)), { items: [item(good, BODY)] }), /timestamp_too_old/);
});

test("--once drops what the workflow has had, and remembers only the newest", async () => {
  const { out } = await snippet("--provider", "tinyposter", "--once");
  const code = atTime(NOW) + withSecrets(out, [SECRET]);
  const memory = {};
  assert.equal((await codeNode(code, { items: [item(good, BODY)], memory })).length, 1);
  assert.deepEqual(await codeNode(code, { items: [item(good, BODY)], memory }), []);
  await assert.rejects(codeNode(code, { items: [item(good, `${BODY} `)], memory }), /signature_mismatch/);
  assert.equal(memory.hookward.length, 1);
  const [key] = memory.hookward;
  memory.hookward = Array.from({ length: 1000 }, (_, at) => `${at}`);
  assert.equal((await codeNode(code, { items: [item(good, BODY), item(good, BODY)], memory })).length, 1);
  assert.deepEqual([memory.hookward.length, memory.hookward[0], memory.hookward.at(-1)], [1000, "1", key]);
});

test("--require takes the installed package, and is the same otherwise", async () => {
  const { out } = await snippet("--provider", "tinyposter", "--require");
  assert.ok(out.length < 2000);
  const { folder } = await installation();
  // A package is loaded outside of the sandbox, and has the machine's clock.
  const require = (name) => (assert.equal(name, "hookward"), createRequire(join(folder, "project.js"))(name));
  const headers = await signed("tinyposter", SECRET, BODY, { timestamp: undefined });
  const run = (code, body) => codeNode(withSecrets(code, [SECRET]), { items: [item(headers, body)], globals: { require } });
  assert.deepEqual(await run(out, BODY), await run(snippets.get("tinyposter"), BODY));
  await assert.rejects(run(out, `${BODY} `), /^Error: signature_mismatch: /);
});

test("--secret-from reads the secret where it is", async () => {
  for (const [from, globals] of [["env:HOOK", { $env: { HOOK: SECRET } }], ["vars:HOOK", { $vars: { HOOK: SECRET } }]]) {
    const { out } = await snippet("--provider", "tinyposter", "--secret-from", from);
    const [{ json }] = await codeNode(atTime(NOW) + out, { items: [item(good, BODY)], globals });
    assert.equal(json.id, "evt_1");
    const [name] = Object.keys(globals);
    await assert.rejects(codeNode(atTime(NOW) + out, { items: [item(good, BODY)], globals: { [name]: {} } }), /^Error: no_secret: /);
  }
});

test("a scheme of one's own has a snippet too", async () => {
  // A line separator would end the comment that the name stands in.
  const scheme = { name: "Acme\u2028throw 1", signature: "X-Acme", format: "t={timestamp},v1={signature}", time: "s", signed: "{timestamp}.{body}", eventKey: "/id", tolerance: 60 };
  const path = await file(JSON.stringify(scheme));
  const { customScheme, folder, sign } = await installation();
  const headers = sign({ scheme: customScheme(scheme), secret: SECRET, body: BODY });
  const require = (name) => createRequire(join(folder, "project.js"))(name);
  for (const args of [[], ["--require"]]) {
    const { code, out, err } = await snippet("--scheme", path, ...args);
    assert.equal(code, 0, err);
    const run = (body) => codeNode(withSecrets(out, [SECRET]), { items: [item(headers, body)], globals: { require } });
    const [{ json }] = await run(BODY);
    assert.deepEqual([json.id, json.verification.provider, json.verification.freshness], ["evt_1", "custom", "fresh"]);
    await assert.rejects(run(`${BODY} `), /^Error: signature_mismatch: /);
  }
  const both = await snippet("--scheme", path, "--provider", "github");
  assert.deepEqual([both.code, /give --provider or --scheme/.test(both.err)], [2, true]);
  const broken = await snippet("--scheme", await file("{}"));
  assert.deepEqual([broken.code, /--scheme .*signature/.test(broken.err)], [2, true]);
});

for (const node of Object.keys(nodes)) {
  test(`what ${node} prints runs`, async () => {
    const { code, out } = await hookward(["snippet", "--for", "n8n", "--provider", "tinyposter"], { node });
    assert.equal(code, 0);
    assert.ok(out.length < MOST);
    assert.equal((await codeNode(atTime(NOW) + withSecrets(out, [SECRET]), { items: [item(good, BODY)] })).length, 1);
  });
}

test("it can be had in a file, and as JSON", async () => {
  const { folder } = await installation();
  const { code, out, err } = await snippet("--provider", "tinyposter", "--output", "code-node.js");
  assert.deepEqual([code, out], [0, ""]);
  assert.match(err, /^code-node\.js: \d+ bytes\n/);
  assert.equal(readFileSync(join(folder, "code-node.js"), "utf8"), snippets.get("tinyposter"));
  const found = JSON.parse((await snippet("--provider", "tinyposter", "--json")).out);
  assert.deepEqual(Object.keys(found), ["ok", "for", "provider", "code", "bytes", "require", "notes"]);
  assert.deepEqual([found.ok, found.for, found.provider, found.require], [true, "n8n", "tinyposter", false]);
  assert.equal(`${found.code}\n`, snippets.get("tinyposter"));
  assert.equal(found.bytes, Buffer.byteLength(found.code));
});

test("what is to be known of a provider is told beside it", async () => {
  const notes = async (...args) => JSON.parse((await snippet("--json", ...args)).out).notes.join("\n");
  assert.match(await notes("--provider", "tinyposter"), /for 36 hours/);
  assert.match(await notes("--provider", "github"), /GitHub signs no time/);
  assert.doesNotMatch(await notes("--provider", "stripe"), /no time|hours/);
  assert.match(await notes("--provider", "stripe"), /can read the secret/);
  assert.doesNotMatch(await notes("--provider", "stripe", "--secret-from", "env:HOOK"), /can read the secret/);
  const { out, err } = await snippet("--provider", "github");
  assert.match(err, /^note: GitHub signs no time/);
  assert.doesNotMatch(out, /^note:/m);
});

test("what cannot be had is refused, and says why", async () => {
  const usage = async (args, pattern) => {
    const { code, out, err } = await hookward(["snippet", ...args]);
    assert.deepEqual([code, out], [2, ""], args.join(" "));
    assert.match(err, pattern);
  };
  const n8n = ["--for", "n8n", "--provider"];
  await usage(["--provider", "github"], /--for is missing: n8n or make/);
  await usage(["--for", "zapier", "--provider", "github"], /--for must be n8n or make/);
  await usage(["--for", "n8n"], /--provider is missing/);
  await usage([...n8n, "githab"], /there is no provider "githab"/);
  await usage([...n8n, "twilio"], /twilio uses HMAC-SHA1/);
  await usage([...n8n, "hubspot"], /HubSpot \(v3\) signs the URL: give it by --url/);
  await usage([...n8n, "github", "--url", URL_SIGNED], /GitHub does not sign the URL/);
  await usage([...n8n, "square", "--url", "example.com"], /--url must be a whole URL/);
  await usage([...n8n, "github", "--secret-from", "vault"], /--secret-from must be/);
  await usage([...n8n, "github", "--secret-from", "env:A B"], /--secret-from must be/);
  await usage([...n8n, "github", "--tolerance", "0"], /--tolerance must be a whole number/);
  await usage([...n8n, "github", "--output", "no/such/folder"], /it cannot be written \(ENOENT\)/);
  await usage(["--for", "make", "--provider", "github", "--once"], /--once goes with --for n8n/);
  await usage(["--for", "make", "--provider", "github", "--secret-from", "env:A"], /--secret-from goes with --for n8n/);
  const slack = await snippet("--provider", "slack");
  assert.deepEqual([slack.code, slack.out], [1, ""]);
  assert.match(slack.err, /^handshake_needed: Slack also sends requests .* --without-handshake/);
  const json = await snippet("--provider", "slack", "--json");
  assert.deepEqual([json.code, JSON.parse(json.out).code, JSON.parse(json.out).ok], [1, "handshake_needed", false]);
});
