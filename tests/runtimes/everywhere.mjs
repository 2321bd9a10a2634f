// What every runtime is held to, and the programs that run it.

import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";

import { beside, project, vectors } from "../packaging/packed.mjs";

const cases = vectors.flatMap((file) => file.cases);
const written = JSON.parse(readFileSync(new URL("../types/exports.json", import.meta.url), "utf8"));

/** How the entries are imported. */
export const entries = Object.keys(written);

/** What the checks give in a runtime where everything is as it should be. */
export const expected = {
  cases: cases.length,
  published: cases.filter((one) => one.published_by).length,
  failures: [],
  // An entry may be said to export what another does.
  exports: Object.fromEntries(
    Object.entries(written).map(([entry, names]) => [entry, (typeof names === "string" ? written[names] : names).values]),
  ),
  large: { accepted: 48, refused: 24, other: [] },
  custom: ["ü", "signature_mismatch"],
  shaken: [
    `{"response_token":"sha256=${createHmac("sha256", "secret").update("abc-1").digest("base64")}"}`,
    "invalid_handshake",
    "a delivery",
  ],
  received: { statuses: [200, 200, 401], handled: ["a"] },
  fetched: { statuses: [200, 401], handled: ["ü ✓"] },
};

const modules = {
  "suite.mjs": beside("suite.mjs"),
  "checks.mjs": readFileSync(new URL("checks.mjs", import.meta.url), "utf8"),
};

/** The checks as a script, which has `check` and `runVectors`. */
export const script = Object.values(modules).join("\n").replaceAll(/^export /gm, "");

/** The checks as a function of the vectors, one a module system; bundlers are given these files. */
export const everything = {
  "everything.mjs": `
    ${entries.map((entry, at) => `import * as _${at} from "${entry}";`).join("\n    ")}
    import { check } from "./checks.mjs";
    import { runVectors } from "./suite.mjs";
    const entries = { ${entries.map((entry, at) => `"${entry}": _${at}`).join(", ")} };
    export const everything = (vectors) => check(entries, vectors, runVectors);
  `,
  "everything.cjs": `
    const { check, runVectors } = require("./checks.cjs");
    const entries = { ${entries.map((entry) => `"${entry}": require("${entry}")`).join(", ")} };
    exports.everything = (vectors) => check(entries, vectors, runVectors);
  `,
};

/** Programs that print the outcome of the checks. */
export const programs = {
  "main.mjs": `
    import { readFileSync } from "node:fs";
    import { everything } from "./everything.mjs";
    const vectors = JSON.parse(readFileSync(new URL("vectors.json", import.meta.url), "utf8"));
    console.log(JSON.stringify(await everything(vectors)));
  `,
  "main.cjs": `
    const { everything } = require("./everything.cjs");
    everything(require("./vectors.json")).then((outcome) => console.log(JSON.stringify(outcome)));
  `,
};

/** A project with the packed package, the programs and what they need. Returns its folder. */
export function projectWithChecks(files = {}) {
  const inCommonJS = { "checks.cjs": `${script}\nmodule.exports = { check, runVectors };\n` };
  return project({ ...modules, ...inCommonJS, ...everything, ...programs, "vectors.json": JSON.stringify(vectors), ...files });
}
