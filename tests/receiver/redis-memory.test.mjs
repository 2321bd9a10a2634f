// Since when a RedisStore remembers, whatever befalls its Redis.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { hookward } from "./kit.mjs";
import { CLIENTS, redisServer } from "./redis-clients.mjs";
import { sleep } from "../harness/wait.mjs";

const { RedisStore } = hookward;

/** A server of its own, and a store in it that has just begun. */
async function begun(options, ...args) {
  const server = await redisServer(...args);
  const client = await CLIENTS["node-redis 6"](server.url);
  const store = new RedisStore(client, options);
  const since = await store.remembersSince();
  const now = Date.now() / 1000;
  assert.ok(since > now - 2 && since <= now + 1, `${since} at ${now}`);
  return { server, client, store, since };
}

/** After more than a second, so that a new time is another. */
const later = () => sleep(1100);

describe("it remembers", { concurrency: true }, () => {
  test("it begins with the first claim", async () => {
    const { client } = await begun();
    const store = new RedisStore(client, { prefix: "first" });
    await store.claim("key", 60);
    const claimed = Date.now() / 1000;
    await sleep(2100);
    assert.ok((await store.remembersSince()) <= claimed + 1);
  });

  test("anew when the server lost everything", async () => {
    const { server, store, since } = await begun();
    await later();
    await server.restart();
    assert.ok((await store.remembersSince()) > since);
  });

  test("anew when the server was restarted with what it had saved before: the last keys are lost", async () => {
    const { server, client, store, since } = await begun();
    await client.sendCommand(["SAVE"]);
    const { token } = await store.claim("lost", 60);
    assert.equal(await store.complete("lost", token, 600), true);
    await later();
    await server.restart();
    assert.equal((await store.claim("lost", 60)).state, "new", "the test is in vain: nothing was lost");
    assert.ok((await store.remembersSince()) > since);
  });

  test("the claim after a restart is enough: it does not begin later", async () => {
    const { server, store } = await begun();
    await server.restart();
    await store.claim("key", 60);
    const claimed = Date.now() / 1000;
    await sleep(2100);
    assert.ok((await store.remembersSince()) <= claimed + 1);
  });

  test("as before a restart, where the user vouches for the server", async () => {
    const { server, store, since } = await begun({ durable: true }, "--appendonly", "yes", "--appendfsync", "always");
    const { token } = await store.claim("key", 60);
    assert.equal(await store.complete("key", token, 600), true);
    await later();
    await server.restart();
    assert.equal(await store.remembersSince(), since);
    assert.equal((await store.claim("key", 60)).state, "done");
  });

  test("anew when all keys were deleted", async () => {
    const { client, store, since } = await begun({ durable: true });
    await later();
    await client.flushAll();
    assert.ok((await store.remembersSince()) > since);
  });

  test("anew when the server threw keys out to make room", async () => {
    const { client, store, since } = await begun({}, "--maxmemory-policy", "volatile-lru");
    const { token } = await store.claim("thrown-out", 60);
    await store.complete("thrown-out", token, 600);
    await later();
    await client.configSet("maxmemory", "1mb");
    for (let at = 0; at < 30; at++) await client.set(`filler-${at}`, "x".repeat(100_000), { EX: 600 }).catch(() => {});
    assert.notEqual(/evicted_keys:(\d+)/.exec(await client.info("stats"))[1], "0", "the test is in vain: nothing was thrown out");
    await client.configSet("maxmemory", "0");
    assert.ok((await store.remembersSince()) > since);
  });

  test("from now on, always, where the server does not say how it fares", async () => {
    const { client } = await begun();
    await client.aclSetUser("blind", ["on", "nopass", "~*", "+@all", "-info"]);
    const blind = await CLIENTS["node-redis 6"](client.options.url.replace("redis://", "redis://blind:x@"));
    const store = new RedisStore(blind, { prefix: "blind" });
    assert.equal((await store.claim("key", 60)).state, "new");
    const since = await store.remembersSince();
    await later();
    assert.ok((await store.remembersSince()) > since);
  });
});
