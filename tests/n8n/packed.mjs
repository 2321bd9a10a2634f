// The nodes as their users get them: packed, and installed from the tarball beside n8n's own
// n8n-workflow, as in an n8n.

import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { scratch } from "../packaging/packed.mjs";

const here = dirname(fileURLToPath(import.meta.url));

/** Where the package is built. */
export const source = join(here, "../../npm/n8n-nodes-hookward");

/** Packs the package into `folder`; the tarball's path, and the paths of what it holds. */
export function packNode(folder) {
  const args = ["pack", "--json", "--ignore-scripts", "--pack-destination", folder];
  const [{ filename, files }] = JSON.parse(execFileSync("npm", args, { cwd: source, encoding: "utf8", timeout: 60_000 }));
  return { path: join(folder, filename), files: files.map(({ path }) => path) };
}

/** Unpacks a tarball, and nothing besides it: the folder. */
export function unpack(tarball, folder) {
  mkdirSync(folder, { recursive: true });
  execFileSync("tar", ["-xzf", tarball, "-C", folder, "--strip-components=1"], { timeout: 60_000 });
  return folder;
}

let packed;
let installs = 0;

/**
 * The installed package: its folder, the files of the tarball, and its classes. Each call installs it
 * anew, and so is a process of its own as far as the package can tell.
 */
export function installNode() {
  if (packed === undefined) {
    const folder = scratch();
    packed = { folder, ...packNode(folder) };
  }
  const modules = join(packed.folder, `install-${++installs}`, "node_modules");
  const home = unpack(packed.path, join(modules, "n8n-nodes-hookward"));
  symlinkSync(join(here, "node_modules/n8n-workflow"), join(modules, "n8n-workflow"));
  const load = createRequire(join(home, "package.json"));
  const manifest = load("./package.json");
  const classOf = (file) => Object.values(load(`./${file}`))[0];
  const [HookwardTrigger, Hookward] = manifest.n8n.nodes.map(classOf);
  const [HookwardApi] = manifest.n8n.credentials.map(classOf);
  return { home, files: packed.files, manifest, HookwardTrigger, Hookward, HookwardApi };
}
