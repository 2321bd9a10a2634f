// Vite: an application, built and from its development server, and a server-side bundle.

import assert from "node:assert/strict";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";

import { build, createServer } from "vite";

import { nodes } from "../../packaging/packed.mjs";
import { runBundle } from "../bundles.mjs";
import { expected, projectWithChecks } from "../everywhere.mjs";
import { inChromium, visit } from "./chromium.mjs";

const application = {
  "index.html": '<!doctype html><script type="module" src="/main.js"></script>',
  "main.js": 'import { everything } from "./everything.mjs"; globalThis.everything = everything;',
};

let folder;
before(() => {
  folder = projectWithChecks(application);
});

const settings = () => ({ root: folder, configFile: false, logLevel: "error", clearScreen: false });

/** In a page of the application. */
const checks = async () => {
  while (globalThis.everything === undefined) await new Promise((resolve) => setTimeout(resolve, 20));
  return globalThis.everything(await (await fetch("/vectors.json")).json());
};

test("an application, built", async () => {
  await build({ ...settings(), build: { outDir: "application" } });
  cpSync(join(folder, "vectors.json"), join(folder, "application/vectors.json"));
  assert.deepEqual(await inChromium(join(folder, "application"), "index.html", checks), expected);
});

test("an application, from the development server", async () => {
  const server = await createServer({ ...settings(), server: { host: "127.0.0.1", port: 0 } });
  try {
    await server.listen();
    const { port } = server.httpServer.address();
    assert.deepEqual(await visit(`http://127.0.0.1:${port}/`, checks), expected);
  } finally {
    await server.close();
  }
});

test("a server-side bundle", async () => {
  await build({ ...settings(), ssr: { noExternal: true }, build: { ssr: "everything.mjs", outDir: "server" } });
  assert.deepEqual(await runBundle(nodes["Node 20"], folder, "server/everything.mjs"), expected);
});
