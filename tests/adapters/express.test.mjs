// Express, 5 and 4: what every adapter does, and what may stand ahead of it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";

import express5 from "express";
import express4 from "express4";
import serverless from "serverless-http";

import { SECRET, delivery, hookward, listen, reports } from "./adapters.mjs";
import { keptAlive, send } from "./client.mjs";
import { holds } from "./every.mjs";
import { holdsMiddleware } from "./middleware.mjs";

for (const [name, express] of [["express 5", express5], ["express 4", express4]]) {
  holds(name, async (given, handler) => {
    const app = express();
    app.all("/webhooks", hookward.express(given, handler));
    return listen(app);
  });

  holdsMiddleware(name, async (given, route, failing) => {
    const app = express();
    app.post("/webhooks", hookward.express(given), (req, res, next) => {
      Promise.resolve(route(req.webhook, (status) => res.status(status).end("route"))).catch(next);
    });
    app.use((error, req, res, next) => failing(error, (status) => res.status(status).end("failed")));
    return listen(app);
  });

  /** Serves a route behind other middleware; what is posted to it, and what came of it. */
  const behind = async (...middleware) => {
    const app = express();
    const seen = [];
    const heard = reports();
    for (const one of middleware) app.use(one);
    app.post("/webhooks", hookward.express({ provider: "tinyposter", secret: SECRET, onError: heard.onError }, (event) => void seen.push(event)));
    const origin = await listen(app);
    const client = keptAlive();
    return { post: (of) => client(`${origin}/webhooks`, of), seen, client, ...heard };
  };

  const kept = { verify: (req, res, bytes) => void (req.rawBody = bytes) };
  const harmless = {
    "express.raw": [express.raw({ type: () => true })],
    "express.text": [express.text({ type: () => true })],
    "express.json that keeps the bytes": [express.json(kept)],
    "express.json that keeps them as text": [express.json({ verify: (req, res, bytes) => void (req.rawBody = bytes.toString()) })],
    "express.urlencoded, for another type": [express.urlencoded({ extended: true })],
    "express.json, for another type": [express.json({ type: "application/vnd.other" })],
    "a listener that counts bytes": [(req, res, next) => (req.on("data", () => {}), next())],
    "a pause": [(req, res, next) => (req.pause(), next())],
    "a wait": [async (req, res, next) => (await wait(20), next())],
    "a body that is parsed when it is asked for": [
      (req, res, next) => {
        Object.defineProperty(req, "body", { get: () => assert.fail("it was asked for") });
        next();
      },
    ],
  };
  for (const [what, middleware] of Object.entries(harmless)) {
    test(`${name}: behind ${what}`, async () => {
      const { post, seen, client } = await behind(...middleware);
      const { body, headers } = delivery({ data: { spaced: "ü\u2028" } });
      for (let n = 0; n < 2; n++) assert.equal((await post({ body, headers })).status, 200);
      assert.equal(Buffer.from(seen[1].body).toString(), body);
      const forged = await post({ body: `${body} `, headers });
      assert.deepEqual([forged.status, forged.code], [401, "signature_mismatch"]);
      client.close();
    });
  }

  const harmful = {
    "express.json": [[express.json()], /req\.body is an object.* above app\.use\(express\.json\(\)\).*req\.rawBody = bytes.*rawBody: true/],
    "express.urlencoded for every type": [[express.urlencoded({ extended: true, type: () => true })], /req\.body is an object/],
    "something that has read it": [[(req, res, next) => req.on("data", () => {}).on("end", next)], /req\.body is undefined/],
    "something that has begun to read": [[(req, res, next) => req.once("readable", () => (req.read(5), next()))], /req\.body is undefined/],
    "something that has it decoded": [[(req, res, next) => (req.setEncoding("utf8"), next())], /req\.body is undefined/],
    "express.text in another encoding": [
      [(req, res, next) => ((req.headers["content-type"] = "text/plain; charset=latin1"), next()), express.text({ type: () => true })],
      /req\.body is text in another encoding than UTF-8/,
    ],
    "a body that cannot be asked for": [
      [
        express.json(),
        (req, res, next) => {
          Object.defineProperty(req, "body", { get: () => assert.fail("expected: it throws") });
          next();
        },
      ],
      /req\.body cannot be read/,
    ],
  };
  for (const [what, [middleware, message]] of Object.entries(harmful)) {
    test(`${name}: behind ${what} nothing is accepted, and the developer is told`, async () => {
      const { post, seen, errors, client } = await behind(...middleware);
      for (let n = 0; n < 2; n++) {
        const answer = await post(delivery());
        assert.deepEqual([answer.status, answer.json], [500, { code: "body_not_raw" }]);
      }
      assert.deepEqual([seen.length, errors.length, errors[0].code], [0, 2, "body_not_raw"]);
      assert.match(errors[0].message, message);
      client.close();
    });
  }

  test(`${name}: in a router, and mounted with app.use`, async () => {
    const app = express();
    const router = express.Router();
    const given = { provider: "tinyposter", secret: SECRET };
    router.all("/in", hookward.express(given, () => {}));
    app.use("/routed", router);
    app.use("/used", hookward.express(given, () => {}));
    app.use(express.json());
    const origin = await listen(app);
    for (const path of ["/routed/in", "/used", "/used/deeper?x=1"]) {
      assert.equal((await send(origin + path, delivery())).status, 200, path);
    }
  });

  test(`${name}: what the handler throws goes to the application's error handler, and the event is free again`, async () => {
    const app = express();
    const failure = new Error("of the handler");
    const heard = reports();
    let runs = 0;
    const given = { provider: "tinyposter", secret: SECRET, store: new hookward.MemoryStore(), onError: heard.onError };
    app.post("/webhooks", hookward.express(given, () => {
      if (runs++ === 0) throw failure;
    }));
    const passed = [];
    app.use((error, req, res, next) => (passed.push(error), res.status(500).json({ mine: true })));
    const url = `${await listen(app)}/webhooks`;
    const sent = delivery();
    assert.deepEqual((await send(url, sent)).json, { mine: true });
    assert.deepEqual([(await send(url, sent)).json, runs], [{ status: "accepted" }, 2]);
    assert.deepEqual([passed, heard.errors], [[failure], []]);
  });

  test(`${name}: what the function that finds the options throws goes there too`, async () => {
    const app = express();
    const failure = new Error("no such tenant");
    app.post("/:tenant", hookward.express((req) => {
      assert.equal(req.params.tenant, "b");
      throw failure;
    }, () => assert.fail("accepted")));
    app.use((error, req, res, next) => res.status(error === failure ? 404 : 500).end());
    assert.equal((await send(`${await listen(app)}/b`, delivery())).status, 404);
  });

  test(`${name}: a handler may answer by itself`, async () => {
    const app = express();
    let status = 500;
    let runs = 0;
    const given = { provider: "tinyposter", secret: SECRET, store: new hookward.MemoryStore() };
    app.post("/webhooks", hookward.express(given, async (event, req, res) => {
      runs++;
      res.status(status).json({ got: event.id, from: req.get("x-from") });
    }));
    const url = `${await listen(app)}/webhooks`;
    const sent = delivery();
    const from = { ...sent, headers: { ...sent.headers, "x-from": "me" } };
    const own = { got: sent.id, from: "me" };
    const failed = await send(url, from);
    assert.deepEqual([failed.status, failed.json], [500, own]);
    status = 202;
    const taken = await send(url, from);
    assert.deepEqual([taken.status, taken.json, runs], [202, own, 2]);
    assert.deepEqual([(await send(url, from)).json, runs], [{ status: "duplicate" }, 2]);
  });
}

test("serverless-http: a request that was put together by hand", async () => {
  const app = express5();
  const seen = [];
  app.post("/webhooks", hookward.express({ provider: "tinyposter", secret: SECRET, onError() {} }, (event) => void seen.push(event.id)));
  const call = serverless(app);
  const { id, body, headers } = delivery();
  const event = (text) => ({
    version: "2.0",
    rawPath: "/webhooks",
    rawQueryString: "",
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
    requestContext: { http: { method: "POST", sourceIp: "127.0.0.1" } },
    body: Buffer.from(text).toString("base64"),
    isBase64Encoded: true,
  });
  const good = await call(event(body), {});
  assert.deepEqual([good.statusCode, good.body, seen], [200, '{"status":"accepted"}', [id]]);
  const bad = await call(event(`${body} `), {});
  assert.deepEqual([bad.statusCode, bad.body, seen], [401, '{"code":"signature_mismatch"}', [id]]);
});

test("fetch reads the answer to a body that is far too large", async () => {
  const url = `${await listen(express5().all("/webhooks", hookward.express({ provider: "tinyposter", secret: SECRET, onError() {} }, () => {})))}/webhooks`;
  for (let n = 0; n < 5; n++) {
    const answer = await fetch(url, { method: "POST", body: "x".repeat(8 * 1024 * 1024) });
    assert.deepEqual([answer.status, await answer.json()], [413, { code: "body_too_large" }]);
  }
});
