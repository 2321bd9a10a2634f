// Chromium: the package's own files by an import map, without any bundler.

import assert from "node:assert/strict";
import { before, test } from "node:test";

import { expected, projectWithChecks } from "../everywhere.mjs";
import { inChromium } from "./chromium.mjs";

const page = `<!doctype html><script type="importmap">{ "imports": {
  "hookward": "/node_modules/hookward/dist/index.js",
  "hookward/portable": "/node_modules/hookward/dist/portable.js"
} }</script>`;

let folder;
before(() => {
  folder = projectWithChecks({ "index.html": page });
});

for (const entry of ["hookward", "hookward/portable"]) {
  test(`Chromium runs every vector with ${entry}`, async () => {
    const script = async (entry) => {
      const [hookward, { check }, { runVectors }] = await Promise.all([entry, "/checks.mjs", "/suite.mjs"].map((name) => import(name)));
      return check(hookward, await (await fetch("/vectors.json")).json(), runVectors);
    };
    assert.deepEqual(await inChromium(folder, "index.html", script, { argument: entry }), expected);
  });
}

const attempts = async () => {
  const { sign, verify, providers } = await import("hookward");
  const delivery = { provider: "github", secret: "s", body: "{}" };
  return [() => sign(delivery), () => verify({ ...delivery, headers: {} }), () => providers()].map((call) => {
    try {
      return call() && "done";
    } catch (error) {
      return error.code;
    }
  });
};

test("a policy has to allow WebAssembly, and nothing more", async () => {
  const policy = "default-src 'none'; script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'";
  assert.deepEqual(await inChromium(folder, "index.html", attempts, { policy }), ["done", "missing_signature", "done"]);
});

test("where WebAssembly is forbidden, importing harms nobody, and each call says so", async () => {
  const policy = "default-src 'none'; script-src 'self' 'unsafe-inline'";
  assert.deepEqual(await inChromium(folder, "index.html", attempts, { policy }), Array(3).fill("internal_error"));
});
