// What the tests of the adapters have in common: the installed package with all of its adapters, servers
// on loopback, and signed deliveries.

import { createServer } from "node:http";
import { join } from "node:path";
import { after } from "node:test";

import { project } from "../packaging/packed.mjs";

const entry = `
export * from "hookward";
export { webhook as express } from "hookward/express";
export { webhook as fastify } from "hookward/fastify";
export { webhook as fetch } from "hookward/fetch";
export { webhook as hono } from "hookward/hono";
export { webhook as node } from "hookward/node";
`;

/** A project with the package in it. */
export const folder = project({ "entry.mjs": entry });

/** All that the package exports, and `webhook` of each adapter under its name. */
export const hookward = await import(join(folder, "entry.mjs"));

export const SECRET = "whsec_adapters";

let events = 0;

/** A signed delivery: its body and headers. */
export function delivery({ id = `evt_${++events}`, type = "ping", data = { n: "ü" }, body, provider = "tinyposter" } = {}) {
  body ??= JSON.stringify({ id, type, created: "2026-01-01T00:00:00.000Z", data });
  const headers = hookward.sign({ provider, secret: SECRET, body, id: "msg_1" });
  return { id, body, headers: { "content-type": "application/json", ...headers } };
}

const closing = [];
after(() => Promise.all(closing.map((close) => close())));

/** Serves a request listener; its origin. */
export async function listen(listener) {
  const server = createServer(listener);
  closing.push(async () => {
    server.close();
    server.closeAllConnections();
  });
  server.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  return `http://127.0.0.1:${server.address().port}`;
}

/** Closes something when the tests of this file are over. */
export const later = (close) => closing.push(close);

/** What a Receiver, or an adapter, reports instead of logging it. */
export function reports() {
  const errors = [];
  return { errors, codes: () => errors.map(({ code }) => code), onError: (error) => void errors.push(error) };
}
