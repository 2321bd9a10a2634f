// Hono: what every adapter does, on Node, and what may have read the body before.

import assert from "node:assert/strict";
import { test } from "node:test";

import { getRequestListener } from "@hono/node-server";
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { cors } from "hono/cors";
import { validator } from "hono/validator";

import { SECRET, delivery, hookward, listen, reports } from "./adapters.mjs";
import { send } from "./client.mjs";
import { holds } from "./every.mjs";
import { holdsMiddleware } from "./middleware.mjs";

const given = { provider: "tinyposter", secret: SECRET };

holds("hono", async (given, handler) => {
  const app = new Hono();
  app.all("/webhooks", hookward.hono(given, handler));
  return listen(getRequestListener(app.fetch));
});

holdsMiddleware(
  "hono",
  async (given, route, failing) => {
    const app = new Hono();
    app.post("/webhooks", hookward.hono(given), (c) => route(c.get("webhook"), (status) => c.body("route", status)));
    app.onError((error, c) => failing(error, (status) => c.body("failed", status)));
    return listen(getRequestListener(app.fetch));
  },
  // A Request and its Response: the route is over before anything is sent.
  { seesClosing: false },
);

const post = (app, { body, headers }, env) => app.request("/webhooks", { method: "POST", body, headers }, env);

const harmless = {
  "c.req.text()": async (c, next) => (await c.req.text(), next()),
  "c.req.arrayBuffer()": async (c, next) => (await c.req.arrayBuffer(), next()),
  "c.req.blob()": async (c, next) => (await c.req.blob(), next()),
  "c.req.json()": async (c, next) => (await c.req.json(), next()),
  "a validator of JSON": validator("json", (value) => value),
  "bodyLimit": bodyLimit({ maxSize: 2 ** 20 }),
  "a reader of a clone": async (c, next) => (await c.req.raw.clone().json(), next()),
};
for (const [what, middleware] of Object.entries(harmless)) {
  test(`hono: behind ${what}`, async () => {
    const app = new Hono();
    const seen = [];
    app.use(middleware);
    app.post("/webhooks", hookward.hono({ ...given, onError() {} }, (event) => void seen.push(event)));
    const { body, headers } = delivery();
    const spaced = delivery({ body: body.replace(",", " ,  ") });
    assert.equal((await post(app, spaced)).status, 200);
    assert.equal(Buffer.from(seen[0].body).toString(), spaced.body);
    const forged = await post(app, { body: spaced.body, headers });
    assert.deepEqual([forged.status, await forged.json(), seen.length], [401, { code: "signature_mismatch" }, 1]);
  });
}

const harmful = {
  "c.req.raw.json()": async (c, next) => (await c.req.raw.json(), next()),
  "c.req.json(), as the first versions kept it": async (c, next) => {
    c.req.bodyCache.json = c.req.raw.json();
    await next();
  },
  "a reader of the stream": async (c, next) => (c.req.raw.body.getReader(), next()),
};
for (const [what, middleware] of Object.entries(harmful)) {
  test(`hono: behind ${what} nothing is accepted, and the developer is told`, async () => {
    const app = new Hono();
    const { errors, onError } = reports();
    app.use(middleware);
    app.post("/webhooks", hookward.hono({ ...given, onError }, () => assert.fail("accepted")));
    const answer = await post(app, delivery());
    assert.deepEqual([answer.status, await answer.json()], [500, { code: "body_not_raw" }]);
    assert.match(errors[0].message, /ahead of the middleware that reads it.*c\.req\.text\(\)/s);
  });
}

test("hono: the route behind it can read the body, as it was verified", async () => {
  const app = new Hono();
  app.post("/webhooks", hookward.hono(given), async (c) => c.json([await c.req.json(), await c.req.text(), (await c.req.arrayBuffer()).byteLength]));
  const { body, headers } = delivery();
  assert.deepEqual(await (await post(app, { body, headers })).json(), [JSON.parse(body), body, Buffer.byteLength(body)]);
});

test("hono: secrets of a Worker, which come with the request", async () => {
  const app = new Hono();
  app.post("/webhooks", hookward.hono((c) => ({ provider: "tinyposter", secret: c.env.SECRET }), () => {}));
  assert.equal((await post(app, delivery(), { SECRET })).status, 200);
  assert.equal((await post(app, delivery(), { SECRET: "whsec_another" })).status, 401);
});

test("hono: a secret that is not set is told with each request, not when the module is run", async () => {
  const app = new Hono();
  app.post("/webhooks", hookward.hono({ provider: "tinyposter", secret: undefined }, () => assert.fail("accepted")));
  const answer = await post(app, delivery());
  assert.deepEqual([answer.status, await answer.json()], [500, { code: "no_secret" }]);
});

test("hono: what other middleware puts on the answer stays on it", async () => {
  const app = new Hono();
  app.use(cors());
  app.use(async (c, next) => (c.header("x-mine", "1"), next()));
  app.post("/webhooks", hookward.hono({ ...given, onError() {} }, () => {}));
  for (const [body, status] of [[undefined, 200], ["", 401]]) {
    const answer = await post(app, { ...delivery(), ...(body === "" && { body }) });
    assert.deepEqual([answer.status, answer.headers.get("x-mine"), answer.headers.get("access-control-allow-origin")], [status, "1", "*"]);
  }
});

test("hono: what the handler throws goes to app.onError, and the event is free again", async () => {
  const app = new Hono();
  const failure = new Error("of the handler");
  const passed = [];
  let runs = 0;
  app.onError((error, c) => (passed.push(error), c.json({ mine: true }, 500)));
  app.post("/webhooks", hookward.hono({ ...given, store: new hookward.MemoryStore() }, async () => {
    if (runs++ === 0) throw failure;
  }));
  const sent = delivery();
  assert.deepEqual(await (await post(app, sent)).json(), { mine: true });
  assert.deepEqual([await (await post(app, sent)).json(), runs, passed], [{ status: "accepted" }, 2, [failure]]);
});

test("hono: a handler may answer by itself", async () => {
  const app = new Hono();
  let status = 500;
  let runs = 0;
  app.post("/webhooks", hookward.hono({ ...given, store: new hookward.MemoryStore() }, (event, c) => (runs++, c.json({ got: event.id }, status))));
  const sent = delivery();
  assert.equal((await post(app, sent)).status, 500);
  status = 202;
  const taken = await post(app, sent);
  assert.deepEqual([taken.status, await taken.json(), runs], [202, { got: sent.id }, 2]);
  assert.deepEqual([await (await post(app, sent)).json(), runs], [{ status: "duplicate" }, 2]);
});

test("hono: with serve(), over HTTP, a small answer of its own", async () => {
  const app = new Hono();
  app.post("/webhooks", hookward.hono(given, (event, c) => c.text(event.id)));
  const sent = delivery();
  assert.equal((await send(`${await listen(getRequestListener(app.fetch))}/webhooks`, sent)).text, sent.id);
});
