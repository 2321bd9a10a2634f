// The programs inside npm packages that ship one a platform. Deno is had by its package for Linux alone:
// npm must find every package of a lock file, and registries do not all hold those for other platforms.

import { accessSync, constants, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { join } from "node:path";

const installed = fileURLToPath(new URL("node_modules/", import.meta.url));

/** The program at `path` in the one package of `scope` that npm chose for this machine. */
export function binary(scope, path) {
  const [found, ...more] = readdirSync(join(installed, scope));
  if (found === undefined || more.length > 0) throw new Error(`npm did not install one package of ${scope}: ${[found, ...more]}`);
  const program = join(installed, scope, found, path);
  accessSync(program, constants.X_OK);
  return program;
}
