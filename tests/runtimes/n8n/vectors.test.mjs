// n8n's Code node: the real sandbox, with the package installed beside it, and with it pasted in.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { build } from "esbuild";

import { vectors } from "../../packaging/packed.mjs";
import { entries, expected as everywhere, projectWithChecks, script } from "../everywhere.mjs";
import { startRunner } from "./runner.mjs";

let folder;
let runner;
before(async () => {
  folder = projectWithChecks();
  // One that cannot be required would stop the runner, and with it every Code node.
  runner = await startRunner({ modules: join(folder, "node_modules"), allowed: entries });
});
after(() => runner?.stop());

// It has no Request; and JSON, in which the outcome comes back, has no undefined.
const { fetched, ...expected } = everywhere;
assert.ok(fetched);

test("the sandbox is as hard as n8n makes it", async () => {
  const [{ json }] = await runner.run(`
    let required = "something";
    try { require("node:fs"); } catch (error) { required = error.message; }
    const { __proto__: HostError } = require("hookward").HookwardError;
    return [{ json: { required, frozen: Object.isFrozen(HostError.prototype), process: typeof process, crypto: typeof crypto } }];
  `);
  const { required, ...rest } = json;
  assert.match(required, /disallowed/);
  assert.deepEqual(rest, { frozen: true, process: "undefined", crypto: "undefined" });
});

test("a Code node runs every vector", async () => {
  const required = entries.map((entry) => `"${entry}": require("${entry}")`).join(", ");
  const code = `${script}\nreturn [{ json: await check({ ${required} }, $input.first().json.vectors, runVectors) }];`;
  const [{ json }] = await runner.run(code, { json: { vectors } });
  assert.deepEqual(json, expected);
});

test("the README's block verifies what a Webhook node hands on", async () => {
  const readme = readFileSync(join(folder, "node_modules/hookward/README.md"), "utf8");
  const [, block] = /```js\n\/\/ test: n8n\n(.*?)```/s.exec(readme);
  const body = '{"id":"evt_1","type":"ping","created":"2026-01-01T00:00:00.000Z","data":{"n":"ü"}}';
  const signing = 'return [{ json: require("hookward").sign($input.first().json) }];';
  const [{ json: signed }] = await runner.run(signing, { json: { provider: "tinyposter", secret: "whsec_…", body } });
  const headers = Object.fromEntries(Object.entries(signed).map(([name, value]) => [name.toLowerCase(), value]));
  const [{ json }] = await runner.run(block, { json: { headers }, binary: Buffer.from(body) });
  assert.deepEqual([json.id, json.type, json.data], ["evt_1", "ping", { n: "ü" }]);
  await assert.rejects(runner.run(block, { json: { headers }, binary: Buffer.from(`${body} `) }), /signature/);
});

test("a Code node runs every vector with the package pasted into it", async () => {
  // By name: of `import *` bundlers make an object with Object.defineProperty, which does nothing there.
  const names = Object.keys(await import(join(folder, "node_modules/hookward/dist/portable.js"))).join(", ");
  const { outputFiles } = await build({
    stdin: { contents: `import { ${names} } from "hookward/portable"; pasted = { ${names} };`, resolveDir: folder },
    bundle: true,
    write: false,
    minify: true,
    format: "iife",
    logLevel: "silent",
  });
  const code = `let pasted;\n${outputFiles[0].text}\n${script}\nreturn [{ json: await check({ hookward: pasted }, $input.first().json.vectors, runVectors) }];`;
  const [{ json }] = await runner.run(code, { json: { vectors } });
  assert.deepEqual(json, { ...expected, exports: { hookward: expected.exports["hookward/portable"] } });
});
