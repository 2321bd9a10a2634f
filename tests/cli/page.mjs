// The pages of the package, and their commands, run as they stand there.

import { execFile } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { pack, scratch } from "../packaging/packed.mjs";
import { installation } from "./tool.mjs";

/** The shell blocks of a page in the packed package's docs/, in order. */
export async function shellBlocks(page) {
  const { folder } = await installation();
  const text = readFileSync(join(folder, "node_modules/hookward/docs", page), "utf8");
  return [...text.matchAll(/^( *)```sh\n(.*?)\n *```$/gms)].map(([, indent, block]) => block.replaceAll(new RegExp(`^${indent}`, "gm"), ""));
}

/** A block with what a user would put in, in the places that the page has for it. */
export function filledIn(block, values) {
  return Object.entries(values).reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`the page has no ${from}`);
    return text.replaceAll(from, to);
  }, block);
}

/**
 * A home of its own, in which `npx hookward` is the packed tool, `npm install hookward` installs the packed
 * package, and `n8n` prints what it is started with. `run` resolves to the exit code and the output.
 */
export async function home() {
  const { folder } = await installation();
  const own = scratch();
  const bin = join(own, "bin");
  mkdirSync(bin);
  const script = (name, text) => {
    writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(bin, name), 0o755);
  };
  const npm = process.env.PATH.split(":").map((at) => join(at, "npm")).find(existsSync);
  script("npx", `[ "$1" = hookward ] || exit 9\nshift\nexec "${join(folder, "node_modules/.bin/hookward")}" "$@"`);
  script("npm", `[ "$1 $2 $4" = "install --prefix hookward" ] || exit 9\nexec "${npm}" install --offline --no-audit --no-fund --prefix "$3" "${pack().path}"`);
  script("n8n", `[ "$1" = start ] || exit 9\necho "$NODE_FUNCTION_ALLOW_EXTERNAL"\nexec node -p 'require("hookward").verify.name'`);
  const run = (block, env = {}) =>
    new Promise((resolve) => {
      const { PATH } = process.env;
      const options = { cwd: own, timeout: 60_000, env: { PATH: `${bin}:${PATH}`, HOME: own, ...env } };
      execFile("bash", ["--norc", "-euo", "pipefail", "-c", block], options, (error, out, err) => resolve({ code: error ? (error.code ?? error.signal) : 0, out, err }));
    });
  return { folder: own, run };
}
