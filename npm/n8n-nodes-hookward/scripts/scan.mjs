// Runs the rules of n8n's scanner for verified community nodes, offline: over the sources, and over a
// folder with the packed package in it. `node scripts/scan.mjs [FOLDER]`, by default this one.
//
// The scanner's own command fetches a published version instead, and its provenance.

import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { analyzePackage, SOURCE_FILE_PATTERNS } from "@n8n/scan-community-package/scanner/scanner.mjs";

const home = join(dirname(fileURLToPath(import.meta.url)), "..");
const packed = resolve(process.argv[2] ?? home);

for (const [what, folder, patterns] of [
  ["the sources", home, SOURCE_FILE_PATTERNS],
  ["the package", packed, ["dist/**/*.js", "package.json"]],
]) {
  const { passed, message, details } = await analyzePackage(folder, patterns);
  // Of no file at all it says that it passed.
  if (passed && message === undefined) console.log(`the scanner has nothing against ${what}`);
  else {
    console.error(`the scanner on ${what}: ${message}\n${details ?? ""}`);
    process.exitCode = 1;
  }
}
