// The examples of docs/stores.md that need no server of their own: run as they stand. The others have
// test files of their own: postgres, durable-object.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";

import { run } from "../packaging/packed.mjs";
import { count, js, json, more, sql } from "./documented.mjs";
import { ACCEPTED, DUPLICATE, SECRET, delivery, hookward, projectWith, seen } from "./kit.mjs";
import { startRedis } from "./servers.mjs";

process.env.WEBHOOK_SECRET = SECRET;
const folder = projectWith({}, ["redis"]);

/** A block as a module. */
function load(name) {
  const file = join(folder, `${name}.mjs`);
  writeFileSync(file, js[name]);
  return import(pathToFileURL(file));
}

const now = () => delivery({ at: Math.floor(Date.now() / 1000) });

test("every example is run", () => {
  assert.deepEqual(Object.keys(js).sort(), ["durable-object", "memory", "postgres", "redis", "store-test"]);
  assert.deepEqual(Object.keys(sql), ["postgres"]);
  assert.ok(json);
  assert.deepEqual(more, []);
  assert.equal(count, 7);
});

test("a receiver with a memory", async () => {
  const { answer } = await load("memory");
  const request = now();
  assert.deepEqual(seen(await answer(request, () => {})), ACCEPTED);
  assert.deepEqual(seen(await answer(request, assert.fail)), DUPLICATE);
});

test("a receiver with Redis", async () => {
  const server = await startRedis();
  process.env.REDIS_URL = server.url;
  const { receiver, redis } = await load("redis");
  try {
    const request = now();
    assert.deepEqual(seen(await receiver.handle(request, () => {})), ACCEPTED);
    assert.deepEqual(seen(await receiver.handle(request, assert.fail)), DUPLICATE);
    assert.ok((await redis.keys("*")).every((key) => key.startsWith("{hookward}:")));
  } finally {
    redis.destroy();
    await server.stop();
  }
});

test("the conformance test", async () => {
  writeFileSync(join(folder, "store.test.mjs"), js["store-test"]);
  // Not as a part of this run, which would swallow what it prints.
  const alone = ["-u", "NODE_TEST_CONTEXT", process.execPath, "--test", "--test-reporter=tap", "store.test.mjs"];
  const printed = await run("env", alone, { cwd: folder });
  assert.match(printed, new RegExp(`# pass ${hookward.storeTests({ store: () => {} }).length}\n`));
});
