// Node, as a module and as CommonJS, from the tarball.

import assert from "node:assert/strict";
import { join } from "node:path";
import { before, test } from "node:test";

import { nodes, run } from "../packaging/packed.mjs";
import { expected, programs, projectWithChecks } from "./everywhere.mjs";

let folder;
before(() => {
  folder = projectWithChecks();
});

test("there are vectors, published ones among them", () => {
  assert.ok(expected.cases > 400, `${expected.cases} cases`);
  assert.ok(expected.published >= 6, `${expected.published} published`);
});

test("each Node is the one it is called", async () => {
  assert.deepEqual(Object.keys(nodes), ["Node 20", "Node 22", "Node 24"]);
  for (const [name, node] of Object.entries(nodes)) {
    assert.ok((await run(node, ["--version"])).startsWith(`v${name.slice("Node ".length)}.`));
  }
});

for (const [name, node] of Object.entries(nodes)) {
  for (const program of Object.keys(programs)) {
    test(`${name} runs every vector in ${program}`, async () => {
      assert.deepEqual(JSON.parse(await run(node, [join(folder, program)])), expected);
    });
  }

  test(`${name} gives require and import the same functions`, async () => {
    const code = `
      import { createRequire } from "node:module";
      import * as esm from "hookward";
      const cjs = createRequire(import.meta.url)("hookward");
      const headers = cjs.sign({ provider: "github", secret: "s", body: "b" });
      console.log(esm.verify({ provider: "github", secret: "s", headers, body: "b" }).verification.provider);
    `;
    assert.equal(await run(node, ["--input-type=module", "-e", code], { cwd: folder }), "github\n");
  });
}
