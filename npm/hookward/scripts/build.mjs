// Builds dist/ from src/ and the compiled core: `node npm/hookward/scripts/build.mjs`.
//
// Expects the modules and the catalogue that `cargo xtask build npm` made in dist/wasm/, and the tools in
// tests/node_modules. Leaves in dist/ what is published, and dist/wasm/.

import { copyFileSync, existsSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { brotliCompressSync, constants } from "node:zlib";

import { writeSnippet } from "./snippet.mjs";
import { writeTypes } from "./types.mjs";

const home = join(dirname(fileURLToPath(import.meta.url)), "..");
const tools = createRequire(join(home, "../../tests/package.json"));
const { build } = tools("esbuild");
const dist = join(home, "dist");
const parts = join(dist, "wasm");
const manifest = JSON.parse(readFileSync(join(home, "package.json"), "utf8"));

/**
 * The entries that hold the core: a name in dist/, the formats, the way to come by the compiled core, and
 * what makes a text there of the module that verifies, and of the other.
 */
const CORE_ENTRIES = [
  { name: "index", formats: ["esm", "cjs"], module: "module.inline.ts", pack: [text, text] },
  { name: "index.node", formats: ["esm", "cjs"], module: "module.node.ts", pack: [base64, compressed] },
  { name: "index.packed", formats: ["esm"], module: "module.packed.ts", pack: [compressed, compressed] },
  { name: "portable", formats: ["esm", "cjs"], module: "module.portable.ts", pack: [text, text] },
  { name: "edge", formats: ["esm"], module: "module.edge.ts" },
];

/**
 * All others, as package.json names them: dist/adapters/express.js is built from src/adapters/express.ts,
 * and as .cjs if that is named too. They import the core as `hookward`, so that there is one of it.
 */
const OTHER_ENTRIES = [...new Set([...paths(manifest.exports), ...paths(manifest.bin)])]
  .map((path) => /^\.?\/?dist\/(.+)\.(c?)js$/.exec(path))
  .filter((match) => match && !CORE_ENTRIES.some(({ name }) => name === match[1]))
  .map(([, name, common]) => ({ name, format: common ? "cjs" : "esm" }));

/** Every path in a tree of export conditions. */
function paths(tree) {
  return typeof tree === "object" && tree !== null ? Object.values(tree).flatMap(paths) : tree ? [tree] : [];
}

/** Bytes as text that gzip packs well; src/module.inline.ts undoes and explains it. */
function text(bytes) {
  const counts = new Array(256).fill(0);
  for (const byte of bytes) counts[byte] += 1;
  const all = [...counts.keys()];
  const frequent = new Set(all.toSorted((a, b) => counts[b] - counts[a]).slice(0, 89));
  const order = [...all.filter((byte) => frequent.has(byte)), ...all.filter((byte) => !frequent.has(byte))];
  const bits = (digit) => [0, 1, 2, 3].reduce((sum, bit) => sum + (frequent.has(4 * digit + bit) ? 1 << bit : 0), 0);
  const map = Array.from({ length: 64 }, (_, digit) => bits(digit).toString(16)).join("");
  const character = (value) => String.fromCharCode(value + (value + 35 < 92 ? 35 : 36));
  const one = (value) => (value < 89 ? "" : String.fromCharCode(124 + Math.floor(value / 89))) + character(value % 89);
  return map + Array.from(bytes, (byte) => one(order.indexOf(byte))).join("");
}

function base64(bytes) {
  return bytes.toString("base64");
}

/** Bytes compressed, in base64; src/host.ts undoes it. */
function compressed(bytes) {
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  return base64(brotliCompressSync(bytes, { params }));
}

function bundle(name, source, format, more) {
  return build({
    entryPoints: [join(home, "src", source)],
    outfile: join(dist, `${name}.${format === "cjs" ? "cjs" : "js"}`),
    bundle: true,
    format,
    // Marks the exports of a CJS entry so that `import { verify }` finds them there.
    platform: format === "cjs" ? "node" : "neutral",
    target: "es2022",
    external: ["hookward", "hookward/*", "node:*", "*.wasm?module"],
    legalComments: "none",
    logLevel: "warning",
    ...more,
  });
}

for (const name of readdirSync(dist)) {
  if (name !== "wasm") rmSync(join(dist, name), { recursive: true });
}
const part = (name) => readFileSync(join(parts, name));
const catalogue = { HOOKWARD_ROWS: part("rows.txt").toString(), HOOKWARD_LINES: part("lines.txt").toString() };
const [lean, full] = [part("hookward.wasm"), part("hookward-full.wasm")];
const literals = (values) => Object.fromEntries(Object.entries(values).map(([name, value]) => [name, JSON.stringify(value)]));
await Promise.all([
  ...CORE_ENTRIES.flatMap(({ name, formats, module, pack }) => {
    const alias = { "hookward:module": join(home, "src", module) };
    const packed = pack ? { HOOKWARD_WASM: pack[0](lean), HOOKWARD_FULL: pack[1](full) } : {};
    const define = literals({ ...catalogue, ...packed });
    return formats.map((format) => bundle(name, "index.ts", format, { alias, define }));
  }),
  ...OTHER_ENTRIES.map(({ name, format }) => bundle(name, `${name}.ts`, format, {})),
]);
for (const name of ["hookward.wasm", "hookward-full.wasm"]) copyFileSync(join(parts, name), join(dist, name));
await writeSnippet({ home, build });

// The ids that editors offer are the core's own.
const { providers } = await import(pathToFileURL(join(dist, "index.js")));
writeTypes({
  home,
  tsc: join(dirname(tools.resolve("typescript/package.json")), "bin/tsc"),
  ids: providers().map(({ id }) => id),
  entries: paths(manifest.exports).filter((path) => path.endsWith(".d.ts")),
});

const missing = [...paths(manifest.exports), ...paths(manifest.bin)].filter((path) => !existsSync(join(home, path)));
if (missing.length > 0) throw new Error(`package.json names what is not built: ${missing.join(", ")}`);
