// The types, as TypeScript resolves them in projects of every kind: by its current major, and by the one
// before, which most still use.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { project, run, tool } from "../packaging/packed.mjs";

const program = readFileSync(new URL("program.ts", import.meta.url), "utf8");
const folder = project({ "module.mts": program, "common.cts": program, "plain.ts": program });

const compilers = { "TypeScript 7": tool("typescript/bin/tsc"), "TypeScript 5": tool("typescript5/bin/tsc") };

const all = ["module.mts", "common.cts", "plain.ts"];
const settings = {
  "node16": { options: { module: "node16", moduleResolution: "node16" }, files: all },
  "nodenext": { options: { module: "nodenext", moduleResolution: "nodenext" }, files: all },
  "a bundler": { options: { module: "esnext", moduleResolution: "bundler" }, files: all },
  "a bundler for workerd": { options: { module: "esnext", moduleResolution: "bundler", customConditions: ["workerd"] }, files: all },
  // What TypeScript 5 takes by itself for CommonJS, and 7 no longer knows: it does not look at exports.
  "node10": { options: { module: "commonjs", moduleResolution: "node10" }, files: ["plain.ts"], only: "TypeScript 5" },
};

/** Runs a compiler over files of the folder. Resolves to what it printed. */
function compile(compiler, name, { options, files }, ...flags) {
  const config = `${name}.json`;
  const compilerOptions = {
    ...options,
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    skipLibCheck: false,
    target: "es2022",
    lib: ["es2024", "dom", "dom.iterable"],
    types: [],
  };
  writeFileSync(join(folder, config), JSON.stringify({ compilerOptions, files }));
  return run(process.execPath, [compilers[compiler], "--project", config, ...flags], { cwd: folder });
}

test("each compiler is the one it is called", async () => {
  for (const [name, tsc] of Object.entries(compilers)) {
    const version = await run(process.execPath, [tsc, "--version"]);
    assert.ok(version.startsWith(`Version ${name.slice("TypeScript ".length)}.`), version);
  }
});

for (const compiler of Object.keys(compilers)) {
  for (const [name, setting] of Object.entries(settings)) {
    if (setting.only !== undefined && setting.only !== compiler) continue;
    test(`types under ${name} (${compiler})`, () => compile(compiler, name, setting));
  }

  test(`CommonJS is given CommonJS types (${compiler})`, async () => {
    const out = await compile(compiler, "listed", { ...settings.nodenext, files: ["common.cts"] }, "--listFiles");
    const files = out.match(/hookward\/dist\/\S+/g);
    assert.ok(files.length > 5, out);
    assert.deepEqual(files.filter((file) => !file.endsWith(".d.cts")), []);
  });
}

test("without the DOM's types and without Node's", async () => {
  const alone = project({
    "main.mts": 'import { verify } from "hookward"; verify({ provider: "svix", secret: "a", headers: { a: "b" }, body: "" });',
    "tsconfig.json": JSON.stringify({
      compilerOptions: { module: "nodenext", strict: true, noEmit: true, skipLibCheck: false, lib: ["es2022"], types: [] },
      include: ["*.mts"],
    }),
  });
  for (const tsc of Object.values(compilers)) await run(process.execPath, [tsc, "--project", "."], { cwd: alone });
});
