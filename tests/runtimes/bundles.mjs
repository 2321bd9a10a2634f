// Bundles, whoever made them, run in Node.

import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

import { run } from "../packaging/packed.mjs";

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
  // Away from the checkout: what is not in the bundle is not to be found.
  const away = mkdtempSync(join(tmpdir(), "hookward-bundle-"));
  try {
    copyFileSync(join(folder, bundle), join(away, basename(bundle)));
    const args = ["--input-type=module", "-e", RUNNER, join(away, basename(bundle)), join(folder, "vectors.json")];
    return JSON.parse(await run(node, isScript ? [...args, "script"] : args));
  } finally {
    rmSync(away, { recursive: true });
  }
}
