// The package as its users get it: packed, and installed from the tarball into projects of its own.
// The tests take nothing else of it but the core's list of codes and the root README.

import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const tests = join(here, "..");
const source = join(tests, "../npm/hookward");

/** The Nodes that the package is tested on. */
export const nodes = {
  "Node 20": join(tests, "node_modules/node20/bin/node"),
  "Node 22": join(tests, "node_modules/node22/bin/node"),
  "Node 24": join(tests, "node_modules/node/bin/node"),
};

/** A file of a package in tests/node_modules. */
export const tool = (file) => join(tests, "node_modules", file);

/** Every file of tests/vectors, parsed; accepted cases with the `event_key` that this package gives for them. */
export const vectors = readdirSync(join(tests, "vectors"))
  .filter((name) => name.endsWith(".json"))
  .map((name) => JSON.parse(readFileSync(join(tests, "vectors", name), "utf8")));
for (const { provider, cases } of vectors) {
  for (const { ok } of cases.map((one) => one.expect)) {
    if (ok?.stored_key_hex) ok.event_key = storedKey(provider, ok);
  }
}

/** SHA-256 over the length-prefixed source, kind and value, in hex. */
function storedKey(source, { key_kind, key_value_utf8, key_value_hex }) {
  const value = key_value_hex === undefined ? Buffer.from(key_value_utf8) : Buffer.from(key_value_hex, "hex");
  const hash = createHash("sha256");
  for (const part of [Buffer.from(source), Buffer.from(key_kind), value]) {
    const length = Buffer.alloc(8);
    length.writeBigUInt64BE(BigInt(part.length));
    hash.update(length).update(part);
  }
  return hash.digest("hex");
}

/** The text of a file that lies beside the tests. */
export const beside = (name) => readFileSync(join(here, name), "utf8");

/** A folder that is gone when the process is. */
export function scratch() {
  const parent = join(here, ".tmp");
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(join(parent, "p-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function npm(cwd, ...args) {
  const env = { ...process.env, npm_config_update_notifier: "false", npm_config_fund: "false" };
  return execFileSync("npm", args, { cwd, env, encoding: "utf8", timeout: 120_000, stdio: ["ignore", "pipe", "pipe"] });
}

let tarball;

/** The packed tarball: its path, and what it holds as paths and sizes. */
export function pack() {
  if (tarball === undefined) {
    const folder = scratch();
    const [{ filename, files }] = JSON.parse(npm(source, "pack", "--json", "--pack-destination", folder));
    tarball = { path: join(folder, filename), files };
  }
  return tarball;
}

/**
 * A project that has nothing installed but the tarball, with these files in it. Returns its folder.
 *
 * @param {Record<string, string>} files their contents, by name
 * @param {object} manifest what its package.json says besides
 */
export function project(files, manifest = {}) {
  const folder = scratch();
  const described = { name: "project", private: true, ...manifest };
  writeFileSync(join(folder, "package.json"), JSON.stringify(described));
  npm(folder, "install", "--offline", "--no-audit", "--no-package-lock", pack().path);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

/**
 * Runs a program to its end. Resolves to what it printed; rejects with that if it failed or took longer
 * than `timeout` milliseconds.
 */
export function run(command, args, { cwd, input = "", timeout = 60_000 } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, timeout, killSignal: "SIGKILL" });
    let out = "";
    let all = "";
    child.stdout.on("data", (data) => ((out += data), (all += data)));
    child.stderr.on("data", (data) => (all += data));
    child.stdin.on("error", () => {});
    child.stdin.end(input);
    child.once("error", reject);
    child.once("close", (code, signal) => {
      if (code === 0) resolve(out);
      else reject(new Error(`${command} ${args.join(" ")} ended with ${code ?? signal}:\n${all}`));
    });
  });
}

/** The package as installed from the tarball, imported into this process. */
export async function installed() {
  const folder = project({ "entry.mjs": 'export * from "hookward";\n' });
  return import(join(folder, "entry.mjs"));
}
