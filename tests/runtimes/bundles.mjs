// Bundles, whoever made them, run in Node.

import { join } from "node:path";

import { run } from "../packaging/packed.mjs";

/** What is bundled, in the project of `projectWithChecks`. */
export const entries = {
  "bundled.mjs": `
    import * as hookward from "hookward";
    import { check } from "./checks.mjs";
    import { runVectors } from "./suite.mjs";
    export const everything = (vectors) => check(hookward, vectors, runVectors);
  `,
  "bundled.cjs": `
    const hookward = require("hookward");
    const { check } = require("./checks.mjs");
    const { runVectors } = require("./suite.mjs");
    exports.everything = (vectors) => check(hookward, vectors, runVectors);
  `,
};

const RUNNER = `
  import { readFileSync } from "node:fs";
  import { pathToFileURL } from "node:url";
  import vm from "node:vm";
  const [, bundle, vectors, isScript] = process.argv;
  // A script leaves what it exports in the global \`bundled\`.
  if (isScript) vm.runInThisContext(readFileSync(bundle, "utf8"));
  const bundled = isScript ? globalThis.bundled : await import(pathToFileURL(bundle));
  // Of CommonJS, Node cannot always tell the names of the exports.
  const { everything } = bundled.everything ? bundled : bundled.default;
  console.log(JSON.stringify(await everything(JSON.parse(readFileSync(vectors, "utf8")))));
`;

/** Runs the checks of a bundle, a module or a script, in Node. Resolves to their outcome. */
export async function runBundle(node, folder, bundle, { isScript = false } = {}) {
  const args = ["--input-type=module", "-e", RUNNER, join(folder, bundle), join(folder, "vectors.json")];
  return JSON.parse(await run(node, isScript ? [...args, "script"] : args));
}
