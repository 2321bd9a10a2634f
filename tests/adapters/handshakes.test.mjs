// Handshakes, and URLs that are signed, through each adapter.

import assert from "node:assert/strict";
import { test } from "node:test";

import express from "express";
import fastify from "fastify";
import { Hono } from "hono";
import { getRequestListener } from "@hono/node-server";

import { SECRET, hookward, later, listen, reports } from "./adapters.mjs";
import { send } from "./client.mjs";

const adapters = {
  express: async (given, handler) => `${await listen(express().use("/in", hookward.express(given, handler)))}/in/webhooks`,
  fastify: async (given, handler) => {
    const app = fastify({ forceCloseConnections: true });
    later(() => app.close());
    app.all("/webhooks", hookward.fastify(given, handler));
    return `${await app.listen({ port: 0, host: "127.0.0.1" })}/webhooks`;
  },
  "fastify, as middleware": async (given, handler) => {
    const app = fastify({ forceCloseConnections: true });
    later(() => app.close());
    app.all("/webhooks", hookward.fastify(given), (request, reply) => (handler(request.webhook), reply.send({ status: "accepted" })));
    return `${await app.listen({ port: 0, host: "127.0.0.1" })}/webhooks`;
  },
  hono: async (given, handler) => `${await listen(getRequestListener(new Hono().all("/webhooks", hookward.hono(given, handler)).fetch))}/webhooks`,
  fetch: async (given, handler) => listen(getRequestListener(hookward.fetch(given, handler))),
  node: async (given, handler) => listen(hookward.node(given, handler)),
};

for (const [name, serve] of Object.entries(adapters)) {
  test(`${name}: Meta asks by GET, and delivers by POST`, async () => {
    const seen = [];
    const { codes, onError } = reports();
    const url = await serve({ provider: "meta", secret: SECRET, verifyToken: "token-of-mine", onError }, (event) => void seen.push(event));
    const ask = (query) => send(`${url}?hub.mode=subscribe&${query}`, { method: "GET" });
    const answer = await ask("hub.challenge=1158201444&hub.verify_token=token-of-mine");
    assert.deepEqual([answer.status, answer.text], [200, "1158201444"]);
    assert.match(answer.headers["content-type"], /^text\/plain/);
    assert.equal(answer.headers["x-content-type-options"], "nosniff");
    const wrong = await ask("hub.challenge=1158201444&hub.verify_token=another");
    assert.ok(wrong.status >= 400 && wrong.text !== "1158201444", wrong.text);
    const neither = await send(url, { method: "PUT" });
    assert.deepEqual([neither.status, neither.headers.allow], [405, "GET, POST"]);
    assert.deepEqual([seen, codes().length], [[], 1]);

    const body = '{"object":"page","entry":[]}';
    const headers = hookward.sign({ provider: "meta", secret: SECRET, body });
    assert.deepEqual((await send(url, { body, headers })).json, { status: "accepted" });
    assert.equal(seen.length, 1);
  });

  test(`${name}: Slack asks by POST, and is verified first`, async () => {
    const { codes, onError } = reports();
    const url = await serve({ provider: "slack", secret: SECRET, onError }, () => assert.fail("it is no event"));
    const body = '{"token":"x","challenge":"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P","type":"url_verification"}';
    const headers = { "content-type": "application/json", ...hookward.sign({ provider: "slack", secret: SECRET, body }) };
    const answer = await send(url, { body, headers });
    assert.deepEqual([answer.status, answer.text], [200, JSON.parse(body).challenge]);
    const forged = await send(url, { body: body.replace("3eZ", "xxx"), headers });
    assert.deepEqual([forged.status, forged.code, codes()], [401, "signature_mismatch", ["signature_mismatch"]]);
  });

  test(`${name}: a URL that is signed is the one that was registered, whatever the request says`, async () => {
    const registered = "https://example.com/square?of=mine";
    const seen = [];
    const url = await serve({ provider: "square", secret: SECRET, url: registered, onError() {} }, (event) => void seen.push(event));
    const body = '{"merchant_id":"m","type":"payment.created","event_id":"e-1","created_at":"2026-01-01T00:00:00Z","data":{}}';
    const signed = (url) => hookward.sign({ provider: "square", secret: SECRET, body, method: "POST", url });
    assert.equal((await send(url, { body, headers: signed(registered) })).status, 200);
    const elsewhere = "https://attacker.example/square";
    const led = { host: "attacker.example", "x-forwarded-host": "attacker.example", "x-forwarded-proto": "https" };
    for (const other of [elsewhere, url]) {
      assert.equal((await send(url, { body, headers: { ...led, ...signed(other) } })).status, 401);
    }
    assert.equal(seen.length, 1);
  });
}

test("a provider that signs the URL is refused without it, at the start", () => {
  for (const webhook of [hookward.express, hookward.fastify, hookward.fetch, hookward.hono, hookward.node]) {
    assert.throws(() => webhook({ provider: "square", secret: SECRET }, () => {}), { code: "invalid_target" });
  }
});

test("a receiver that is made for each request takes no secret", async () => {
  const taken = [];
  const takeSecret = (secret) => void taken.push(secret);
  const asana = { headers: { "x-hook-secret": "b537207f20cbfa02357cf448134da559e8bd39d61597dcd5631b8012eae53e81" }, body: "{}" };
  const each = await send(await listen(hookward.node(() => ({ provider: "asana", takeSecret }), () => {})), asana);
  assert.deepEqual([each.status, each.code, taken], [500, "invalid_option", []]);
  const lasting = await listen(hookward.node({ provider: "asana", takeSecret, onError() {} }, () => {}));
  const first = await send(lasting, asana);
  assert.deepEqual([first.status, first.headers["x-hook-secret"], taken.length], [200, asana.headers["x-hook-secret"], 1]);
  const again = await send(lasting, { ...asana, headers: { "x-hook-secret": "0".repeat(64) } });
  assert.ok(again.status >= 400);
  assert.equal(taken.length, 1);
});
