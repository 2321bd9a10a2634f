// The package as installed from the tarball, and its command-line tool as npx runs it.

import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { nodes, project } from "../packaging/packed.mjs";

const ENTRY = `export * from "hookward"; export * from "hookward/explain";\n`;

let installed;

/** The exports of `hookward` and `hookward/explain`, the folder they are installed in. */
export async function installation() {
  installed ??= (async () => {
    const folder = project({ "entry.mjs": ENTRY });
    return { folder, ...(await import(join(folder, "entry.mjs"))) };
  })();
  return installed;
}

/**
 * Runs `hookward` with these arguments. Resolves to its exit code and what it printed.
 *
 * @param {string[]} args
 * @param {object} [how]
 * @param {Record<string, string>} [how.env] besides what a process needs
 * @param {string | Uint8Array} [how.input] standard input
 * @param {string} [how.node] which Node, by its name in packed.mjs
 */
export async function hookward(args, { env = {}, input = "", node } = {}) {
  const { folder } = await installation();
  const tool = join(folder, "node_modules/.bin/hookward");
  const [command, ...first] = node === undefined ? [tool] : [nodes[node], join(folder, "node_modules/hookward/dist/cli/main.js")];
  const { PATH, HOME } = process.env;
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...first, ...args], { cwd: folder, env: { PATH, HOME, ...env }, timeout: 60_000, killSignal: "SIGKILL" });
    const out = [];
    const err = [];
    child.stdout.on("data", (data) => out.push(data));
    child.stderr.on("data", (data) => err.push(data));
    child.stdin.on("error", () => {});
    child.stdin.end(input);
    child.once("error", reject);
    child.once("close", (code, signal) => {
      const [stdout, stderr] = [out, err].map((list) => Buffer.concat(list).toString("utf8"));
      resolve({ code: code ?? signal, out: stdout, err: stderr });
    });
  });
}

let files = 0;

/** A file with this content in the folder where the tool runs; its name. */
export async function file(content, name = `file-${++files}`) {
  const { folder } = await installation();
  mkdirSync(join(folder, "files"), { recursive: true });
  writeFileSync(join(folder, "files", name), content);
  return join("files", name);
}

/** A delivery that this very package has signed. */
export async function signed(provider, secret, body, more = {}) {
  const { sign } = await installation();
  return sign({ provider, secret, body, timestamp: NOW, id: "msg_2Lh9KRb0pzN4LePd3XiA4v", ...more });
}

export const NOW = 1_700_000_000;
