// The adapters' types, against the frameworks' own, and where there are none of them.

import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";

import { project, run, tool } from "../packaging/packed.mjs";

const express = `
import express, { Router, type NextFunction, type Request, type Response } from "express";
import { HookwardError, MemoryStore, Receiver } from "hookward";
import { webhook } from "hookward/express";

const app = express();
const store = new MemoryStore();
const secret: string | undefined = process.env["SECRET"];
app.all("/a", webhook({ provider: "github", secret, store }, async (event, req, res) => {
  const id: string | undefined = event.id;
  const agent: string | undefined = req.get("user-agent");
  res.status(202).json({ id, agent });
}));
app.post("/b/:tenant", webhook((req) => ({ provider: "tinyposter", secrets: [String(req.params["tenant"])] }), (event) => void event.type));
app.post("/c", webhook({ provider: "slack", secret }), (req: Request, res: Response) => {
  const type: string | undefined = req.webhook?.type;
  res.json({ type });
});
app.use("/d", webhook(new Receiver({ provider: "svix", secret }), (event) => event.data));
Router().post("/e", webhook({ receiver: new Receiver({ provider: "svix", secret }), onError: (error, req) => console.error(error.code, req.originalUrl) }, () => {}));
app.use((error: unknown, req: Request, res: Response, next: NextFunction) => next(error instanceof HookwardError ? error.code : error));
// @ts-expect-error a provider that is not in the catalogue
app.post("/f", webhook({ provider: "nobody", secret }, () => {}));
// @ts-expect-error a misspelt option
app.post("/g", webhook({ provider: "github", secret, tolerence: 5 }, () => {}));
// @ts-expect-error no secret at all
app.post("/h", webhook({ provider: "github" }, () => {}));
`;

const fastify = `
import Fastify from "fastify";
import type { WebhookEvent } from "hookward";
import { webhook } from "hookward/fastify";

declare module "fastify" {
  interface FastifyRequest {
    webhook: WebhookEvent;
  }
}

const app = Fastify();
const secret: string | undefined = process.env["SECRET"];
app.post("/a", webhook({ provider: "github", secret }, async (event, request, reply) => {
  const id: string | undefined = event.id;
  request.log.info({ id, ip: request.ip });
  return reply.code(202).send({ id });
}));
app.post("/b", webhook({ provider: "github", secret }), async (request) => ({ type: request.webhook.type }));
app.route({ method: ["GET", "POST"], url: "/c", ...webhook({ provider: "github", secret }, () => {}) });
app.all("/d", webhook((request) => ({ provider: "tinyposter", secret: request.id, onError: (error) => request.log.warn(error.code) }), () => {}));
// @ts-expect-error a provider that is not in the catalogue
app.post("/e", webhook({ provider: "nobody", secret }, () => {}));
`;

const hono = `
import { Hono } from "hono";
import { webhook, type WebhookVariables } from "hookward/hono";

const app = new Hono<{ Bindings: { SECRET: string }; Variables: WebhookVariables<"github"> }>();
const secret: string | undefined = process.env["SECRET"];
app.all("/a", webhook({ provider: "github", secret }, async (event, c) => {
  const id: string | undefined = event.id;
  return c.json({ id, agent: c.req.header("user-agent") }, 202);
}));
app.post("/b", webhook({ provider: "github", secret }), (c) => {
  const type: string | undefined = c.get("webhook").type;
  return c.json({ type });
});
app.post("/c", webhook((c) => ({ provider: "tinyposter", secret: c.env.SECRET }), () => {}));
app.use("/d/*", webhook({ provider: "slack", secret }));
new Hono().post("/e", webhook({ provider: "slack", secret }, () => {}));
// @ts-expect-error a provider that is not in the catalogue
app.post("/f", webhook({ provider: "nobody", secret }, () => {}));
`;

const fetchAlike = `
import { MemoryStore } from "hookward";
import { webhook } from "hookward/fetch";

declare const secret: string | undefined;
const POST: (request: Request) => Promise<Response> = webhook({ provider: "github", secret, store: new MemoryStore() }, async (event) => {
  const id: string | undefined = event.id;
  void id;
});
const GET: (request: Request, context: { params: Promise<{ id: string }> }) => Promise<Response> = POST;
interface Env { SECRET: string }
const worker: { fetch(request: Request, env: Env, ctx: object): Promise<Response> } = {
  fetch: webhook((request: Request, env: Env) => ({ provider: "tinyposter", secret: env.SECRET }), (event, request, env) => {
    const text: Promise<string> = request.text();
    const key: string = env.SECRET;
    return new Response(key + event.type + text);
  }),
};
export { GET, POST, worker };
`;

const node = `
import { createServer } from "node:http";
import { webhook } from "hookward/node";

const secret: string | undefined = process.env["SECRET"];
createServer(webhook({ provider: "github", secret }, async (event, request, response) => {
  const id: string | undefined = event.id;
  const address: string | undefined = request.socket.remoteAddress;
  response.writeHead(202).end(id ?? address);
}));
createServer(webhook({ provider: "github", secret, onError: (error, request) => console.error(error.code, request.socket.remoteAddress) }, () => {}));
`;

/** Nobody's types but the package's. */
const alone = `
import { webhook as express } from "hookward/express";
import { webhook as fastify } from "hookward/fastify";
import { webhook as fetch } from "hookward/fetch";
import { webhook as hono } from "hookward/hono";
import { webhook as node } from "hookward/node";
const given = { provider: "github", secret: "x" } as const;
express(given, (event) => event.id);
fastify(given, (event, request, reply) => reply.send(request.url + event.id));
hono(given, (event, c) => c.body(event.id));
node(given, (event, request, response) => response.end(event.id));
const answer: Promise<{ readonly status: number }> = fetch(given, (event) => event.id)({} as never);
export { answer };
`;

const compilers = { "TypeScript 7": tool("typescript/bin/tsc"), "TypeScript 5": tool("typescript5/bin/tsc") };

/** A project away from all that the tests have installed, where only the package is found, and these. */
function farAway(packages) {
  const folder = mkdtempSync(join(tmpdir(), "hookward-types-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  cpSync(join(project({}), "node_modules/hookward"), join(folder, "node_modules/hookward"), { recursive: true });
  for (const [name, from] of Object.entries(packages)) {
    const path = join(folder, "node_modules", name);
    mkdirSync(dirname(path), { recursive: true });
    symlinkSync(tool(from), path);
  }
  return folder;
}

/** Compiles programs as modules and as CommonJS, with these packages of tests/node_modules beside them. */
async function compile(programs, packages, settings) {
  const folder = farAway(packages);
  for (const [name, program] of Object.entries(programs)) {
    for (const end of [".mts", ".cts"]) writeFileSync(join(folder, name + end), program);
  }
  for (const [at, tsc] of Object.values(compilers).entries()) {
    const compilerOptions = {
      ...{ module: "nodenext", target: "es2022", lib: ["es2023"], types: [], esModuleInterop: true, noEmit: true },
      ...{ strict: true, exactOptionalPropertyTypes: true, ...settings },
    };
    writeFileSync(join(folder, `tsconfig.${at}.json`), JSON.stringify({ compilerOptions, include: ["*.mts", "*.cts"] }));
    await run(process.execPath, [tsc, "--project", `tsconfig.${at}.json`], { cwd: folder, timeout: 180_000 });
  }
}

// The frameworks' own types are not all free of errors.
const beside = { types: ["node"], skipLibCheck: true };
const node24 = { "@types/node": "@types/node" };

test("Express 5, Fastify 5, Hono 4, node:http, and fetch with Node's types", () =>
  compile(
    { express, fastify, hono, node, fetchAlike },
    { ...node24, express: "express", "@types/express": "@types/express", fastify: "fastify", hono: "hono" },
    beside,
  ));

test("Express 4 and Fastify 4", () =>
  compile(
    { express, fastify },
    { ...node24, express: "express4", "@types/express": "types-express4", fastify: "fastify4" },
    beside,
  ));

test("fetch, with the DOM's types", () => compile({ fetchAlike }, {}, { lib: ["es2023", "dom"] }));

test("none of the frameworks, neither Node's types nor the DOM's", () => compile({ alone }, {}, {}));
