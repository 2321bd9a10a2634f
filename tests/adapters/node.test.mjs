// Plain node:http, and what hands out its requests.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";

import { SECRET, delivery, hookward, listen, reports } from "./adapters.mjs";
import { cutOff, send } from "./client.mjs";
import { holds } from "./every.mjs";

holds("node", async (given, handler) => listen(hookward.node(given, handler)));

const given = { provider: "tinyposter", secret: SECRET };

/** A listener that has a request's body read, before `listener` gets it with `left` on it. */
const behind = (listener, left) => async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  await listener(Object.assign(request, left(Buffer.concat(chunks))), response);
};

test("node: Google Cloud Functions and Firebase, which keep the bytes", async () => {
  const seen = [];
  const listener = hookward.node({ ...given, onError() {} }, (event) => void seen.push(event.id));
  const url = await listen(behind(listener, (rawBody) => ({ rawBody, body: JSON.parse(rawBody || "{}") })));
  const sent = delivery();
  assert.equal((await send(url, sent)).status, 200);
  assert.equal((await send(url, { ...sent, body: "{}" })).status, 401);
  assert.deepEqual(seen, [sent.id]);
});

test("node: a body that was kept, but over the cap", async () => {
  const listener = hookward.node({ ...given, onError() {} }, () => assert.fail("accepted"));
  for (const left of [(rawBody) => ({ rawBody }), (rawBody) => ({ rawBody: rawBody.toString() }), (body) => ({ body })]) {
    const answer = await send(await listen(behind(listener, left)), { ...delivery(), body: "x".repeat(2 ** 20 + 1) });
    assert.deepEqual([answer.status, answer.code], [413, "body_too_large"]);
  }
});

test("node: a Next.js pages route, whose body Next.js has parsed, and one whose it has not", async () => {
  const { errors, onError } = reports();
  const listener = hookward.node({ ...given, onError }, () => {});
  const parsed = await listen(behind(listener, (bytes) => ({ body: JSON.parse(bytes), query: {}, cookies: {}, preview: undefined })));
  const answer = await send(parsed, delivery());
  assert.deepEqual([answer.status, answer.json, errors.length], [500, { code: "body_not_raw" }, 1]);
  assert.match(errors[0].message, /export const config = \{ api: \{ bodyParser: false \} \}/);
  const unparsed = await listen((request, response) => listener(Object.assign(request, { preview: undefined, body: undefined }), response));
  assert.equal((await send(unparsed, delivery())).status, 200);
});

test("node: elsewhere, a body that was parsed", async () => {
  const { errors, onError } = reports();
  const listener = hookward.node({ ...given, onError }, () => assert.fail("accepted"));
  for (const body of [{}, [], 5, null, undefined]) {
    const answer = await send(await listen(behind(listener, () => ({ body }))), delivery());
    assert.deepEqual([answer.status, answer.json], [500, { code: "body_not_raw" }]);
  }
  assert.match(errors[0].message, /keep the bytes as req\.rawBody/);
});

test("node: what the handler throws is answered with 500, told to onError, and the event is free again", async () => {
  const { errors, onError } = reports();
  const failure = new Error("of the handler");
  let runs = 0;
  const url = await listen(hookward.node({ ...given, store: new hookward.MemoryStore(), onError }, async () => {
    if (runs++ === 0) throw failure;
  }));
  const sent = delivery();
  const failed = await send(url, sent);
  assert.deepEqual([failed.status, failed.json], [500, { code: "handler_failed" }]);
  assert.deepEqual([errors.length, errors[0].code, errors[0].cause], [1, "handler_failed", failure]);
  assert.deepEqual([(await send(url, sent)).json, runs], [{ status: "accepted" }, 2]);
});

test("node: a function that finds no receiver is answered with 500", async () => {
  const url = await listen(hookward.node(() => Promise.reject(new Error("expected: no such tenant")), () => assert.fail("accepted")));
  const answer = await send(url, delivery());
  assert.deepEqual([answer.status, answer.json], [500, { code: "handler_failed" }]);
});

test("node: a handler may answer by itself, and is cut off if it throws in the middle of it", async () => {
  let middle = true;
  const { codes, onError } = reports();
  const url = await listen(hookward.node({ ...given, store: new hookward.MemoryStore(), onError }, (event, request, response) => {
    response.writeHead(202).write("so ");
    if (middle) throw new Error("in the middle");
    response.end("far");
  }));
  const sent = delivery();
  await assert.rejects(send(url, sent), { code: "ECONNRESET" });
  middle = false;
  const answer = await send(url, sent);
  assert.deepEqual([answer.status, answer.text, codes()], [202, "so far", ["handler_failed"]]);
});

test("node: nothing waits for a sender that has gone, before or while its body is read", async () => {
  const listener = hookward.node(given, () => assert.fail("accepted"));
  for (const hesitate of [0, 150]) {
    let settled;
    const origin = await listen(async (request, response) => {
      await wait(hesitate);
      await listener(request, response);
      settled = true;
    });
    const { body, headers } = delivery();
    await cutOff(origin, "/", headers, body.length + 10, hesitate ? "" : body);
    await wait(hesitate + 100);
    assert.equal(settled, true);
  }
});

test("node: a body without bytes that somebody has waited for", async () => {
  const listener = hookward.node({ ...given, onError() {} }, () => assert.fail("accepted"));
  const origin = await listen((request, response) => request.resume().on("end", () => setImmediate(() => listener(request, response))));
  const answer = await send(origin, { headers: { ...delivery().headers, "content-length": 0 } });
  assert.deepEqual([answer.status, answer.code], [401, "signature_mismatch"]);
});

test("node: headers arrive as they came, those too that Node would drop or join", async () => {
  let seen;
  const receiver = { handle: async (request) => ((seen = request), { status: 200, headers: {}, body: "" }) };
  const origin = await listen(hookward.node(receiver, () => {}));
  await send(`${origin}/in?x=1`, { headers: { Authorization: ["a", "b"], "X-Two": ["c", "d"] }, body: "{}" });
  const of = (name) => seen.headers.filter(([one]) => one === name).map(([, value]) => value);
  assert.deepEqual([of("Authorization"), of("X-Two"), seen.method, seen.url], [["a", "b"], ["c", "d"], "POST", "/in?x=1"]);
});
