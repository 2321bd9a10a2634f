// Vercel's edge-runtime, from the tarball: with the module as a file, as Next.js hands it over, and inlined.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { before, test } from "node:test";

import { EdgeRuntime } from "edge-runtime";
import { build } from "esbuild";

import { vectors } from "../../packaging/packed.mjs";
import { expected, projectWithChecks } from "../everywhere.mjs";

const worker = `
  import * as hookward from "hookward";
  import { everything } from "./everything.mjs";
  addEventListener("fetch", (event) => event.respondWith(answer(event.request)));
  async function answer(request) {
    if (request.url.endsWith("/check")) return Response.json(await everything(await request.json()));
    if (request.url.endsWith("/name")) return Response.json(EdgeRuntime);
    // What a user's handler does.
    try {
      const { headers } = request;
      return Response.json(hookward.verify({ provider: "github", secret: "s", headers, body: await request.arrayBuffer() }).payload);
    } catch (error) {
      return Response.json({ code: error.code, name: error.name }, { status: error.status });
    }
  }
`;

let folder;
before(() => {
  folder = projectWithChecks({ "worker.mjs": worker });
});

/** The worker in a runtime of its own. A module that it imports as a file is a global of that. */
async function start(conditions) {
  const modules = {};
  const { outputFiles } = await build({
    absWorkingDir: folder,
    entryPoints: ["worker.mjs"],
    bundle: true,
    write: false,
    conditions,
    logLevel: "silent",
    plugins: [
      {
        name: "wasm",
        setup({ onResolve, onLoad }) {
          onResolve({ filter: /\.wasm\?module$/ }, ({ path, importer }) => ({
            path: join(dirname(importer), path.replace("?module", "")),
            namespace: "wasm",
          }));
          onLoad({ filter: /.*/, namespace: "wasm" }, ({ path }) => {
            const name = `wasm_${basename(path, ".wasm").replaceAll("-", "_")}`;
            modules[name] = new WebAssembly.Module(readFileSync(path));
            return { contents: `export default ${name};` };
          });
        },
      },
    ],
  });
  const runtime = new EdgeRuntime({ initialCode: outputFiles[0].text, extend: (context) => Object.assign(context, modules) });
  return { runtime, modules };
}

for (const [name, { conditions, isFile }] of Object.entries({
  "the module as a file": { conditions: ["edge-light"], isFile: true },
  "the module inlined": { conditions: [], isFile: false },
})) {
  test(`edge-runtime runs every vector, with ${name}`, async () => {
    const { runtime, modules } = await start(conditions);
    assert.equal("wasm_hookward" in modules, isFile);
    const post = async (path, options) => runtime.dispatchFetch(`http://localhost${path}`, { method: "POST", ...options });
    assert.equal(await (await post("/name")).json(), "edge-runtime");
    const response = await post("/check", { body: JSON.stringify(vectors) });
    assert.deepEqual(await response.json(), expected);
  });

  test(`a handler in edge-runtime verifies its request, with ${name}`, async () => {
    const { runtime } = await start(conditions);
    const headers = { "x-hub-signature-256": "sha256=143ca8d517ba1b181025d732b1cf275d90104fca57bb02a565542978aa18c4b6" };
    const post = (body) => runtime.dispatchFetch("http://localhost/", { method: "POST", headers, body });
    const good = await post("{}");
    assert.deepEqual([good.status, await good.json()], [200, {}]);
    const bad = await post("{ }");
    assert.deepEqual([bad.status, await bad.json()], [401, { code: "signature_mismatch", name: "HookwardError" }]);
  });
}
