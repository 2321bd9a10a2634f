// The adapters under both module systems, and what they say where nobody listens.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { test } from "node:test";

import { SECRET, delivery, folder, hookward, listen } from "./adapters.mjs";
import { send } from "./client.mjs";

const require = createRequire(join(folder, "entry.mjs"));
const ADAPTERS = ["express", "fastify", "fetch", "hono", "node"];

test("each entry exports webhook, as a module and with require", async () => {
  for (const name of ADAPTERS) {
    assert.deepEqual(Object.keys(require(`hookward/${name}`)), ["webhook"], name);
    writeFileSync(join(folder, `${name}.mjs`), `import * as all from "hookward/${name}"; export const names = Object.keys(all);`);
    assert.deepEqual((await import(join(folder, `${name}.mjs`))).names, ["webhook"], name);
  }
});

test("an adapter and the package are one: they share one class of errors", () => {
  for (const [core, webhook] of [[hookward, hookward.node], [require("hookward"), require("hookward/node").webhook]]) {
    assert.throws(() => webhook({ provider: "tinyposter", secret: SECRET, wrong: 1 }), core.HookwardError);
  }
});

test("a receiver of the other module system is a receiver", async () => {
  const other = require("hookward");
  assert.notEqual(other.Receiver, hookward.Receiver);
  const receiver = new other.Receiver({ provider: "tinyposter", secret: SECRET });
  for (const webhook of [hookward.node, require("hookward/node").webhook]) {
    for (const given of [receiver, { receiver, onError() {} }, () => receiver]) {
      const url = await listen(webhook(given, () => {}));
      assert.equal((await send(url, delivery())).status, 200);
    }
  }
});

test("without onError a refusal is a line, and a fault of one's own comes with its stack", async (t) => {
  const said = { warn: [], error: [] };
  for (const level of ["warn", "error"]) t.mock.method(console, level, (...values) => void said[level].push(values));
  const given = { provider: "tinyposter", secret: SECRET, store: new hookward.MemoryStore() };
  let finish;
  const url = await listen(hookward.node(given, () => new Promise((resolve) => (finish = resolve))));
  await send(url, { ...delivery(), body: "x" });
  const sent = delivery();
  const first = send(url, sent);
  while (!finish) await new Promise(setImmediate);
  assert.equal((await send(url, sent)).status, 503);
  finish();
  assert.equal((await first).status, 200);
  const lines = said.warn.map(([line]) => line);
  assert.equal(lines.length, 2);
  assert.match(lines[0], /^hookward: signature_mismatch: [^\n]+$/);
  assert.match(lines[1], /^hookward: event_in_progress: [^\n]+$/);
  assert.deepEqual(said.error, []);

  const unset = await listen(hookward.node(() => ({ provider: "tinyposter", secret: undefined }), () => {}));
  assert.equal((await send(unset, delivery())).status, 500);
  assert.deepEqual([said.warn.length, said.error.length, said.error[0][0].code], [2, 1, "no_secret"]);
  assert.ok(!JSON.stringify(said).includes(SECRET));
});
