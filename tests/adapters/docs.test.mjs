// The examples of docs/adapters.md, run as they stand.

import assert from "node:assert/strict";
import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";

import { tool } from "../packaging/packed.mjs";
import { SECRET, delivery, folder, hookward, later, listen } from "./adapters.mjs";
import { send } from "./client.mjs";

const page = readFileSync(new URL("../../npm/hookward/docs/adapters.md", import.meta.url), "utf8");
const blocks = Object.fromEntries([...page.matchAll(/```[jt]s\n\/\/ test: ([\w-]+)\n(.*?)```/gs)].map(([, name, code]) => [name, code]));

process.env.WEBHOOK_SECRET = SECRET;
const printed = [];
before(() => {
  for (const name of ["express", "fastify", "hono"]) symlinkSync(tool(name), join(folder, "node_modules", name));
});

/** A block as a module, which exports `name` besides. */
function load(block, name) {
  const file = join(folder, `documented-${block}.mjs`);
  writeFileSync(file, name ? `${blocks[block]}\nexport { ${name} as it };` : blocks[block]);
  return import(file);
}

/** Holds a receiver to what it is shown for. */
async function receives(t, url, answer = [200, { status: "accepted" }]) {
  const log = t.mock.method(console, "log", (...values) => void printed.push(values));
  const warn = t.mock.method(console, "warn", () => {});
  const sent = delivery();
  const good = await send(url, sent);
  assert.deepEqual([good.status, good.json], typeof answer === "function" ? answer(sent.id) : answer);
  const bad = await send(url, { ...sent, body: `${sent.body} ` });
  assert.deepEqual([bad.status, bad.json], [401, { code: "signature_mismatch" }]);
  log.mock.restore();
  warn.mock.restore();
  return sent;
}
const says = ({ id }) => assert.deepEqual(printed.at(-1), ["ping", id]);

test("every example is run", () => {
  const run = ["express", "fastify", "fetch", "hono", "middleware", "node", "on-error", "pages", "registered", "tenants", "worker"];
  assert.deepEqual(Object.keys(blocks).sort(), [...run, "fastify-types"].sort());
  assert.equal(page.match(/^```\w/gm).length, Object.keys(blocks).length);
});

test("Express", async (t) => says(await receives(t, `${await listen((await load("express", "app")).it)}/webhooks`)));

test("Fastify", async (t) => {
  const { it } = await load("fastify", "app");
  later(() => it.close());
  await it.ready();
  t.mock.method(it.log, "warn", () => {});
  says(await receives(t, `${await listen(it.routing)}/webhooks`));
});

/** A function from Request to Response, as Node serves one. */
const served = (answer) => async (request, response) => {
  const body = request.method === "POST" ? await Array.fromAsync(request) : [];
  const { status, headers, ...given } = await answer(
    new Request(`http://localhost${request.url}`, { method: request.method, headers: request.headers, ...(body.length && { body: Buffer.concat(body) }) }),
  ).then(async (answer) => ({ status: answer.status, headers: Object.fromEntries(answer.headers), text: await answer.text() }));
  response.writeHead(status, headers).end(given.text);
};

test("Hono", async (t) => {
  const { it } = await load("hono", "app");
  says(await receives(t, `${await listen(served(async (request) => it.fetch(request)))}/webhooks`));
});

test("Next.js route handlers", async (t) => {
  const { GET, POST } = await load("fetch");
  says(await receives(t, await listen(served(POST))));
  assert.equal(GET, POST);
});

test("Cloudflare Workers", async (t) => {
  const { default: worker } = await load("worker");
  says(await receives(t, await listen(served((request) => worker.fetch(request, { WEBHOOK_SECRET: SECRET }, {})))));
});

test("node:http", async (t) => {
  const { it } = await load("node", "app");
  says(await receives(t, await listen((...context) => it.emit("request", ...context))));
});

test("Next.js pages routes", async (t) => {
  const { config, default: handler } = await load("pages");
  assert.deepEqual(config, { api: { bodyParser: false } });
  says(await receives(t, await listen(handler)));
});

test("the form without a handler", async (t) => {
  const { it } = await load("middleware", "app");
  await receives(t, `${await listen(it)}/webhooks`, (id) => [202, { received: id }]);
});

test("one secret for each tenant", async (t) => {
  const { appFor } = await load("tenants");
  const origin = await listen(appFor(async (tenant) => (tenant === "a" || tenant === "c" ? SECRET : "whsec_other"), new hookward.MemoryStore()));
  const sent = await receives(t, `${origin}/webhooks/a`);
  t.mock.method(console, "warn", () => {});
  assert.equal((await send(`${origin}/webhooks/b`, sent)).status, 401);
  // Of a store that is shared, each has its own events.
  assert.deepEqual((await send(`${origin}/webhooks/a`, sent)).json, { status: "duplicate" });
  assert.deepEqual((await send(`${origin}/webhooks/c`, sent)).json, { status: "accepted" });
});

test("onError", async (t) => {
  const { app, refused } = await load("on-error");
  await receives(t, await listen((...context) => app.emit("request", ...context)));
  assert.deepEqual(refused, ["127.0.0.1 signature_mismatch"]);
});

test("a URL as it was registered", async () => {
  const { it } = await load("registered", "app");
  const body = '{"merchant_id":"m","type":"payment.created","event_id":"e-1","created_at":"2026-01-01T00:00:00Z","data":{}}';
  const headers = hookward.sign({ provider: "square", secret: SECRET, body, method: "POST", url: "https://example.com/webhooks" });
  assert.equal((await send(await listen((...context) => it.emit("request", ...context)), { body, headers })).status, 200);
});
