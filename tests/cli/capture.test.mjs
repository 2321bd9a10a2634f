// Captured requests, in each form in which they can be had.

import assert from "node:assert/strict";
import { before, test } from "node:test";

import { file, hookward, NOW, signed } from "./tool.mjs";

const SECRET = "whsec_5fd0b0aa94c3ee6c45fa67d3fbbd0c70";
const BODY = JSON.stringify({ id: "evt_1", type: "a", created: "2023-11-14T22:13:20.000Z", data: { text: "it's ü\n\"x\" $HOME `y`" } });

let headers;
before(async () => {
  headers = { Host: "example.com", "Content-Type": "application/json", ...(await signed("tinyposter", SECRET, BODY)) };
});

const lines = (more = {}) => Object.entries({ ...headers, ...more }).map(([name, value]) => `${name}: ${value}`);

async function verify(capture, ...more) {
  const args = ["verify", "--provider", "tinyposter", "--secret-env", "HOOK", "--now", String(NOW), "--json", ...more];
  const { code, out } = await hookward([...args, "--request", await file(capture)], { env: { HOOK: SECRET } });
  return { exit: code, ...JSON.parse(out) };
}

async function accepts(capture, notes = [], ...more) {
  const found = await verify(capture, ...more);
  assert.deepEqual([found.exit, found.code], [0, undefined], JSON.stringify(found));
  assert.equal(found.notes.length, notes.length, found.notes.join());
  notes.forEach((note, at) => assert.match(found.notes[at], note));
}

for (const [name, end] of [["CRLF", "\r\n"], ["LF", "\n"]]) {
  test(`a raw request with ${name}`, async () => {
    const raw = (more, rest = BODY) => ["POST /hooks?x=1 HTTP/1.1", ...lines(more), "", rest].join(end);
    await accepts(raw());
    const length = { "Content-Length": Buffer.byteLength(BODY) };
    await accepts(raw(length));
    await accepts(raw(length, `${BODY}\n`), [/the first \d+ are taken/]);
    const cut = await verify(raw(length, BODY.slice(0, -1)));
    assert.deepEqual([cut.exit, cut.code], [1, "signature_mismatch"]);
    assert.match(cut.notes[0], /it was cut/);
    await accepts([...lines(), "", BODY].join(end));
    const half = BODY.length >> 1;
    const chunk = (text) => `${Buffer.byteLength(text).toString(16)}${end}${text}${end}`;
    await accepts(raw({ "Transfer-Encoding": "chunked" }, `${chunk(BODY.slice(0, half))}${chunk(BODY.slice(half))}0${end}${end}`));
  });
}

test("HAR files and entries", async () => {
  const request = { method: "POST", url: "https://example.com/", headers: Object.entries(headers).map(([name, value]) => ({ name, value })), postData: { mimeType: "application/json", text: BODY } };
  const get = { method: "GET", url: "https://example.com/", headers: [] };
  await accepts(JSON.stringify(request));
  await accepts(JSON.stringify({ request, response: {} }));
  const har = JSON.stringify({ log: { entries: [{ request: get }, { request }, { request: { ...request, postData: { text: "{}" } } }] } });
  await accepts(har, [/number 2 is taken/]);
  await accepts(har, [], "--entry", "2");
  assert.equal((await verify(har, "--entry", "3")).code, "signature_mismatch");
  const base64 = { ...request, postData: { text: Buffer.from(BODY).toString("base64"), encoding: "base64" } };
  await accepts(JSON.stringify({ log: { entries: [{ request: base64 }] } }));
  const beyond = await verify(har, "--entry", "4");
  assert.deepEqual([beyond.exit, beyond.code], [2, "usage"]);
});

test("JSON with headers and body, as inspectors and gateways write it", async () => {
  await accepts(JSON.stringify({ method: "POST", url: "https://example.com/", headers, body: BODY }));
  await accepts(JSON.stringify({ headers: Object.entries(headers), body_base64: Buffer.from(BODY).toString("base64") }));
  await accepts(JSON.stringify({ headers: Object.entries(headers).flat(), body: Buffer.from(BODY).toJSON() }));
  await accepts(JSON.stringify({ httpMethod: "POST", headers, body: Buffer.from(BODY).toString("base64"), isBase64Encoded: true }));
  await accepts(JSON.stringify({ headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])), rawBody: BODY }));
  const parsed = await verify(JSON.stringify({ headers, body: JSON.parse(BODY) }));
  assert.deepEqual([parsed.exit, parsed.code], [1, "body_not_raw"]);
  assert.match(parsed.notes[0], /parsed form/);
});

test("curl commands", async () => {
  const quoted = `'${BODY.replaceAll("'", "'\\''")}'`;
  const ansi = `$'${BODY.replaceAll("\\", "\\\\").replaceAll("'", "\\'").replaceAll("ü", "\\u00fc")}'`;
  const double = `"${BODY.replace(/["\\$`]/g, "\\$&")}"`;
  for (const data of [`--data-raw ${quoted}`, `--data-binary ${ansi}`, `-d ${double}`, `--data=${quoted}`, `--json ${quoted}`]) {
    const all = lines().map((line) => `-H '${line}'`).join(" \\\n  ");
    await accepts(`curl -X POST 'https://example.com/hooks' \\\n  ${all} \\\n  ${data} --compressed\n`);
  }
  const fromFile = await verify("curl https://example.com -d @body.json");
  assert.deepEqual([fromFile.exit, fromFile.code], [2, "usage"]);
});

test("what curl -v prints, with the body beside it", async () => {
  const verbose = ["* Connected to example.com", "> POST /hooks HTTP/1.1", ...lines().map((line) => `> ${line}`), "> ", "< HTTP/1.1 200 OK"].join("\n");
  assert.equal((await verify(verbose)).code, "usage");
  await accepts(verbose, [/does not print the body/], "--body", await file(BODY));
});

test("headers on the command line go before those captured", async () => {
  const raw = ["POST / HTTP/1.1", ...lines({ "X-Tinyposter-Signature": "t=1,v1=0" }), "", BODY].join("\r\n");
  assert.equal((await verify(raw)).exit, 1);
  await accepts(raw, [], "--header", `x-tinyposter-signature: ${headers["X-Tinyposter-Signature"]}`);
});

test("explain reads the same files, and notes what is wrong with them", async () => {
  const raw = ["POST / HTTP/1.1", ...lines({ "Content-Length": 1000 }), "", JSON.stringify(JSON.parse(BODY), null, 2)].join("\n");
  const { code, out, err } = await hookward(["explain", "--provider", "tinyposter", "--secret-env", "HOOK", "--now", String(NOW), "--request", await file(raw)], { env: { HOOK: SECRET } });
  assert.equal(code, 1);
  assert.match(out, /proven {2}body_json/);
  assert.match(err, /^note: Content-Length says/);
});

test("what is no request is a fault of the command line", async () => {
  for (const capture of ["", "hello", "{", "[]", '{"log":{"entries":[]}}', '{"body":"x"}', "POST / HTTP/1.1\nno header\n\n", "curl 'unended"]) {
    const found = await verify(capture);
    assert.deepEqual([found.exit, found.code], [2, "usage"], capture);
  }
});
