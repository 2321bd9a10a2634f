// What every adapter is held to, over real HTTP.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { gzipSync } from "node:zlib";

import { SECRET, delivery, hookward, reports } from "./adapters.mjs";
import { cutOff, flood, keptAlive, raw, send } from "./client.mjs";

const MIB = 1024 * 1024;

/** The event of a body that is exactly so long. */
function sized(length) {
  const { body } = delivery({ id: "evt_large", data: { filling: "" } });
  return delivery({ body: body.replace('""', `"${"x".repeat(length - Buffer.byteLength(body))}"`) });
}

/**
 * @param {string} name
 * @param {(given: any, handler: (event, ...context) => any) => Promise<string>} serve serves the route at
 * /webhooks, for every method; its origin
 */
export function holds(name, serve) {
  const start = async (options, handler = () => {}) => {
    const seen = [];
    const heard = reports();
    const given = { provider: "tinyposter", secret: SECRET, onError: heard.onError, ...options };
    const origin = await serve(given, (event, ...context) => {
      seen.push(event);
      return handler(event, ...context);
    });
    return { origin, url: `${origin}/webhooks`, seen, ...heard };
  };

  test(`${name}: a delivery is passed on, and answered when that is done`, async () => {
    let done = false;
    const { url, seen, errors } = await start({}, async () => {
      await wait(20);
      done = true;
    });
    const sent = delivery();
    const answer = await send(url, sent);
    assert.deepEqual([answer.status, answer.json, done], [200, { status: "accepted" }, true]);
    assert.deepEqual([seen[0].id, seen[0].type, seen[0].data, seen[0].verification.provider], [sent.id, "ping", { n: "ü" }, "tinyposter"]);
    assert.equal(Buffer.from(seen[0].body).toString(), sent.body);
    assert.deepEqual(errors, []);
  });

  test(`${name}: what is not signed so is refused, with a code and no more`, async () => {
    const { url, seen, codes } = await start({});
    const { body, headers } = delivery();
    for (const [of, status, code] of [
      [{ body: `${body} `, headers }, 401, "signature_mismatch"],
      [{ body: "", headers }, 401, "signature_mismatch"],
      [{ body, headers: { "content-type": "application/json" } }, 401, "missing_signature"],
      [delivery({ body: "{}" }), 400, "malformed_envelope"],
    ]) {
      const answer = await send(url, of);
      assert.deepEqual([answer.status, answer.json], [status, { code }]);
      assert.match(answer.headers["content-type"], /^application\/json/);
      assert.equal(codes().at(-1), code);
    }
    assert.deepEqual(seen, []);
  });

  test(`${name}: bodies of every type are taken as they are`, async () => {
    const { url, seen } = await start({ provider: "github" });
    const bodies = ['{"a":1', "payload=%7B%7D&x=1", "\ufeff{}", '{"a" : "\\u00e9"}\r\n', "[1,2]", Buffer.from([0xff, 0, 0xfe, 0x80])];
    const types = [undefined, "application/json", "application/json; charset=utf-16", "application/x-www-form-urlencoded", "text/plain", "x", "multipart/form-data", "application/cloudevents+json"];
    for (const body of bodies) {
      for (const type of types) {
        const { "content-type": _, ...headers } = delivery({ provider: "github", body }).headers;
        const answer = await send(url, { body, headers: type ? { ...headers, "content-type": type } : headers });
        assert.deepEqual([answer.status, type], [200, type], answer.text);
        assert.ok(Buffer.from(seen.at(-1).body).equals(Buffer.from(body)));
      }
    }
  });

  test(`${name}: the cap is 1 MiB, and the connection survives what is little more`, async () => {
    const { url, seen, codes } = await start({});
    const client = keptAlive();
    assert.equal((await client(url, sized(MIB))).status, 200);
    assert.equal(seen.length, 1);
    const over = sized(MIB);
    over.body += " ";
    const declared = await client(url, over);
    assert.deepEqual([declared.status, declared.json], [413, { code: "body_too_large" }]);
    const chunked = await client(url, { headers: over.headers, body: [over.body.slice(0, 100), over.body.slice(100)] });
    assert.equal(chunked.status, 413);
    const refused = await client(url, { body: "{}", headers: over.headers });
    assert.deepEqual([refused.status, refused.code], [401, "signature_mismatch"]);
    const next = await client(url, delivery());
    assert.equal(next.status, 200);
    assert.ok(declared.reused && chunked.reused && refused.reused && next.reused, "one connection");
    assert.equal(seen.length, 2);
    assert.deepEqual(codes(), ["body_too_large", "body_too_large", "signature_mismatch"]);
    client.close();
  });

  test(`${name}: a body without an end is cut off`, async () => {
    const { url, origin, seen } = await start({});
    let sent = 0;
    async function* endless() {
      for (;;) {
        yield "x".repeat(64 * 1024);
        sent += 64 * 1024;
        if (sent > 512 * MIB) throw new Error("it is read on and on");
      }
    }
    const cut = await send(url, { headers: delivery().headers, body: endless() }).catch((error) => error);
    if (cut instanceof Error) assert.match(String(cut.code), /ECONNRESET|EPIPE/);
    else assert.equal(cut.status, 413);
    assert.ok(sent < 64 * MIB, `${sent} bytes`);
    // And where its length is told, the answer comes before it.
    const heard = await raw(origin, `POST /webhooks HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 999999999\r\n\r\n{`);
    assert.match(heard, /^HTTP\/1\.1 413 /);
    assert.match(heard, /\{"code":"body_too_large"\}/);
    for (const length of ["transfer-encoding: chunked", "content-length: 99999999999"]) {
      const taken = await flood(origin, `POST /webhooks HTTP/1.1\r\nhost: x\r\n${length}\r\n\r\n`);
      assert.ok(taken < 96 * MIB, `${taken} bytes`);
    }
    assert.deepEqual(seen, []);
    assert.equal((await send(url, delivery())).status, 200);
  });

  test(`${name}: a sender that goes away in the middle harms nobody`, async () => {
    const { origin, url, seen, errors } = await start({});
    const { body, headers } = delivery();
    await Promise.all(Array.from({ length: 10 }, () => cutOff(origin, "/webhooks", headers, body.length + 10, body)));
    await wait(50);
    assert.deepEqual([seen, errors], [[], []]);
    assert.equal((await send(url, delivery())).status, 200);
  });

  test(`${name}: a slow body, and many at once`, async () => {
    const { url, seen } = await start({}, () => wait(5));
    async function* slowly(text) {
      for (const byte of text.match(/.{1,16}/gsu)) {
        yield byte;
        await wait(5);
      }
    }
    const slow = Array.from({ length: 10 }, () => delivery()).map(({ body, headers }) => send(url, { headers, body: slowly(body) }));
    const good = Array.from({ length: 40 }, () => delivery());
    const bad = Array.from({ length: 40 }, () => ({ ...delivery(), body: "{}" }));
    const answers = await Promise.all([...good, ...bad].map((of) => send(url, of)));
    assert.deepEqual(answers.map(({ status }) => status), [...good.map(() => 200), ...bad.map(() => 401)]);
    for (const { status } of await Promise.all(slow)) assert.equal(status, 200);
    assert.equal(new Set(seen.map(({ id }) => id)).size, 50);
  });

  test(`${name}: a header that is there twice is not chosen from`, async () => {
    const { origin, seen, codes } = await start({});
    const { body, headers } = delivery();
    const { "X-Tinyposter-Signature": signature } = headers;
    const other = signature.replace(/v1=.*/, `v1=${"0".repeat(64)}`);
    for (const pair of [[signature, signature], [signature, other], [other, signature]]) {
      const lines = pair.map((value) => `x-tinyposter-signature: ${value}\r\n`).join("");
      const heard = await raw(origin, `POST /webhooks HTTP/1.1\r\nhost: x\r\nconnection: close\r\n${lines}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
      assert.match(heard, /^HTTP\/1\.1 401 .*"malformed_signature"/s);
    }
    assert.deepEqual([seen.length, codes().length], [0, 3]);
  });

  test(`${name}: what is compressed is refused, not decompressed`, async () => {
    const { url, seen, codes } = await start({});
    const { body, headers } = delivery();
    for (const encoding of ["gzip", "x-gzip", "deflate", "br", "zstd", "identity, GZIP"]) {
      const answer = await send(url, { body: gzipSync(body), headers: { ...headers, "content-encoding": encoding } });
      assert.deepEqual([answer.status, answer.code, answer.headers["accept-encoding"]], [415, "unsupported_encoding", "identity"], encoding);
    }
    assert.deepEqual([seen.length, codes().length], [0, 6]);
    // Said, but not so.
    for (const encoding of ["identity", "utf-8", "aws-chunked"]) {
      assert.equal((await send(url, { ...delivery(), headers: { ...delivery().headers, "content-encoding": encoding } })).status, 401);
      const { body, headers } = delivery();
      assert.equal((await send(url, { body, headers: { ...headers, "content-encoding": encoding } })).status, 200);
    }
  });

  test(`${name}: other methods are told which there is`, async () => {
    const { url, seen, errors } = await start({});
    const { body, headers } = delivery();
    for (const method of ["GET", "HEAD", "PUT", "PATCH", "DELETE"]) {
      const answer = await send(url, { method, ...(method === "PUT" || method === "PATCH" ? { body, headers } : {}) });
      assert.deepEqual([answer.status, answer.headers.allow], [405, "POST"], method);
      assert.deepEqual(answer.json, method === "HEAD" ? undefined : { code: "method_not_allowed" });
    }
    assert.deepEqual([seen, errors], [[], []]);
  });

  test(`${name}: with a store each event is handled once`, async () => {
    let release;
    const { url, seen } = await start({ store: new hookward.MemoryStore() }, () => new Promise((resolve) => (release = resolve)));
    const sent = delivery();
    const first = send(url, sent);
    while (!release) await wait(5);
    const meanwhile = await send(url, sent);
    assert.deepEqual([meanwhile.status, meanwhile.code], [503, "event_in_progress"]);
    assert.ok(Number(meanwhile.headers["retry-after"]) >= 1);
    release();
    assert.deepEqual([(await first).status, (await first).json], [200, { status: "accepted" }]);
    const again = await send(url, sent);
    assert.deepEqual([again.status, again.json], [200, { status: "duplicate" }]);
    assert.equal(seen.length, 1);
  });

  test(`${name}: a receiver can be given, or found for each request`, async () => {
    const heard = reports();
    const receiver = new hookward.Receiver({ provider: "tinyposter", secret: SECRET });
    const ways = [
      receiver,
      { receiver, onError: heard.onError },
      () => receiver,
      async () => ({ provider: "tinyposter", secrets: ["another", SECRET], onError: heard.onError }),
    ];
    for (const way of ways) {
      const origin = await serve(way, () => {});
      assert.equal((await send(`${origin}/webhooks`, delivery())).status, 200);
    }
    for (const way of [ways[1], ways[3]]) {
      const origin = await serve(way, () => {});
      assert.equal((await send(`${origin}/webhooks`, { ...delivery(), body: "" })).status, 401);
    }
    assert.deepEqual(heard.codes(), ["signature_mismatch", "signature_mismatch"]);
    const origin = await serve(() => ({ provider: "tinyposter", secret: undefined }), () => {});
    const unset = await send(`${origin}/webhooks`, delivery());
    assert.deepEqual([unset.status, unset.json], [500, { code: "no_secret" }]);
  });

  test(`${name}: wrong options are refused at the start`, async () => {
    const receiver = new hookward.Receiver({ provider: "tinyposter", secret: SECRET });
    const wrong = { name: "HookwardError", code: "invalid_option" };
    await assert.rejects(async () => serve({ provider: "tinyposter", secret: SECRET, sceret: "x" }), wrong);
    await assert.rejects(async () => serve({ provider: "tinyposter", secret: SECRET, onError: true }), wrong);
    await assert.rejects(async () => serve({ receiver, secret: SECRET }), wrong);
    await assert.rejects(async () => serve({ receiver: {} }), wrong);
    await assert.rejects(async () => serve(undefined), wrong);
    await assert.rejects(async () => serve({ provider: "nobody", secret: SECRET }), { code: "unknown_provider" });
  });

  test(`${name}: an error of onError's own changes nothing`, async () => {
    const { url } = await start({ onError: async () => Promise.reject(new Error("expected: of onError's own")) });
    assert.equal((await send(url, { ...delivery(), body: "" })).status, 401);
    await wait(20);
    assert.equal((await send(url, delivery())).status, 200);
  });
}
