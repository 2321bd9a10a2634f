// Writes the vector files beside it: `node tests/vectors/make.mjs`.
//
// Independent of our own code: every tag is made here with Node's crypto, from what the providers
// document. `published_by` says whose a tag is: a vendor's, copied and checked, or "made here".
import { writeFileSync } from "node:fs";

import { RETENTION_S } from "./cases.mjs";
import { files as catalogue } from "./catalogue.mjs";
import { files as own } from "./own.mjs";

const files = { ...own, ...catalogue };
for (const [provider, file] of Object.entries(files)) {
  const cases = file.cases.map((c) => `  ${JSON.stringify(c)}`).join(",\n");
  const { published_by } = file;
  writeFileSync(new URL(`${provider}.json`, import.meta.url),
    `{ "provider": ${JSON.stringify(provider)}, "published_by": ${JSON.stringify(published_by)}, "retention_s": ${RETENTION_S}, "cases": [\n${cases}\n] }\n`);
}
