// Builds dist/ from src/ and the compiled core: `node npm/hookward/scripts/build.mjs`.
//
// Expects the module that `cargo xtask build npm` made in dist/wasm/, and the tools in
// tests/node_modules. Leaves in dist/ exactly what is published.

import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const home = join(dirname(fileURLToPath(import.meta.url)), "..");
const tools = createRequire(join(home, "../../tests/package.json"));
const { build } = tools("esbuild");
const dist = join(home, "dist");
const core = join(dist, "wasm/hookward_bg.wasm");

const wasm = readFileSync(core);
for (const name of readdirSync(dist)) {
  if (name !== "wasm") rmSync(join(dist, name), { recursive: true });
}

/** Bytes as text that gzip packs well; src/module.inline.ts undoes and explains it. */
function text(bytes) {
  const character = (value) => String.fromCharCode(value + (value + 35 < 92 ? 35 : 36));
  const one = (byte) => (byte < 89 ? "" : String.fromCharCode(124 + Math.floor(byte / 89))) + character(byte % 89);
  return Array.from(bytes, one).join("");
}

/** One entry, with the given way to come by the compiled core. */
function entry(file, format, module) {
  return build({
    entryPoints: [join(home, "src/index.ts")],
    outfile: join(dist, file),
    bundle: true,
    format,
    // Marks the exports of the CJS entry so that `import { verify }` finds them there.
    platform: format === "cjs" ? "node" : "neutral",
    target: "es2022",
    alias: { "hookward:module": join(home, "src", module) },
    external: ["*.wasm?module"],
    define: { HOOKWARD_WASM: JSON.stringify(text(wasm)) },
    legalComments: "none",
    logLevel: "warning",
  });
}

await Promise.all([
  entry("index.js", "esm", "module.inline.ts"),
  entry("index.cjs", "cjs", "module.inline.ts"),
  entry("edge.js", "esm", "module.edge.ts"),
]);
copyFileSync(core, join(dist, "hookward.wasm"));

// The ids that editors offer are the core's own.
const { providers } = await import(pathToFileURL(join(dist, "index.js")));
const ids = providers().map(({ id }) => JSON.stringify(id)).join(" | ");

// Types: as modules, and once more for CommonJS.
const tsc = join(dirname(tools.resolve("typescript/package.json")), "bin/tsc");
execFileSync(process.execPath, [tsc, "--project", home], { stdio: "inherit" });
const inside = ["core.d.ts", "module.edge.d.ts", "module.inline.d.ts"];
inside.forEach((name) => rmSync(join(dist, name)));
let listed = 0;
for (const name of readdirSync(dist).filter((name) => name.endsWith(".d.ts"))) {
  const types = readFileSync(join(dist, name), "utf8").replace(
    /(?<=^\/\*\* A provider's id in the catalogue\.).*\*\/\nexport type ProviderId = string;/m,
    () => (listed++, ` */\nexport type ProviderId = ${ids};`),
  );
  writeFileSync(join(dist, name), types);
  writeFileSync(
    join(dist, name.replace(".d.ts", ".d.cts")),
    types.replaceAll(/(from "\.\/[\w.]+)\.js"/g, '$1.cjs"'),
  );
}
if (listed !== 1) throw new Error("the types have no ProviderId to fill in");
