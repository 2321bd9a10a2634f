// The README's code, run as it stands.

import assert from "node:assert/strict";
import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";
import vm from "node:vm";

import { project, tool } from "./packed.mjs";

const secret = "whsec_readme";
const body = '{"id":"evt_1","type":"ping","created":"2026-01-01T00:00:00.000Z","data":{"n":"ü"}}';

let folder;
let hookward;
let snippets;
const servers = [];
before(async () => {
  process.env.WEBHOOK_SECRET = secret;
  folder = project({ "entry.mjs": 'export * from "hookward";' });
  hookward = await import(join(folder, "entry.mjs"));
  const readme = readFileSync(join(folder, "node_modules/hookward/README.md"), "utf8");
  snippets = Object.fromEntries(
    [...readme.matchAll(/```js\n\/\/ test: (\w+)\n(.*?)```/gs)].map(([, name, code]) => [name, code]),
  );
  for (const name of ["express", "fastify", "hono"]) {
    symlinkSync(tool(name), join(folder, "node_modules", name));
  }
});
after(() => {
  for (const server of servers) server.close();
});

/** A snippet as a module that exports `name`. */
async function load(snippet, name) {
  const file = join(folder, `${snippet}.mjs`);
  const code = snippets[snippet];
  writeFileSync(file, code.includes(`export async function ${name}`) ? code : `${code}\nexport { ${name} };\n`);
  return (await import(file))[name];
}

const signed = (text) => ({
  ...hookward.sign({ provider: "tinyposter", secret, body: text }),
  "content-type": "application/json",
});

/** Holds a receiver to what a good delivery and a tampered one must get. `post` resolves to a Response. */
async function holds(post) {
  const good = await post(body, signed(body));
  assert.deepEqual([good.status, await good.json()], [200, { received: "evt_1" }]);
  const tampered = await post(body.replace("ping", "pong"), signed(body));
  assert.deepEqual([tampered.status, await tampered.json()], [400, { code: "signature_mismatch" }]);
  const unsigned = await post(body, { "content-type": "application/json" });
  assert.deepEqual([unsigned.status, await unsigned.json()], [400, { code: "missing_signature" }]);
}

/** Listens with a handler of Node's; a function that posts to it. */
async function listen(handler) {
  const server = createServer(handler).listen(0, "127.0.0.1");
  servers.push(server);
  await new Promise((resolve) => server.once("listening", resolve));
  const url = `http://127.0.0.1:${server.address().port}/webhooks`;
  return (text, headers) => fetch(url, { method: "POST", body: text, headers, signal: AbortSignal.timeout(10_000) });
}

test("every snippet is run", () => {
  assert.deepEqual(Object.keys(snippets).sort(), ["express", "fastify", "fetch", "hono", "n8n", "node"]);
});

test("Express", async () => holds(await listen(await load("express", "app"))));

test("Fastify", async () => {
  const app = await load("fastify", "app");
  await app.ready();
  await holds(await listen(app.routing));
});

test("Next.js and other fetch handlers", async () => {
  const POST = await load("fetch", "POST");
  await holds((text, headers) => POST(new Request("http://localhost", { method: "POST", body: text, headers })));
});

test("Hono", async () => {
  const app = await load("hono", "app");
  await holds((text, headers) => app.request("/webhooks", { method: "POST", body: text, headers }));
});

test("node:http", async () => {
  const server = await load("node", "app");
  await holds(await listen((...args) => server.emit("request", ...args)));
});

test("n8n's Code node: another realm, no globals but those it has, a frozen Error.prototype", async () => {
  const module = { exports: {} };
  const realm = vm.createContext({ WebAssembly, TextEncoder, TextDecoder, atob, btoa, Buffer });
  vm.runInContext("Object.freeze(Error.prototype)", realm);
  const packed = readFileSync(join(folder, "node_modules/hookward/dist/index.cjs"), "utf8");
  vm.runInContext(`(function (module, exports) {${packed}\n})`, realm)(module, module.exports);
  const text = body;
  const headers = Object.fromEntries(
    Object.entries(hookward.sign({ provider: "tinyposter", secret: "whsec_…", body: text })).map(([k, v]) => [k.toLowerCase(), v]),
  );
  const scope = {
    require: (name) => (assert.equal(name, "hookward"), module.exports),
    $json: { headers },
    helpers: { getBinaryDataBuffer: async () => Buffer.from(text) },
  };
  const code = vm.runInContext(`(async function (require, $json) {${snippets.n8n}})`, realm);
  const items = await code.call(scope, scope.require, scope.$json);
  assert.equal(JSON.stringify(items), '[{"json":{"id":"evt_1","type":"ping","data":{"n":"ü"}}}]');
  scope.helpers.getBinaryDataBuffer = async () => Buffer.from(`${text} `);
  await assert.rejects(code.call(scope, scope.require, scope.$json), { code: "signature_mismatch", name: "HookwardError" });
});
