// What the package adds to a bundle, and what first use costs.

import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";

import { build } from "esbuild";

import { project } from "./packed.mjs";

const LIMIT = 25 * 1024;

async function bundled(contents, platform = "browser") {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: project({}) },
    bundle: true,
    minify: true,
    format: "esm",
    platform,
    write: false,
    logLevel: "silent",
  });
  return gzipSync(outputFiles[0].contents, { level: 9 }).length;
}

for (const platform of ["node", "browser"]) {
  test(`verify, minified and gzipped, bundled for ${platform}, is under 25 KB`, async (t) => {
    const size = await bundled('import { verify } from "hookward"; globalThis.verify = verify;', platform);
    t.diagnostic(`${size} bytes`);
    assert.ok(size < LIMIT, `${size} bytes`);
    assert.ok(size > 10_000, `${size} bytes: is the module in it?`);
  });
}

test("an import that is not used costs nothing", async () => {
  assert.ok((await bundled('import { verify } from "hookward";')) < 100);
});

test("the error class alone does not bring the module along", async () => {
  const size = await bundled('import { HookwardError } from "hookward"; globalThis.E = HookwardError;');
  assert.ok(size < 2_000, `${size} bytes`);
});
