// Builds npm/n8n-nodes-hookward as n8n's tool does, without that tool and its 700 MB:
// `node tests/n8n/build.mjs`. That both give the same is checked by the test of the tool.

import { execFileSync } from "node:child_process";
import { cpSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const home = join(here, "../../npm/n8n-nodes-hookward");
const node = (...args) => execFileSync(process.execPath, args, { stdio: "inherit", timeout: 120_000 });

rmSync(join(home, "dist"), { recursive: true, force: true });
node(join(here, "../node_modules/typescript5/bin/tsc"), "-p", here);
cpSync(join(home, "icons"), join(home, "dist/icons"), { recursive: true });
node(join(home, "scripts/bundle.mjs"));
