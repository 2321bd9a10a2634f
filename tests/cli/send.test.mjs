// `hookward send` to a receiver that verifies with the package, on loopback.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, beforeEach, test } from "node:test";

import { file, hookward, installation } from "./tool.mjs";

const TEXT = "5fd0b0aa94c3ee6c45fa67d3fbbd0c70aabbccdd";
/** Without the prefix, which each provider that has one lets be left out. */
const BASE64 = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

let sdk;
let origin;
let server;
/** What arrived since the last look. */
const arrived = [];

before(async () => {
  sdk = await installation();
  server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const [, provider, kind] = request.url.split("/");
    if (provider === "says") {
      const answers = { error: [500, "no"], long: [200, "x".repeat(200_000)], odd: [200, "\x1b[2Jhi"], moved: [302, ""] };
      const [status, text] = answers[kind];
      response.writeHead(status, { Location: "/github/text" }).end(text);
      return;
    }
    if (provider === "silent") return;
    try {
      const secret = kind === "base64" ? BASE64 : TEXT;
      const event = sdk.verify({ provider, secret, headers: request.headers, body, method: request.method, url: origin + request.url });
      arrived.push({ event, body, headers: request.headers });
      response.end(JSON.stringify({ received: event.type ?? null }));
    } catch (error) {
      arrived.push({ error });
      response.writeHead(error.status ?? 500).end(JSON.stringify({ code: error.code, message: error.message }));
    }
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  origin = `http://127.0.0.1:${server.address().port}`;
});
after(() => {
  server.closeAllConnections();
  server.close();
});

const taken = () => arrived.splice(0);

/** Which form a provider's secrets have: known by trying. */
function secretOf(provider) {
  try {
    sdk.sign({ provider, secret: "not base64 or hex!", body: "{}", id: "a", method: "POST", url: "https://example.com/" });
    return "text";
  } catch (error) {
    if (error.code !== "malformed_secret") throw error;
    return "base64";
  }
}

const send = (provider, kind, ...args) =>
  hookward(["send", `${origin}/${provider}/${kind}`, "--provider", provider, "--secret-env", "HOOK", ...args], {
    env: { HOOK: kind === "base64" ? BASE64 : TEXT },
  });

beforeEach(() => void taken());

test("a sample event of every provider is accepted, and has a form of its own", async () => {
  const ids = sdk.providers().map(({ id }) => id);
  const bodies = new Map();
  // A few processes at a time.
  const pending = [...ids];
  const worker = async () => {
    for (let id = pending.shift(); id !== undefined; id = pending.shift()) {
      const kind = secretOf(id);
      const { code, out, err } = await send(id, kind, "--json");
      assert.equal(code, 0, `${id}: ${out}${err}`);
      const { ok, event, answers } = JSON.parse(out);
      assert.deepEqual([ok, answers.length, answers[0].status], [true, 1, 200], id);
      assert.doesNotMatch(event.body, /hookward\.test/, `${id} has no sample of its own`);
      bodies.set(id, event.body);
    }
  };
  await Promise.all([worker(), worker(), worker()]);
  assert.equal(bodies.size, ids.length);
});

test("the type asked for is in the body and in the header that repeats it", async () => {
  const { code, out } = await send("github", "text", "--event", "issues");
  assert.equal(code, 0, out);
  const [{ headers }] = taken();
  assert.equal(headers["x-github-event"], "issues");
  await send("tinyposter", "text", "--event", "post.failed");
  const [{ event, headers: own }] = taken();
  assert.deepEqual([event.type, own["x-tinyposter-event"], own["user-agent"]], ["post.failed", "post.failed", "tinyposter-webhooks/1"]);
});

test("a body of one's own goes out byte for byte, with headers of one's own", async () => {
  const bytes = Buffer.from([0x7b, 0xff, 0x00, 0x0a]);
  const { code, out } = await send("github", "text", "--body", await file(bytes), "--header", "X-Extra: 1", "--header", "content-type: text/plain");
  assert.equal(code, 0, out);
  const [{ body, headers }] = taken();
  assert.deepEqual([body, headers["x-extra"], headers["content-type"]], [bytes, "1", "text/plain"]);
});

test("the same event several times", async () => {
  const { code, out } = await send("tinyposter", "text", "--repeat", "3");
  assert.equal(code, 0);
  assert.deepEqual(out.match(/^\d\/3 {2}200/gm), ["1/3  200", "2/3  200", "3/3  200"]);
  const keys = taken().map(({ event }) => event.verification.eventKey);
  assert.deepEqual([keys.length, new Set(keys).size], [3, 1]);
});

for (const provider of ["tinyposter", "standard-webhooks", "slack", "letmepost"]) {
  const kind = provider === "standard-webhooks" ? "base64" : "text";
  for (const what of ["body", "signature", "timestamp"]) {
    test(`${provider}: a tampered ${what} is refused, which is as it should be`, async () => {
      const { code, out } = await send(provider, kind, "--tamper", what, "--json");
      const { ok, expected, answers } = JSON.parse(out);
      assert.deepEqual([code, ok, expected, answers[0].status], [0, true, "refused", 401]);
      assert.deepEqual(taken().map(({ error }) => error.code), ["signature_mismatch"]);
    });
  }
}

test("a time cannot be tampered with where none is signed", async () => {
  const { code, err } = await send("github", "text", "--tamper", "timestamp");
  assert.equal(code, 2);
  assert.match(err, /signs no time/);
});

test("an answer that is not as it should be is 1, and printed", async () => {
  const to = (path, ...args) => hookward(["send", `${origin}${path}`, "--provider", "github", "--secret-env", "HOOK", ...args], { env: { HOOK: TEXT } });
  const failed = await to("/says/error");
  assert.deepEqual([failed.code, failed.err], [1, ""]);
  assert.match(failed.out, /^500 Internal Server Error .*not accepted, as it should be\nno\n$/);
  assert.equal((await to("/says/error", "--tamper", "body")).code, 1, "a 500 is no refusal");
  assert.equal((await to("/says/long", "--tamper", "body")).code, 1, "tampered with, and accepted");
  assert.equal((await to("/says/moved")).code, 1, "a redirect is not followed");
  const long = await to("/says/long");
  assert.equal(long.code, 0);
  assert.ok(long.out.length < 70_000 && long.out.includes("cut off"));
  assert.match((await to("/says/odd")).out, /\\u\{1b\}\[2Jhi/);
  const wrong = await hookward(["send", `${origin}/github/text`, "--provider", "github", "--secret-env", "HOOK"], { env: { HOOK: "wrong" } });
  assert.equal(wrong.code, 1);
  assert.match(wrong.out, /^401 .*\n\{"code":"signature_mismatch"/);
});

test("no answer is 1, with the reason", async () => {
  const at = (url, ...args) => hookward(["send", url, "--provider", "github", "--secret-env", "HOOK", ...args], { env: { HOOK: TEXT } });
  const closed = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => closed.once("listening", resolve));
  const { port } = closed.address();
  await new Promise((resolve) => closed.close(resolve));
  const refused = await at(`http://127.0.0.1:${port}/`);
  assert.deepEqual([refused.code, refused.out], [1, ""]);
  assert.match(refused.err, /nothing listens there/);
  const asJson = await at(`http://127.0.0.1:${port}/`, "--json");
  assert.deepEqual([asJson.code, JSON.parse(asJson.out).ok], [1, false]);
  const silent = await at(`${origin}/silent/`, "--timeout", "1");
  assert.equal(silent.code, 1);
  assert.match(silent.err, /took too long/);
});
