// Bun, as a module and as CommonJS, from the tarball.

import assert from "node:assert/strict";
import { join } from "node:path";
import { before, test } from "node:test";

import { run } from "../../packaging/packed.mjs";
import { expected, programs, projectWithChecks } from "../everywhere.mjs";
import { binary } from "./binary.mjs";

let bun;
let folder;
before(() => {
  bun = binary("@oven", "bin/bun");
  folder = projectWithChecks({ "is-bun.mjs": "console.log(typeof Bun.version);" });
});

test("it is Bun", async () => {
  assert.equal(await run(bun, [join(folder, "is-bun.mjs")]), "string\n");
});

for (const program of Object.keys(programs)) {
  test(`Bun runs every vector in ${program}`, async () => {
    const out = await run(bun, ["--no-install", join(folder, program)], { cwd: folder });
    assert.deepEqual(JSON.parse(out), expected);
  });
}
