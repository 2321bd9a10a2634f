// What is in the tarball, and what is not.

import assert from "node:assert/strict";
import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";

import { pack, project, run, scratch } from "./packed.mjs";

let root;
before(() => {
  root = join(project({}), "node_modules/hookward");
});
const read = (name) => readFileSync(join(root, name), "utf8");

test("it holds the entries, their types, the module, the licences, and nothing else", () => {
  const names = pack().files.map(({ path }) => path).sort();
  const types = [
    ...["body", "errors", "event", "headers", "index", "options", "providers", "sign", "verify", "handshake", "scheme"],
    ...["answer", "clock", "receiver", "receiver-options", "secrets"],
    ...["types/events", "types/letmepost", "types/tinyposter", "types/tinysend", "types/typed"],
    ...["express", "fastify", "fetch", "fetch-types", "hono", "node", "node-request", "setup"].map((name) => `adapters/${name}`),
    ...["explain/explain", "explain/finding", "explain/index", "explain/text"],
    ...["stores/conformance", "stores/memory", "stores/redis", "stores/store"],
  ];
  assert.deepEqual(
    names,
    [
      ...["LICENSE-APACHE", "LICENSE-MIT", "README.md", "package.json", "docs/make.md", "docs/n8n.md"],
      ...["dist/edge.js", "dist/hookward.wasm", "dist/hookward-full.wasm", "dist/index.cjs", "dist/index.js"],
      ...["dist/index.node.cjs", "dist/index.node.js", "dist/index.packed.js", "dist/portable.cjs", "dist/portable.js"],
      ...["dist/cli/main.js", "dist/cli/snippet.json", "dist/explain/index.cjs", "dist/explain/index.js"],
      ...["express", "fastify", "fetch", "hono", "node"].flatMap((name) => [`dist/adapters/${name}.cjs`, `dist/adapters/${name}.js`]),
      ...["conformance", "redis"].flatMap((name) => [`dist/stores/${name}.cjs`, `dist/stores/${name}.js`]),
      ...types.flatMap((name) => [`dist/${name}.d.cts`, `dist/${name}.d.ts`]),
    ].sort(),
  );
});

test("it stands alone: no dependencies, no scripts that run at installation", () => {
  const manifest = JSON.parse(read("package.json"));
  for (const field of ["dependencies", "peerDependencies", "optionalDependencies"]) {
    assert.equal(manifest[field], undefined, field);
  }
  assert.deepEqual(Object.keys(manifest.scripts), ["prepack"]);
  assert.deepEqual(manifest.bin, { hookward: "dist/cli/main.js" });
  assert.equal(manifest.license, "MIT OR Apache-2.0");
  assert.equal(manifest.sideEffects, false);
  assert.deepEqual(manifest.engines, { node: "^20.16 || >=22.3" });
});

test("every path of the exports exists, types come first, and there is a way in for every resolver", () => {
  const { exports } = JSON.parse(read("package.json"));
  assert.deepEqual(Object.keys(exports), [
    ...[".", "./portable", "./express", "./fastify", "./fetch", "./hono", "./node"],
    ...["./explain", "./redis", "./store-test", "./package.json"],
  ]);
  const { module, node, ...others } = exports["."];
  assert.deepEqual(Object.keys(exports["."]), ["workerd", "edge-light", "module", "node", "require", "default"]);
  for (const [entry, conditions] of Object.entries({ ...exports, ".": others, "in Node": node, "bundled": module })) {
    if (entry === "./package.json") continue;
    assert.deepEqual(Object.keys(conditions).slice(-2), [entry === "bundled" ? "node" : "require", "default"], entry);
    for (const [condition, target] of Object.entries(conditions)) {
      assert.deepEqual(Object.keys(target), ["types", "default"], `${entry} ${condition}`);
      for (const path of Object.values(target)) assert.ok(read(path).length > 0, path);
    }
  }
});

test("the entries use nothing that a runtime may lack", () => {
  for (const name of ["index.js", "index.cjs", "index.node.js", "index.node.cjs", "index.packed.js", "edge.js"].map((name) => `dist/${name}`)) {
    // Without the modules' text and the message that explains raw bodies.
    const code = read(name)
      .replaceAll(/"[^"\n]{2000,}"/g, '""')
      .replaceAll(/`[^`]*`/g, "``")
      // Node's own Buffer, where Node was asked for it.
      .replace(/\bhost\w*\.Buffer\.from\(/, "")
      // The one look at what the host has, by way of globalThis.
      .replace(/const \{ process \} = globalThis;\s+return process\?\.getBuiltinModule && \(\(id\) => process\.getBuiltinModule\?\.\(id\)\);/, "");
    for (const word of [/\bBuffer\b/, /\bprocess\b/, /\brequire\(/, /\bfs\b/, /^\S.*\bawait\b/m, /\bURL\b/, /\beval\b/, /\bnew Function\b/]) {
      assert.doesNotMatch(code, word, name);
    }
  }
});

test("the modules tell nothing of the machine that built them", () => {
  const text = ["", "-full"].map((name) => readFileSync(join(root, `dist/hookward${name}.wasm`), "latin1")).join("");
  for (const path of [/\/(root|home|work|Users|tmp)\//, /\.cargo/]) assert.doesNotMatch(text, path);
});

test("the types name every code of the core's", () => {
  const core = readFileSync(new URL("../../crates/hookward/src/error.rs", import.meta.url), "utf8");
  // Each is the first word of the template of a message.
  const templates = core.slice(core.indexOf("fn template("), core.indexOf("fn arguments("));
  const codes = [...templates.matchAll(/"([a-z]+(?:_[a-z]+)+) /g)].map(([, code]) => code);
  assert.ok(codes.length >= 18);
  const typed = [...read("dist/errors.d.ts").matchAll(/"([a-z_]+)"/g)].map(([, code]) => code);
  const own = ["invalid_option", "body_not_raw", "body_changed", "internal_error", "unsupported_encoding", "handler_failed", "event_in_progress", "lease_lost", "store_unavailable"];
  assert.deepEqual([...typed].sort(), [...codes, ...own].sort());
  const readme = read("README.md");
  for (const code of typed) assert.ok(readme.includes(`\`${code}\``), code);
});

test("what is not built is not packed", async () => {
  const copy = scratch();
  for (const name of ["package.json", "scripts/prepack.mjs"]) {
    cpSync(new URL(`../../npm/hookward/${name}`, import.meta.url), join(copy, name));
  }
  await assert.rejects(run(process.execPath, [join(copy, "scripts/prepack.mjs")]), /cargo xtask build npm/);
});
