// Request to Response, as on Bun, Deno, Workers and in Next.js route handlers; here with Node's classes.

import assert from "node:assert/strict";
import { test } from "node:test";

import { getRequestListener } from "@hono/node-server";

import { SECRET, delivery, hookward, listen, reports } from "./adapters.mjs";
import { holds } from "./every.mjs";

holds("fetch", async (given, handler) => listen(getRequestListener(hookward.fetch(given, handler), { overrideGlobalObjects: false })));

const given = { provider: "tinyposter", secret: SECRET };
const request = ({ body, headers }, more) => new Request("https://example.com/webhooks?x=1", { method: "POST", body, headers, ...more });

test("fetch: a request of Node's own classes", async () => {
  const POST = hookward.fetch({ ...given, onError() {} }, () => {});
  const good = await POST(request(delivery()));
  assert.ok(good instanceof Response);
  assert.deepEqual([good.status, await good.json(), good.headers.get("content-type")], [200, { status: "accepted" }, "application/json"]);
  const none = await POST(new Request("https://example.com", { method: "POST", headers: delivery().headers }));
  assert.deepEqual([none.status, await none.json()], [401, { code: "signature_mismatch" }]);
  const head = await POST(new Request("https://example.com", { method: "HEAD" }));
  assert.deepEqual([head.status, head.body, head.headers.get("allow")], [405, null, "POST"]);
});

const reads = {
  "request.json()": (request) => request.json(),
  "request.text()": (request) => request.text(),
  "a reader": (request) => void request.body.getReader(),
};
for (const [what, read] of Object.entries(reads)) {
  test(`fetch: after ${what} nothing is accepted, and the developer is told`, async () => {
    const { errors, onError } = reports();
    const POST = hookward.fetch({ ...given, onError }, () => assert.fail("accepted"));
    const used = request(delivery());
    await read(used);
    const answer = await POST(used);
    assert.deepEqual([answer.status, await answer.json()], [500, { code: "body_not_raw" }]);
    assert.match(errors[0].message, /read request\.clone\(\)/);
  });
}

test("fetch: after a read of a clone", async () => {
  const POST = hookward.fetch(given, () => {});
  const cloned = request(delivery());
  await cloned.clone().json();
  assert.equal((await POST(cloned)).status, 200);
});

test("fetch: a platform without streams, or with streams of something else", async () => {
  const POST = hookward.fetch({ ...given, onError() {} }, () => {});
  const { body, headers } = delivery();
  const alike = { method: "POST", url: "/", headers: new Headers(headers), bodyUsed: false };
  const whole = await POST({ ...alike, body: undefined, arrayBuffer: async () => Buffer.from(body) });
  assert.equal(whole.status, 200);
  const large = await POST({ ...alike, body: undefined, arrayBuffer: async () => new ArrayBuffer(2 ** 20 + 1) });
  assert.equal(large.status, 413);
  const stream = new ReadableStream({ start: (controller) => controller.enqueue(body) });
  const text = await POST({ ...alike, body: stream });
  assert.deepEqual([text.status, await text.json()], [500, { code: "body_not_raw" }]);
});

test("fetch: a body that breaks off", async () => {
  const { errors, onError } = reports();
  const POST = hookward.fetch({ ...given, onError }, () => assert.fail("accepted"));
  const stream = new ReadableStream({
    pull(controller) {
      controller.enqueue(Buffer.from("{"));
      controller.error(new Error("gone"));
    },
  });
  const answer = await POST(request({ body: stream, headers: delivery().headers }, { duplex: "half" }));
  assert.deepEqual([answer.status, errors], [503, []]);
});

test("fetch: over the cap the rest is not asked for", async () => {
  const { codes, onError } = reports();
  const POST = hookward.fetch({ ...given, onError }, () => assert.fail("accepted"));
  let pulled = 0;
  let cancelled = false;
  const stream = new ReadableStream({
    pull: (controller) => controller.enqueue(new Uint8Array((pulled += 64 * 1024) && 64 * 1024)),
    cancel: () => void (cancelled = true),
  });
  const answer = await POST(request({ body: stream, headers: delivery().headers }, { duplex: "half" }));
  assert.deepEqual([answer.status, await answer.json(), cancelled, codes()], [413, { code: "body_too_large" }, true, ["body_too_large"]]);
  assert.ok(pulled <= 3 * 2 ** 20, `${pulled} bytes`);
});

test("fetch: what the platform gives beside the request reaches options and handler", async () => {
  const seen = [];
  const worker = hookward.fetch((request, env) => ({ provider: "tinyposter", secret: env.SECRET }), (event, request, env, ctx) => {
    seen.push([event.id, request.url, env.SECRET, ctx]);
  });
  const sent = delivery();
  const ctx = { waitUntil() {} };
  assert.equal((await worker(request(sent), { SECRET }, ctx)).status, 200);
  assert.deepEqual(seen, [[sent.id, "https://example.com/webhooks?x=1", SECRET, ctx]]);
});

test("fetch: a secret that is not set is told with each request, not when the module is run", async () => {
  const options = { provider: "tinyposter", secret: undefined };
  const POST = hookward.fetch(options, () => {});
  const answer = await POST(request(delivery()));
  assert.deepEqual([answer.status, await answer.json()], [500, { code: "no_secret" }]);
  options.secret = SECRET;
  assert.equal((await POST(request(delivery()))).status, 200);
});

test("fetch: what the handler throws is passed on, and the event is free again", async () => {
  const failure = new Error("of the handler");
  let runs = 0;
  const POST = hookward.fetch({ ...given, store: new hookward.MemoryStore() }, async () => {
    if (runs++ === 0) throw failure;
  });
  const sent = delivery();
  await assert.rejects(POST(request(sent)), failure);
  assert.deepEqual([await (await POST(request(sent))).json(), runs], [{ status: "accepted" }, 2]);
});

test("fetch: a handler may answer by itself", async () => {
  let status = 500;
  let runs = 0;
  const POST = hookward.fetch({ ...given, store: new hookward.MemoryStore() }, async (event) => {
    runs++;
    return Response.json({ got: event.id }, { status });
  });
  const sent = delivery();
  assert.equal((await POST(request(sent))).status, 500);
  status = 202;
  const taken = await POST(request(sent));
  assert.deepEqual([taken.status, await taken.json(), runs], [202, { got: sent.id }, 2]);
  assert.deepEqual([await (await POST(request(sent))).json(), runs], [{ status: "duplicate" }, 2]);
});

test("fetch: what is no Request is told where to go", async () => {
  const POST = hookward.fetch(given, () => {});
  for (const wrong of [undefined, { headers: {} }]) {
    await assert.rejects(POST(wrong), { code: "invalid_option", message: /hookward\/node/ });
  }
});
