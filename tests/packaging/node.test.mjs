// The vectors in Node, as a module and as CommonJS, from the tarball.

import assert from "node:assert/strict";
import { join } from "node:path";
import { before, test } from "node:test";

import { beside, nodes, project, run, vectors } from "./packed.mjs";

const cases = vectors.reduce((sum, file) => sum + file.cases.length, 0);
const published = vectors.flatMap((file) => file.cases).filter((one) => one.published_by).length;

const programs = {
  "main.mjs": `
    import * as hookward from "hookward";
    import { runVectors } from "./suite.mjs";
    let text = "";
    process.stdin.setEncoding("utf8");
    for await (const chunk of process.stdin) text += chunk;
    console.log(JSON.stringify(await runVectors(hookward, JSON.parse(text))));
  `,
  "main.cjs": `
    const hookward = require("hookward");
    (async () => {
      const { runVectors } = await import("./suite.mjs");
      let text = "";
      process.stdin.setEncoding("utf8");
      for await (const chunk of process.stdin) text += chunk;
      console.log(JSON.stringify(await runVectors(hookward, JSON.parse(text))));
    })();
  `,
};

let folder;
before(() => {
  folder = project({ ...programs, "suite.mjs": beside("suite.mjs") });
});

test("there are vectors, published ones among them", () => {
  assert.ok(cases > 400, `${cases} cases`);
  assert.ok(published >= 6, `${published} published`);
});

for (const [name, node] of Object.entries(nodes)) {
  for (const program of Object.keys(programs)) {
    test(`${name} runs every vector in ${program}`, async () => {
      const out = await run(node, [join(folder, program)], { input: JSON.stringify(vectors) });
      assert.deepEqual(JSON.parse(out), { cases, published, failures: [] });
    });
  }

  test(`${name} gives require and import the same functions`, async () => {
    const out = await run(node, ["--input-type=module", "-e", `
      import { createRequire } from "node:module";
      import * as esm from "hookward";
      const cjs = createRequire(import.meta.url)("hookward");
      const headers = cjs.sign({ provider: "github", secret: "s", body: "b" });
      console.log(esm.verify({ provider: "github", secret: "s", headers, body: "b" }).verification.provider);
    `], { cwd: folder });
    assert.equal(out, "github\n");
  });
}

