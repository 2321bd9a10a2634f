// The types in dist/: as modules, and once more for CommonJS.

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync, rmSync, rmdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** What a file of types has from others of them, by relative paths. */
const FROM = /((?:from |import\()"\.{1,2}\/[\w./-]+)\.js"/g;

/**
 * @param {object} of
 * @param {string} of.home the package's folder
 * @param {string} of.tsc the compiler's script
 * @param {string[]} of.ids the providers' ids
 * @param {string[]} of.entries the entries' types, as package.json names them
 */
export function writeTypes({ home, tsc, ids, entries }) {
  const dist = join(home, "dist");
  execFileSync(process.execPath, [tsc, "--project", home], { stdio: "inherit" });

  // What no entry leads to is nobody's to see.
  const reached = new Set();
  const visit = (path) => {
    if (reached.has(path)) return;
    reached.add(path);
    for (const [, from] of readFileSync(path, "utf8").matchAll(FROM)) {
      visit(`${join(dirname(path), from.slice(from.indexOf('"') + 1))}.d.ts`);
    }
  };
  entries.forEach((path) => visit(join(home, path)));

  let listed = 0;
  for (const name of readdirSync(dist, { recursive: true }).filter((name) => name.endsWith(".d.ts"))) {
    const path = join(dist, name);
    if (!reached.has(path)) {
      rmSync(path);
      continue;
    }
    const types = readFileSync(path, "utf8").replace(
      /(?<=^\/\*\* A provider's id in the catalogue\.).*\*\/\nexport type ProviderId = string;/m,
      () => (listed++, ` */\nexport type ProviderId = ${ids.map((id) => JSON.stringify(id)).join(" | ")};`),
    );
    writeFileSync(path, types);
    writeFileSync(path.replace(/\.d\.ts$/, ".d.cts"), types.replaceAll(FROM, '$1.cjs"'));
  }
  if (listed !== 1) throw new Error("the types have no ProviderId to fill in");
  for (const name of readdirSync(dist)) {
    if (!name.includes(".") && readdirSync(join(dist, name)).length === 0) rmdirSync(join(dist, name));
  }

  // The command-line tool has Node's types, and the package's own as its users have them.
  const cli = join(home, "tsconfig.cli.json");
  if (existsSync(join(home, "src/cli/main.ts"))) execFileSync(process.execPath, [tsc, "--project", cli], { stdio: "inherit" });
}
