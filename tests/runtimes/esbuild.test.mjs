// Bundled by esbuild, for every platform and in every format, and run in the oldest Node.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";

import { build } from "esbuild";

import { nodes } from "../packaging/packed.mjs";
import { entries, runBundle } from "./bundles.mjs";
import { expected, projectWithChecks } from "./everywhere.mjs";

let folder;
before(() => {
  folder = projectWithChecks(entries);
  // Whatever is not in the bundle must not be found beside it either.
  mkdirSync(join(folder, "out"));
  renameSync(join(folder, "node_modules"), join(folder, "out/packages"));
});

const EXTENSIONS = { esm: "mjs", cjs: "cjs", iife: "js" };

for (const entry of Object.keys(entries)) {
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
          nodePaths: [join(folder, "out/packages")],
          logLevel: "silent",
        });
        assert.deepEqual(warnings, []);
        assert.doesNotMatch(readFileSync(join(folder, outfile), "utf8"), /(from|import|require\()\s*["']hookward/);
        assert.deepEqual(await runBundle(nodes["Node 20"], folder, outfile, { isScript: format === "iife" }), expected);
      });
    }
  }
}
