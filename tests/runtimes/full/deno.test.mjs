// Deno, as a module and as CommonJS, from the tarball; with no permission but to read the project.

import assert from "node:assert/strict";
import { join } from "node:path";
import { before, test } from "node:test";

import { run, scratch } from "../../packaging/packed.mjs";
import { expected, programs, projectWithChecks } from "../everywhere.mjs";
import { binary } from "./binary.mjs";

let deno;
let folder;
before(() => {
  deno = binary("@deno", "deno");
  process.env.DENO_DIR = scratch();
  process.env.DENO_NO_UPDATE_CHECK = "1";
  folder = projectWithChecks({ "is-deno.mjs": "console.log(typeof Deno.version.deno);" });
});

const inDeno = (file) => {
  const args = ["run", "--no-prompt", "--no-remote", "--no-lock", "--node-modules-dir=manual", `--allow-read=${folder}`];
  return run(deno, [...args, join(folder, file)], { cwd: folder });
};

test("it is Deno", async () => {
  assert.equal(await inDeno("is-deno.mjs"), "string\n");
});

for (const program of Object.keys(programs)) {
  test(`Deno runs every vector in ${program}`, async () => {
    assert.deepEqual(JSON.parse(await inDeno(program)), expected);
  });
}
