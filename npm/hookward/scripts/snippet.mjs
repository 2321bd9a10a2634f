// What `hookward snippet` is made from: dist/cli/snippet.json.
//
// The published tool has no bundler, so the bundle is made here, with two places left open: the provider's
// row, and the module, which is in the package once already.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** What stands in the places, and is there only once. */
const OPEN = { HOOKWARD_ROWS: '"@row"', HOOKWARD_DEFLATED: '"@module"', HOOKWARD_BYTES: "987654321" };

/**
 * @param {object} of
 * @param {string} of.home the package's folder
 * @param {import("esbuild").build} of.build
 */
export async function writeSnippet({ home, build }) {
  const { outputFiles } = await build({
    entryPoints: [join(home, "src/snippet/verify.ts")],
    alias: { "hookward:module": join(home, "src/snippet/module.ts") },
    bundle: true,
    minify: true,
    write: false,
    format: "iife",
    platform: "neutral",
    target: "es2022",
    define: OPEN,
    legalComments: "none",
    logLevel: "warning",
  });
  // Inside a function, behind a declaration, it would say nothing.
  const code = outputFiles[0].text.trim().replace('"use strict";', "");
  for (const text of Object.values(OPEN)) {
    if (code.split(text).length !== 2) throw new Error(`the snippet's bundle does not have ${text} once`);
  }
  const lines = (name) => readFileSync(join(home, "dist/wasm", name), "utf8").split("\n").map((line) => line.split("|"));
  const handshakes = Object.fromEntries(lines("lines.txt").flatMap((columns) => (columns.at(-1) ? [[columns[0], columns.at(-1)]] : [])));
  // Of those that cannot be verified there is the id and what they use.
  const rows = lines("rows.txt").map((columns) => columns.join("|"));
  writeFileSync(join(home, "dist/cli/snippet.json"), JSON.stringify({ code, open: OPEN, rows, handshakes }));
}
