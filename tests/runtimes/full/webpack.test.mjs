// Bundled by webpack, for Node and for browsers, and run there.

import assert from "node:assert/strict";
import { join } from "node:path";
import { before, test } from "node:test";

import webpack from "webpack";

import { nodes } from "../../packaging/packed.mjs";
import { runBundle } from "../bundles.mjs";
import { everything, expected, projectWithChecks } from "../everywhere.mjs";
import { checksOfBundle, inChromium } from "./chromium.mjs";

let folder;
before(() => {
  folder = projectWithChecks({ "index.html": "<!doctype html>" });
});

/** How a bundle is made, and where it runs: in Node or a page, as a module or a script. */
const FORMS = {
  "for Node as CommonJS": { target: "node", output: { library: { type: "commonjs2" } }, file: "cjs" },
  "for Node as a module": { target: "node20", output: { library: { type: "module" }, module: true }, experiments: { outputModule: true }, file: "mjs" },
  "for browsers as a script": { target: "web", output: { library: { type: "var", name: "bundled" } }, file: "js", isScript: true, inPage: true },
  "for browsers as a module": {
    target: "web",
    output: { library: { type: "module" }, module: true },
    experiments: { outputModule: true },
    file: "mjs",
    inPage: true,
  },
};

function bundle(settings) {
  return new Promise((resolve, reject) => {
    webpack(settings, (error, stats) => {
      if (error) reject(error);
      else resolve(stats.toJson({ all: false, warnings: true, errors: true }));
    });
  });
}

for (const entry of Object.keys(everything)) {
  for (const [name, { file, isScript, inPage, output, ...form }] of Object.entries(FORMS)) {
    test(`${entry} ${name}`, async () => {
      const filename = `${entry}-${Object.keys(FORMS).indexOf(name)}.${file}`;
      const { warnings, errors } = await bundle({
        mode: "production",
        context: folder,
        entry: `./${entry}`,
        output: { path: join(folder, "out"), filename, ...output },
        // The vectors are not part of it; the package's size has a test of its own.
        performance: { hints: false },
        ...form,
      });
      assert.deepEqual([warnings, errors], [[], []]);
      const outcome = inPage
        ? await inChromium(folder, "index.html", checksOfBundle, { argument: { bundle: `/out/${filename}`, isScript } })
        : await runBundle(nodes["Node 20"], folder, `out/${filename}`, { isScript });
      assert.deepEqual(outcome, expected);
    });
  }
}
