// Packing what is not built would publish a package without code.

import { existsSync, readFileSync } from "node:fs";

const { exports, bin } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
const paths = (tree) => (typeof tree === "object" ? Object.values(tree).flatMap(paths) : tree ? [tree] : []);

const missing = [...paths(exports), ...paths(bin), "dist/hookward.wasm", "dist/hookward-full.wasm", "dist/cli/snippet.json"].filter(
  (path) => !existsSync(new URL(`../${path}`, import.meta.url)),
);
if (missing.length > 0) {
  console.error(`these are not there: ${missing.join(", ")}; run \`cargo xtask build npm\` first`);
  process.exitCode = 1;
}
