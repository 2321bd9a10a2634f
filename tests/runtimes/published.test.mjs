// What two checkers of published packages say of the tarball: nothing.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";

import { publint } from "publint";
import { formatMessage } from "publint/utils";

import { pack, project, run, tool } from "../packaging/packed.mjs";

let installed;
before(() => {
  installed = join(project({}), "node_modules/hookward");
});

test("publint has nothing to say", async () => {
  const { messages, pkg } = await publint({ pkgDir: installed, pack: false, level: "suggestion", strict: true });
  assert.deepEqual(messages.map((message) => formatMessage(message, pkg)), []);
  assert.equal(pkg.name, "hookward");
});

test("Are the types wrong? For no entry, under no resolution", async () => {
  // Ends with 1, and a table that says where, if they are.
  const args = ["--format", "ascii", "--no-color", "--no-emoji"];
  const out = await run(process.execPath, [tool("@arethetypeswrong/cli/dist/index.js"), pack().path, ...args]);
  const { exports } = JSON.parse(readFileSync(join(installed, "package.json"), "utf8"));
  for (const entry of Object.keys(exports)) assert.ok(out.includes(`"hookward${entry.slice(1)}"`), out);
});
