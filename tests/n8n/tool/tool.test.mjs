// n8n's own tool for community nodes, and its scanner for verified ones.

import assert from "node:assert/strict";
import { cpSync, readFileSync, readdirSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";

import { run, scratch } from "../../packaging/packed.mjs";
import { packNode, source, unpack } from "../packed.mjs";

const PARTS = ["src", "nodes", "credentials", "icons", "package.json", "tsconfig.json", "eslint.config.mjs"];

/** Every file below a folder, with its text. */
function contents(folder) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(files.map(({ parentPath, name }) => [join(parentPath, name).slice(folder.length), readFileSync(join(parentPath, name), "utf8")]));
}

/** Runs the tool in a copy, since its build begins with removing what is built. */
function tool(folder, command) {
  const shim = join(source, "node_modules/.bin/n8n-node");
  return run("/bin/sh", ["-c", `"${shim}" ${command} 2>&1`], { cwd: folder, timeout: 180_000 });
}

function copy() {
  const folder = scratch();
  for (const part of PARTS) cpSync(join(source, part), join(folder, part), { recursive: true });
  symlinkSync(join(source, "node_modules"), join(folder, "node_modules"));
  return folder;
}

test("the tool builds what we build, but for the core, which is put in afterwards", async () => {
  const folder = copy();
  await tool(folder, "build");
  const [theirs, ours] = [contents(join(folder, "dist")), contents(join(source, "dist"))];
  assert.deepEqual(Object.keys(theirs).toSorted(), Object.keys(ours).toSorted());
  for (const [name, text] of Object.entries(theirs)) {
    if (name !== "/src/hookward.js") assert.equal(text, ours[name], name);
  }
});

test("its lints find nothing, in the strict mode that verified nodes need", async () => {
  const folder = copy();
  assert.doesNotMatch(await tool(folder, "lint"), /error|warning/i);
  const { n8n } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  assert.equal(n8n.strict, true);
});

test("the scanner finds nothing in the sources or in the packed package", async () => {
  const folder = scratch();
  const packed = unpack(packNode(folder).path, join(folder, "package"));
  const said = await run(process.execPath, [join(source, "scripts/scan.mjs"), packed], { cwd: dirname(packed), timeout: 180_000 });
  assert.deepEqual(said.trim().split("\n"), ["the scanner has nothing against the sources", "the scanner has nothing against the package"]);
});

test("and it would: the same rules refuse a timer and a file", async () => {
  const folder = scratch();
  const packed = unpack(packNode(folder).path, join(folder, "package"));
  cpSync(join(import.meta.dirname, "bad.txt"), join(packed, "dist/bad.js"));
  await assert.rejects(
    run(process.execPath, [join(source, "scripts/scan.mjs"), packed], { cwd: folder, timeout: 180_000 }),
    /no-restricted-globals[\s\S]*no-restricted-imports|no-restricted-imports[\s\S]*no-restricted-globals/,
  );
});
