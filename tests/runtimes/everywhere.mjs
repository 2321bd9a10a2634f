// What every runtime is held to, and the programs that run it.

import { readFileSync } from "node:fs";

import { beside, project, vectors } from "../packaging/packed.mjs";

const cases = vectors.flatMap((file) => file.cases);

/** What the checks give in a runtime where everything is as it should be. */
export const expected = {
  cases: cases.length,
  published: cases.filter((one) => one.published_by).length,
  failures: [],
  large: { accepted: 48, refused: 24, other: [] },
};

/** The files that the programs import. */
export const shared = {
  "suite.mjs": beside("suite.mjs"),
  "checks.mjs": readFileSync(new URL("checks.mjs", import.meta.url), "utf8"),
};

/** The checks as programs that print their outcome, one a module system. */
export const programs = {
  "main.mjs": `
    import { readFileSync } from "node:fs";
    import * as hookward from "hookward";
    import { check } from "./checks.mjs";
    import { runVectors } from "./suite.mjs";
    const vectors = JSON.parse(readFileSync(new URL("vectors.json", import.meta.url), "utf8"));
    console.log(JSON.stringify(await check(hookward, vectors, runVectors)));
  `,
  "main.cjs": `
    const hookward = require("hookward");
    const vectors = require("./vectors.json");
    (async () => {
      const { check } = await import("./checks.mjs");
      const { runVectors } = await import("./suite.mjs");
      console.log(JSON.stringify(await check(hookward, vectors, runVectors)));
    })();
  `,
};

/** A project with the packed package, the programs and what they need. Returns its folder. */
export function projectWithChecks(files = {}) {
  return project({ ...shared, ...programs, "vectors.json": JSON.stringify(vectors), ...files });
}
