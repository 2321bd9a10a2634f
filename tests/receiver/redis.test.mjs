// RedisStore against a real Redis, through every client that it is for.

import assert from "node:assert/strict";
import { before, describe, test } from "node:test";

import { hookward } from "./kit.mjs";
import { CLIENTS, CLUSTER_CLIENTS, clusterServer, redisServer } from "./redis-clients.mjs";

const { RedisStore, storeTests } = hookward;

let redis;
let cluster;
before(async () => {
  redis = await redisServer();
  cluster = await clusterServer();
});

describe("the conformance test", { concurrency: true }, () => {
  for (const [name, connect] of Object.entries({ ...CLIENTS, ...CLUSTER_CLIENTS })) {
    describe(`through ${name}`, { concurrency: true }, () => {
      let stores;
      before(async () => {
        const prefix = `test-${name.replaceAll(" ", "-")}`;
        const { url } = name in CLUSTER_CLIENTS ? cluster : redis;
        stores = [new RedisStore(await connect(url), { prefix }), new RedisStore(await connect(url), { prefix })];
        await stores[0].remembersSince();
      });
      for (const { name, run } of storeTests({ store: () => stores[0], another: () => stores[1] })) test(name, run);
    });
  }
});

test("stores with another prefix know nothing of each other", async () => {
  const client = await CLIENTS["node-redis 6"](redis.url);
  const [one, other] = [new RedisStore(client, { prefix: "one" }), new RedisStore(client, { prefix: "other" })];
  assert.equal((await one.claim("key", 60)).state, "new");
  assert.equal((await one.claim("key", 60)).state, "busy");
  assert.equal((await other.claim("key", 60)).state, "new");
});

test("all of a store's keys are in one slot of a cluster, and none stays for ever but the one that says since when", async () => {
  const client = await CLIENTS["node-redis 6"](redis.url);
  const store = new RedisStore(client, { prefix: "slot" });
  const { token } = await store.claim("a", 60);
  await store.complete("a", token, 600);
  await store.claim("b", 60);
  const keys = (await client.keys("*slot*")).sort();
  assert.deepEqual(keys, ["{slot}:a", "{slot}:b", "{slot}:remembers-since"]);
  const [done, held, since] = await Promise.all(keys.map((key) => client.ttl(key)));
  assert.ok(done > 590 && done <= 600 && held > 50 && held <= 60 && since === -1, `${done} ${held} ${since}`);
});

test("what is no client, and what is no prefix, is refused", () => {
  for (const client of [undefined, null, {}, "redis://localhost"]) {
    assert.throws(() => new RedisStore(client), { code: "invalid_option" });
  }
  for (const prefix of ["", "a b", "{a}", "x".repeat(65), 1]) {
    assert.throws(() => new RedisStore(() => {}, { prefix }), { code: "invalid_option" });
  }
});

test("an answer that is no whole number fails", async () => {
  for (const reply of [null, undefined, "OK", 1.5, [1], {}]) {
    await assert.rejects(new RedisStore(async () => reply).claim("key", 60), TypeError);
  }
});

test("a call that the client sends twice is one call", async () => {
  const client = await CLIENTS["node-redis 6"](redis.url);
  const twice = async (command) => (await client.sendCommand(command), client.sendCommand(command));
  const store = new RedisStore(twice, { prefix: "twice" });
  const { state, token } = await store.claim("key", 60);
  assert.equal(state, "new");
  assert.equal(await store.complete("key", token, 600), true);
  assert.equal((await store.claim("key", 60)).state, "done");
});
