// The exact list of what the package exports, entry by entry: values and types, in exports.json. What is
// not in there is not promised to anyone; what is, cannot go or come unnoticed.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";

import { build } from "esbuild";
import ts from "typescript5";

import { nodes, project, run } from "../packaging/packed.mjs";

const written = JSON.parse(readFileSync(new URL("exports.json", import.meta.url), "utf8"));
// An entry may be said to export what another does.
const pinned = Object.fromEntries(
  Object.entries(written).map(([entry, names]) => [entry, typeof names === "string" ? written[names] : names]),
);
const values = Object.fromEntries(Object.entries(pinned).map(([entry, { values }]) => [entry, values]));

let folder;
let manifest;
before(() => {
  folder = project({});
  manifest = JSON.parse(readFileSync(join(folder, "node_modules/hookward/package.json"), "utf8"));
});

test("every entry is pinned, and nothing else", () => {
  const entries = Object.keys(manifest.exports).map((path) => `hookward${path.slice(1)}`);
  assert.deepEqual(Object.keys(pinned), entries.filter((entry) => entry !== "hookward/package.json"));
  for (const { values, types } of Object.values(pinned)) {
    for (const list of [values, types]) assert.deepEqual(list, [...list].sort());
  }
});

const SYSTEMS = {
  modules: "const load = (entry) => import(entry);",
  CommonJS: 'import { createRequire } from "node:module"; const load = createRequire(`${process.cwd()}/`);',
};

for (const [system, load] of Object.entries(SYSTEMS)) {
  for (const [name, node] of Object.entries(nodes)) {
    test(`values, in ${system} on ${name}`, async () => {
      const code = `${load}
        const found = {};
        for (const entry of ${JSON.stringify(Object.keys(pinned))}) found[entry] = Object.keys(await load(entry)).sort();
        console.log(JSON.stringify(found));
      `;
      assert.deepEqual(JSON.parse(await run(node, ["--input-type=module", "-e", code], { cwd: folder })), values);
    });
  }
}

/** What an entry exports under a condition, by what a bundler sees. */
async function exportsUnder(condition, entry) {
  const { metafile } = await build({
    stdin: { contents: `export * from "${entry}";`, resolveDir: folder },
    bundle: true,
    write: false,
    metafile: true,
    format: "esm",
    outfile: "out.js",
    conditions: [condition],
    external: ["*.wasm?module", "node:*"],
    logLevel: "silent",
  });
  return metafile.outputs["out.js"].exports.sort();
}

for (const condition of ["workerd", "edge-light"]) {
  test(`values, under ${condition}`, async () => {
    for (const entry of Object.keys(pinned)) assert.deepEqual(await exportsUnder(condition, entry), values[entry], entry);
  });
}

/** Whether an exported symbol is there at run time: a value, by no way on which only its type is passed on. */
function isValue(checker, symbol) {
  let at = symbol;
  while (at.flags & ts.SymbolFlags.Alias) {
    if (at.declarations.some((declaration) => ts.isTypeOnlyImportOrExportDeclaration(declaration))) return false;
    at = checker.getImmediateAliasedSymbol(at);
  }
  return (at.flags & ts.SymbolFlags.Value) !== 0;
}

/** The names of what TypeScript finds in an entry, the values apart from what is only a type. */
function listed(file, options) {
  const program = ts.createProgram([file], { ...options, noEmit: true, types: [], lib: ["lib.es2022.d.ts"] });
  const checker = program.getTypeChecker();
  const found = {};
  for (const statement of program.getSourceFile(file).statements) {
    const symbol = checker.getSymbolAtLocation(statement.moduleSpecifier);
    const names = { values: [], types: [] };
    for (const exported of symbol === undefined ? [] : checker.getExportsOfModule(symbol)) {
      names[isValue(checker, exported) ? "values" : "types"].push(exported.name);
    }
    found[statement.moduleSpecifier.text] = { values: names.values.sort(), types: names.types.sort() };
  }
  return found;
}

const { NodeNext, CommonJS, ESNext } = ts.ModuleKind;
for (const [name, { extension, ...options }] of Object.entries({
  "a module": { extension: "mts", module: NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext },
  "CommonJS": { extension: "cts", module: NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext },
  "a bundler's input": { extension: "ts", module: ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler },
  "CommonJS without exports": { extension: "ts", module: CommonJS, moduleResolution: ts.ModuleResolutionKind.Node10 },
})) {
  test(`values and types, as TypeScript sees them in ${name}`, () => {
    const file = join(folder, `entries.${extension}`);
    writeFileSync(file, Object.keys(pinned).map((entry, at) => `import * as _${at} from "${entry}";\n`).join(""));
    assert.deepEqual(listed(file, options), pinned);
  });
}
