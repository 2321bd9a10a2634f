// Bundled by Rollup, for Node and for browsers, and run there. It is Rollup's build for WebAssembly, which
// needs no package of its own for each platform.

import assert from "node:assert/strict";
import { join } from "node:path";
import { before, test } from "node:test";

import { nodeResolve } from "@rollup/plugin-node-resolve";
import { rollup } from "rollup";

import { nodes } from "../../packaging/packed.mjs";
import { runBundle } from "../bundles.mjs";
import { expected, projectWithChecks } from "../everywhere.mjs";
import { checksOfBundle, inChromium } from "./chromium.mjs";

let folder;
before(() => {
  folder = projectWithChecks({ "index.html": "<!doctype html>" });
});

const FORMS = {
  "for Node as a module": { format: "es", file: "mjs" },
  "for Node as CommonJS": { format: "cjs", file: "cjs" },
  "for browsers as a module": { format: "es", file: "js", inPage: true },
  "for browsers as a script": { format: "iife", file: "js", inPage: true, isScript: true },
};

for (const [name, { format, file, inPage = false, isScript = false }] of Object.entries(FORMS)) {
  test(`everything.mjs ${name}`, async () => {
    const path = `out/${Object.keys(FORMS).indexOf(name)}.${file}`;
    const warnings = [];
    const bundle = await rollup({
      input: join(folder, "everything.mjs"),
      plugins: [nodeResolve({ browser: inPage })],
      onwarn: ({ message }) => warnings.push(message),
    });
    await bundle.write({ file: join(folder, path), format, name: isScript ? "bundled" : undefined });
    await bundle.close();
    assert.deepEqual(warnings, []);
    const outcome = inPage
      ? await inChromium(folder, "index.html", checksOfBundle, { argument: { bundle: `/${path}`, isScript } })
      : await runBundle(nodes["Node 20"], folder, path);
    assert.deepEqual(outcome, expected);
  });
}
