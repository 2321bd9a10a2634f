// Fastify, 5 and 4: what every adapter does, beside its content-type parsers and other hooks.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";

import fastify5 from "fastify";
import rawBody from "fastify-raw-body";
import fastify4 from "fastify4";

import { SECRET, delivery, hookward, later, reports } from "./adapters.mjs";
import { send } from "./client.mjs";
import { holds } from "./every.mjs";
import { holdsMiddleware } from "./middleware.mjs";

for (const [name, fastify] of [["fastify 5", fastify5], ["fastify 4", fastify4]]) {
  const make = (options) => {
    const app = fastify({ forceCloseConnections: true, ...options });
    later(() => app.close());
    return app;
  };
  const listen = (app) => app.listen({ port: 0, host: "127.0.0.1" });
  const given = { provider: "tinyposter", secret: SECRET };

  holds(name, async (given, handler) => {
    const app = make();
    app.all("/webhooks", hookward.fastify(given, handler));
    return listen(app);
  });

  holdsMiddleware(name, async (given, route, failing) => {
    const app = make();
    app.post("/webhooks", hookward.fastify(given), async (request, reply) => {
      await route(request.webhook, (status) => reply.code(status).send("route"));
      return reply;
    });
    app.setErrorHandler((error, request, reply) => failing(error, (status) => reply.code(status).send("failed")));
    return listen(app);
  });

  test(`${name}: with other routes' parsers and hooks around it`, async () => {
    const app = make({ bodyLimit: 100 });
    const order = [];
    const types = [];
    app.addContentTypeParser("application/x-www-form-urlencoded", { parseAs: "string" }, (request, body, done) => done(null, { form: body }));
    for (const hook of ["onRequest", "preValidation", "preHandler", "onSend", "onResponse"]) {
      app.addHook(hook, async (request) => {
        order.push(hook);
        if (hook === "preHandler") types.push([request.headers["content-type"], request.headers["x-mine"]]);
      });
    }
    app.addHook("onRequest", async (request) => void (request.headers = { ...request.headers, "x-mine": "1" }));
    app.addHook("preParsing", (request, reply, payload, done) => (payload.on("data", () => {}), done(null, payload)));
    app.post("/webhooks", hookward.fastify(given, () => {}));
    app.post("/echo", (request) => request.body);
    const origin = await listen(app);
    const { body, headers } = delivery();
    for (const type of ["application/json", "application/x-www-form-urlencoded"]) {
      order.length = 0;
      assert.equal((await send(`${origin}/webhooks`, { body, headers: { ...headers, "content-type": type } })).status, 200);
      await wait(10);
      assert.deepEqual(order, ["onRequest", "preValidation", "preHandler", "onSend", "onResponse"]);
      assert.deepEqual(types.at(-1), [type, "1"]);
    }
    const echo = (type, body) => send(`${origin}/echo`, { body, headers: { "content-type": type } });
    assert.deepEqual((await echo("application/json", '{"a":1}')).json, { a: 1 });
    assert.deepEqual((await echo("application/x-www-form-urlencoded", "a")).json, { form: "a" });
    assert.equal((await echo("application/json", JSON.stringify("x".repeat(100)))).status, 413);
  });

  test(`${name}: a hook that has read the body`, async () => {
    const app = make();
    const heard = reports();
    app.addHook("onRequest", async (request) => {
      for await (const chunk of request.raw) void chunk;
    });
    app.post("/webhooks", hookward.fastify({ ...given, onError: heard.onError }, () => assert.fail("accepted")));
    const answer = await send(`${await listen(app)}/webhooks`, delivery());
    assert.deepEqual([answer.status, answer.json], [500, { code: "body_not_raw" }]);
    assert.match(heard.errors[0].message, /onRequest or preParsing hook/);
  });

  test(`${name}: a function's request, whose bytes the platform has kept`, async () => {
    const app = make();
    app.addHook("onRequest", async (request) => {
      const chunks = [];
      for await (const chunk of request.raw) chunks.push(chunk);
      request.raw.rawBody = Buffer.concat(chunks);
    });
    app.post("/webhooks", hookward.fastify(given, () => {}));
    assert.equal((await send(`${await listen(app)}/webhooks`, delivery())).status, 200);
  });

  test(`${name}: hooks of the route's own that take the place of webhook()'s let nothing through`, async () => {
    const app = make();
    const heard = reports();
    const middleware = hookward.fastify({ ...given, onError: heard.onError });
    const handled = hookward.fastify({ ...given, onError: heard.onError }, () => assert.fail("accepted"));
    const preParsing = (request, reply, payload, done) => done(null, payload);
    app.post("/middleware", { ...middleware, preParsing }, () => assert.fail("accepted"));
    app.post("/handled", { ...handled, preParsing });
    const origin = await listen(app);
    for (const path of ["/middleware", "/handled"]) {
      const answer = await send(origin + path, delivery());
      assert.deepEqual([answer.status, answer.code], [500, "body_not_raw"]);
    }
    assert.match(heard.errors[0].message, /another preParsing hook/);
  });

  test(`${name}: what the handler throws goes to the application's error handler, and the event is free again`, async () => {
    const app = make();
    const failure = new Error("of the handler");
    let runs = 0;
    const passed = [];
    app.setErrorHandler((error, request, reply) => (passed.push(error), reply.code(500).send({ mine: true })));
    app.post("/webhooks", hookward.fastify({ ...given, store: new hookward.MemoryStore() }, async () => {
      if (runs++ === 0) throw failure;
    }));
    const url = `${await listen(app)}/webhooks`;
    const sent = delivery();
    assert.deepEqual((await send(url, sent)).json, { mine: true });
    assert.deepEqual([(await send(url, sent)).json, runs, passed], [{ status: "accepted" }, 2, [failure]]);
  });

  test(`${name}: a handler may answer by itself`, async () => {
    const app = make();
    let status = 500;
    let runs = 0;
    app.post("/webhooks", hookward.fastify({ ...given, store: new hookward.MemoryStore() }, async (event, request, reply) => {
      runs++;
      return reply.code(status).send({ got: event.id });
    }));
    const url = `${await listen(app)}/webhooks`;
    const sent = delivery();
    const failed = await send(url, sent);
    assert.deepEqual([failed.status, failed.json], [500, { got: sent.id }]);
    status = 202;
    const taken = await send(url, sent);
    assert.deepEqual([taken.status, taken.json, runs], [202, { got: sent.id }, 2]);
    assert.deepEqual([(await send(url, sent)).json, runs], [{ status: "duplicate" }, 2]);
  });

  test(`${name}: errors go to the request's log`, async () => {
    const lines = [];
    const app = make({ logger: { level: "warn", stream: { write: (line) => void lines.push(JSON.parse(line)) } } });
    app.post("/webhooks", hookward.fastify(given, () => {}));
    app.post("/unset", hookward.fastify(() => ({ provider: "tinyposter", secret: "" }), () => {}));
    const origin = await listen(app);
    assert.equal((await send(`${origin}/webhooks`, { ...delivery(), body: "" })).status, 401);
    assert.equal((await send(`${origin}/unset`, delivery())).status, 500);
    const [refused, unset] = lines;
    assert.deepEqual([lines.length, refused.level, unset.level, unset.err.code], [2, 40, 50, "no_secret"]);
    assert.match(refused.msg, /^hookward: signature_mismatch: /);
    assert.ok(!JSON.stringify(lines).includes(SECRET));
  });

  test(`${name}: injected requests, and app.route`, async () => {
    const app = make();
    app.route({ method: ["GET", "POST"], url: "/webhooks", ...hookward.fastify({ ...given, onError() {} }, () => {}) });
    const { body, headers } = delivery();
    const inject = (method, payload) => app.inject({ method, url: "/webhooks", headers, payload });
    assert.deepEqual((await inject("POST", body)).json(), { status: "accepted" });
    assert.equal((await inject("POST", `${body} `)).statusCode, 401);
    const wrong = await app.inject({ method: "GET", url: "/webhooks" });
    assert.deepEqual([wrong.statusCode, wrong.headers.allow], [405, "POST"]);
  });
}

test("fastify-raw-body, for all routes, does no harm", async () => {
  for (const runFirst of [true, false]) {
    const app = fastify5({ forceCloseConnections: true });
    later(() => app.close());
    await app.register(rawBody, { field: "rawBody", encoding: false, runFirst });
    app.post("/webhooks", hookward.fastify({ provider: "tinyposter", secret: SECRET }, () => {}));
    const origin = await app.listen({ port: 0, host: "127.0.0.1" });
    assert.equal((await send(`${origin}/webhooks`, delivery())).status, 200);
  }
});
