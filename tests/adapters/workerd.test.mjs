// The adapters for Workers in workerd itself, bundled as their users' Workers are.

import assert from "node:assert/strict";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { build } from "esbuild";
import { Miniflare, convertV4MiniflareOptions } from "miniflare";

import { tool } from "../packaging/packed.mjs";
import { SECRET, delivery, folder } from "./adapters.mjs";
import { keptAlive } from "./client.mjs";

const worker = `
import { Hono } from "hono";
import { MemoryStore } from "hookward";
import { webhook } from "hookward/fetch";
import { webhook as route } from "hookward/hono";

const store = new MemoryStore();
const options = (env) => ({ provider: "tinyposter", secret: env.SECRET, store, onError() {} });
const receive = webhook((request, env) => options(env), (event) => Response.json({ got: event.id }));
const app = new Hono();
app.all("/hono", route((c) => options(c.env), (event, c) => c.json({ got: event.id })));
app.use("/read", async (c, next) => (await c.req.raw.json(), next()));
app.all("/read", route((c) => options(c.env), () => {}));
export default {
  async fetch(request, env, ctx) {
    return new URL(request.url).pathname === "/fetch" ? receive(request, env, ctx) : app.fetch(request, env, ctx);
  },
};
`;

let miniflare;
let origin;
before(async () => {
  const entry = join(folder, "worker.mjs");
  writeFileSync(entry, worker);
  const outfile = join(folder, "bundle.mjs");
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    format: "esm",
    conditions: ["workerd"],
    alias: { hono: tool("hono") },
    external: ["*.wasm?module"],
    logLevel: "error",
  });
  const dist = join(folder, "node_modules/hookward/dist");
  const modules = readdirSync(dist).filter((name) => name.endsWith(".wasm"));
  miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host: "127.0.0.1",
      port: 0,
      compatibilityDate: "2025-09-01",
      modules: [
        { type: "ESModule", path: "bundle.mjs", contents: readFileSync(outfile, "utf8") },
        ...modules.map((name) => ({ type: "CompiledWasm", path: `${name}?module`, contents: readFileSync(join(dist, name)) })),
      ],
      bindings: { SECRET },
    }),
  );
  origin = String(await miniflare.ready).replace(/\/$/, "");
});
after(() => miniflare?.dispose());

for (const path of ["/fetch", "/hono"]) {
  test(`workerd ${path}: deliveries, forgeries, and what is too large, over one connection`, async () => {
    const send = keptAlive();
    const sent = delivery();
    const big = "x".repeat(1024 * 1024 + 1);
    for (const [of, status, json] of [
      [sent, 200, { got: sent.id }],
      [sent, 200, { status: "duplicate" }],
      [{ ...sent, body: `${sent.body} ` }, 401, { code: "signature_mismatch" }],
      [{ headers: sent.headers, body: big }, 413, { code: "body_too_large" }],
      [{ headers: sent.headers, body: [big.slice(9), big.slice(0, 9)] }, 413, { code: "body_too_large" }],
      [{ body: sent.body, headers: { ...sent.headers, "content-encoding": "br" } }, 415, { code: "unsupported_encoding" }],
      [{ method: "GET" }, 405, { code: "method_not_allowed" }],
    ]) {
      const answer = await send(origin + path, of);
      assert.deepEqual([answer.status, answer.json], [status, json]);
    }
    send.close();
  });
}

test("workerd: a body that was read before is never accepted", async () => {
  const send = keptAlive();
  const answer = await send(`${origin}/read`, delivery());
  assert.deepEqual([answer.status, answer.json], [500, { code: "body_not_raw" }]);
  send.close();
});
