// What the form without a handler is held to: the route's own handler runs next, and how it answers says
// whether the event is done.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";

import { SECRET, delivery, hookward, reports } from "./adapters.mjs";
import { cutOff, send } from "./client.mjs";

/**
 * @param {string} name
 * @param {Function} serve serves `route(event, answer)` behind webhook(given), and `failing(error, answer)`
 * as the error handler; its origin
 * @param {{ tellsOfClosing?: boolean }} [of] whether the route learns of a connection that is gone
 */
export function holdsMiddleware(name, serve, { seesClosing = true } = {}) {
  const start = async (route, options = {}) => {
    const seen = [];
    const failures = [];
    const heard = reports();
    const given = { provider: "tinyposter", secret: SECRET, store: new hookward.MemoryStore(), onError: heard.onError, ...options };
    const origin = await serve(
      given,
      (event, answer) => {
        seen.push(event);
        return route(answer, seen.length);
      },
      (error, answer) => {
        failures.push(error);
        return answer(500);
      },
    );
    return { origin, url: `${origin}/webhooks`, seen, failures, ...heard };
  };

  test(`${name}, as middleware: the route answers, and 2xx is done`, async () => {
    const { url, seen, errors } = await start((answer) => answer(201));
    const sent = delivery();
    const first = await send(url, sent);
    assert.deepEqual([first.status, first.text, seen[0].id], [201, "route", sent.id]);
    assert.deepEqual([(await send(url, sent)).json, seen.length, errors], [{ status: "duplicate" }, 1, []]);
  });

  test(`${name}, as middleware: the route does not run for what is refused`, async () => {
    const { url, seen, codes } = await start((answer) => answer(200));
    const answer = await send(url, { ...delivery(), body: "{}" });
    assert.deepEqual([answer.status, answer.json, seen.length, codes()], [401, { code: "signature_mismatch" }, 0, ["signature_mismatch"]]);
    const large = await send(url, { headers: delivery().headers, body: "x".repeat(1024 * 1024 + 1) });
    assert.deepEqual([large.status, large.code, seen.length], [413, "body_too_large", 0]);
  });

  test(`${name}, as middleware: any other answer gives the event free`, async () => {
    const statuses = [500, 404, 302, 400, 200];
    const { url, seen, errors } = await start((answer, run) => answer(statuses[run - 1]));
    const sent = delivery();
    for (const status of statuses) assert.equal((await send(url, sent)).status, status);
    assert.deepEqual([(await send(url, sent)).json, seen.length, errors], [{ status: "duplicate" }, 5, []]);
  });

  test(`${name}, as middleware: what the route throws is the application's, and gives the event free`, async () => {
    const failure = new Error("of the route");
    const { url, seen, failures, errors } = await start((answer, run) => {
      if (run === 1) throw failure;
      if (run === 2) return Promise.reject(failure);
      return answer(200);
    });
    const sent = delivery();
    assert.equal((await send(url, sent)).status, 500);
    assert.equal((await send(url, sent)).status, 500);
    assert.equal((await send(url, sent)).status, 200);
    assert.deepEqual([seen.length, failures, errors], [3, [failure, failure], []]);
  });

  test(`${name}, as middleware: bodies of every type reach it`, async () => {
    const { url, seen } = await start((answer) => answer(200), { provider: "github", store: undefined });
    for (const [body, type] of [['{"broken', "application/json"], ["a=b", "application/x-www-form-urlencoded"], ["x", "what/ever"], ["{}", "application/json"]]) {
      const { headers } = delivery({ provider: "github", body });
      assert.equal((await send(url, { body, headers: { ...headers, "content-type": type } })).status, 200);
      assert.equal(Buffer.from(seen.at(-1).body).toString(), body);
    }
  });

  test(`${name}, as middleware: many at once`, async () => {
    const { url, seen } = await start(async (answer) => (await wait(5), answer(200)));
    const answers = await Promise.all(Array.from({ length: 60 }, (_, n) => send(url, n % 3 ? delivery() : { ...delivery(), body: "{}" })));
    assert.deepEqual(answers.map(({ status }) => status), answers.map((_, n) => (n % 3 ? 200 : 401)));
    assert.equal(seen.length, 40);
  });

  if (!seesClosing) return;
  test(`${name}, as middleware: a connection that closes before the answer gives the event free`, async () => {
    let answered;
    const { origin, url, seen } = await start((answer, run) => {
      if (run > 1) return answer(200);
      return new Promise((resolve) => (answered = () => resolve(answer(200))));
    });
    const { body, headers } = delivery();
    await cutOff(origin, "/webhooks", headers, Buffer.byteLength(body), body);
    await wait(50);
    // Too late: nobody is there to hear it.
    answered();
    await wait(20);
    assert.deepEqual([(await send(url, { body, headers })).text, seen.length], ["route", 2]);
  });
}
