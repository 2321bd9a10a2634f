// n8n itself, from the npm registry into a folder of ours: 2.8 GB, once. Nothing it would download or
// compile on its own runs, but SQLite's driver, which is compiled against the headers of the Node in use.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = join(dirname(fileURLToPath(import.meta.url)), "n8n");
const FILES = ["package.json", "package-lock.json", ".npmrc"];
const INSTALL_MS = 20 * 60_000;

/** Installs n8n into `folder`, unless it is there. */
export function installN8n(folder) {
  const stamp = join(folder, "installed-from");
  const wanted = createHash("sha256");
  for (const file of FILES) wanted.update(readFileSync(join(here, file)));
  const digest = wanted.digest("hex");
  const main = join(folder, "node_modules/n8n/bin/n8n");
  if (existsSync(main) && existsSync(stamp) && readFileSync(stamp, "utf8") === digest) return { main, installed: false };
  mkdirSync(folder, { recursive: true });
  rmSync(stamp, { force: true });
  for (const file of FILES) copyFileSync(join(here, file), join(folder, file));
  npm(folder, "ci", "--ignore-scripts", "--prefer-offline", "--loglevel=error");
  npm(folder, "rebuild", "sqlite3", "--loglevel=error");
  writeFileSync(stamp, digest);
  return { main, installed: true };
}

function npm(cwd, ...args) {
  const bin = dirname(process.execPath);
  const env = { ...process.env, PATH: `${bin}:${process.env.PATH}`, npm_config_nodedir: headers(bin) };
  execFileSync("npm", args, { cwd, env, stdio: ["ignore", "inherit", "inherit"], timeout: INSTALL_MS });
}

/** The headers of this Node: npm's package of it has them beside its program. */
function headers(bin) {
  const besides = [join(bin, ".."), join(bin, `../node_modules/node-${process.platform}-${process.arch}`)];
  const found = besides.find((folder) => existsSync(join(folder, "include/node/node_api.h")));
  if (found === undefined) throw new Error(`Node's headers are not beside ${process.execPath}`);
  return found;
}
