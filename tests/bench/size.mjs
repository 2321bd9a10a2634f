// What a user's bundle grows by: esbuild, minified, gzipped.

import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

import { build } from "esbuild";

import { packages } from "./subjects.mjs";
import { table } from "./table.mjs";

/** Bytes that a gzipped bundle of `verify` may have. */
const BUDGET = 25 * 1024;

/** Bundles what each package's users import. Returns Markdown. */
export async function report() {
  const rows = [];
  for (const name of Object.keys(packages)) {
    const { minified, gzipped } = await measure(name, "node");
    rows.push([name, kb(minified), kb(gzipped)]);
  }
  const elsewhere = await measure("hookward", "browser");
  rows.push(["hookward, for browsers", kb(elsewhere.minified), kb(elsewhere.gzipped)]);
  return [
    "## Bundle size",
    "",
    table(["package", "minified, KB", "gzipped, KB"], rows),
    "",
    "An import of what verifies, bundled by esbuild for Node. For browsers there is no Brotli to unpack the",
    "module with.",
    "",
  ].join("\n");
}

async function measure(name, platform) {
  const { outputFiles } = await build({
    stdin: { contents: packages[name].entry, resolveDir: fileURLToPath(new URL(".", import.meta.url)) },
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    platform,
    logLevel: "error",
  });
  const minified = outputFiles[0].contents;
  return { minified: minified.length, gzipped: gzipSync(minified, { level: 9 }).length };
}

function kb(bytes) {
  return (bytes / 1024).toFixed(1);
}

if (process.argv[2] === "--check") {
  for (const platform of ["node", "browser"]) {
    const { gzipped } = await measure("hookward", platform);
    console.log(`hookward's verify, bundled for ${platform}: ${gzipped} bytes gzipped, of ${BUDGET} at the most`);
    if (gzipped > BUDGET) process.exitCode = 1;
  }
}
