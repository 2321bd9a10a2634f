// Puts the core in place of the one import of it in dist/, after n8n's tool has compiled the rest:
// `node scripts/bundle.mjs`. The package has no runtime dependencies then, and its nodes share one copy.
//
// Expects npm/hookward to be built (`cargo xtask build npm`), and the tools in tests/node_modules.

import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const home = join(dirname(fileURLToPath(import.meta.url)), "..");
const { build } = createRequire(join(home, "../../tests/package.json"))("esbuild");

await build({
  // From the source, because only of modules what nobody uses is left out.
  entryPoints: [join(home, "src/hookward.ts")],
  outfile: join(home, "dist/src/hookward.js"),
  allowOverwrite: true,
  bundle: true,
  format: "cjs",
  platform: "neutral",
  target: "es2022",
  alias: { "hookward/portable": join(home, "../hookward/dist/portable.js") },
  // n8n allows community nodes neither globals nor timers: the core finds none, and does without.
  define: { globalThis: "{}" },
  inject: [join(home, "scripts/no-timers.mjs")],
  legalComments: "none",
  logLevel: "warning",
});
