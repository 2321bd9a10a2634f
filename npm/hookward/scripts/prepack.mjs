// Packing what is not built would publish a package without code.

import { existsSync } from "node:fs";

const missing = ["index.js", "index.cjs", "edge.js", "hookward.wasm", "index.d.ts", "index.d.cts"].filter(
  (name) => !existsSync(new URL(`../dist/${name}`, import.meta.url)),
);
if (missing.length > 0) {
  console.error(`dist/ has no ${missing.join(", ")}: run \`cargo xtask build npm\` first`);
  process.exitCode = 1;
}
