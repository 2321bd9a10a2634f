// Bundled by esbuild, for every platform and in every format, and run in the oldest Node.

import assert from "node:assert/strict";
import { before, test } from "node:test";

import { build } from "esbuild";

import { nodes } from "../packaging/packed.mjs";
import { runBundle } from "./bundles.mjs";
import { everything, expected, projectWithChecks } from "./everywhere.mjs";

let folder;
before(() => {
  folder = projectWithChecks();
});

const EXTENSIONS = { esm: "mjs", cjs: "cjs", iife: "js" };

for (const entry of Object.keys(everything)) {
  for (const platform of ["node", "browser", "neutral"]) {
    for (const format of Object.keys(EXTENSIONS)) {
      test(`${entry} for ${platform} as ${format}`, async () => {
        const outfile = `out/${entry}-${platform}.${EXTENSIONS[format]}`;
        const { warnings } = await build({
          absWorkingDir: folder,
          entryPoints: [entry],
          outfile,
          bundle: true,
          minify: true,
          platform,
          format,
          globalName: format === "iife" ? "bundled" : undefined,
          logLevel: "silent",
        });
        assert.deepEqual(warnings, []);
        assert.deepEqual(await runBundle(nodes["Node 20"], folder, outfile, { isScript: format === "iife" }), expected);
      });
    }
  }
}
