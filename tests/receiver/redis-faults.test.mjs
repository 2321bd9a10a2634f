// Receivers of several processes that share a Redis, and what happens to events when one of them fails.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, test } from "node:test";

import { ACCEPTED, BUSY, DUPLICATE, LOST, OUTAGE, SECRET, clockAt, deferred, delivery, hookward, projectWith, seen } from "./kit.mjs";
import { CLIENTS, redisServer } from "./redis-clients.mjs";
import { until } from "../harness/wait.mjs";

const { Receiver, RedisStore } = hookward;

let redis;
before(async () => {
  redis = await redisServer();
});

/** A receiver of its own process, so to say: with a client of its own. */
async function receiver(url = redis.url, options = {}) {
  const client = await (options.connect ?? CLIENTS["node-redis 6"])(url);
  return new Receiver({ provider: "tinyposter", secret: SECRET, store: new RedisStore(client), now: clockAt(), storeTimeoutSeconds: 30, ...options.receiver });
}

// Made before the tests, since it holds up all that run at the time.
const folder = projectWith({}, ["redis"]);
writeFileSync(
  join(folder, "dies.mjs"),
  `import { Receiver } from "hookward";
   import { RedisStore } from "hookward/redis";
   import { createClient } from "redis";
   const client = await createClient({ url: process.env.REDIS_URL }).connect();
   const receiver = new Receiver({ provider: "tinyposter", secret: "${SECRET}", store: new RedisStore(client), leaseSeconds: 5, now: () => ${clockAt()()} });
   await receiver.handle(JSON.parse(process.env.REQUEST), () => process.kill(process.pid, "SIGKILL"));`,
);

describe("events", { concurrency: true }, () => {
  test("a hundred copies in four processes are handled once", async () => {
    const receivers = await Promise.all([1, 2, 3, 4].map(() => receiver()));
    const request = delivery();
    const others = deferred();
    let handled = 0;
    let answered = 0;
    const answers = Array.from({ length: 100 }, async (_, at) => {
      const answer = await receivers[at % 4].handle(request, () => (handled++, others.promise));
      if (++answered === 99) others.resolve();
      return seen(answer);
    });
    const got = await Promise.all(answers);
    assert.equal(handled, 1);
    assert.deepEqual(got.filter(([status]) => status === 200), [ACCEPTED]);
    assert.deepEqual(got.filter(([status]) => status !== 200), Array(99).fill(BUSY));
    assert.deepEqual(seen(await receivers[0].handle(request, assert.fail)), DUPLICATE);
  });

  test("a process that dies in its handler costs nothing: the copy after the lease is handled", async () => {
    const request = delivery();
    const env = { ...process.env, REDIS_URL: redis.url, REQUEST: JSON.stringify(request) };
    const child = spawn(process.execPath, ["dies.mjs"], { cwd: folder, env, stdio: "inherit" });
    const signal = await new Promise((resolve) => child.once("exit", (_, signal) => resolve(signal)));
    assert.equal(signal, "SIGKILL");

    const survivor = await receiver();
    let handled = 0;
    assert.deepEqual(seen(await survivor.handle(request, () => handled++)), BUSY);
    assert.equal(handled, 0);
    await until("the lease to run out", async () => (await survivor.handle(request, () => handled++)).status === 200, { everyMs: 100 });
    assert.equal(handled, 1);
    assert.deepEqual(seen(await survivor.handle(request, () => handled++)), DUPLICATE);
  });

  for (const name of ["node-redis 6", "node-redis 4", "ioredis 6", "ioredis 5"]) {
    test(`a Redis that is away, and comes back: ${name}`, async () => {
      const server = await redisServer();
      const one = await receiver(server.url, { connect: CLIENTS[name], receiver: { storeTimeoutSeconds: 3 } });
      let handled = 0;
      const handler = () => handled++;
      assert.deepEqual(seen(await one.handle(delivery(), handler)), ACCEPTED);

      const request = delivery();
      server.pause();
      assert.deepEqual(seen(await one.handle(request, handler)), OUTAGE);
      assert.equal(handled, 1);
      server.resume();
      // The claim reached it after all, and is given back.
      await until("the copy to be handled", async () => (await one.handle(request, handler)).status === 200);
      assert.equal(handled, 2);

      const again = delivery();
      await server.stop();
      assert.deepEqual(seen(await one.handle(again, handler)), OUTAGE);
      await server.restart();
      await until("Redis to be reached again", async () => (await one.handle(again, handler)).status === 200);
      assert.equal(handled, 3);
    });
  }

  test("Redis goes away while the handler runs: not acknowledged, and handled again", async () => {
    const server = await redisServer();
    const one = await receiver(server.url, { receiver: { storeTimeoutSeconds: 3 } });
    const request = delivery();
    let handled = 0;
    assert.deepEqual(seen(await one.handle(request, async () => (handled++, server.stop()))), OUTAGE);
    await server.restart();
    await until("the copy to be handled", async () => (await one.handle(request, () => handled++)).status === 200);
    assert.equal(handled, 2);
  });

  test("Redis is restarted while the handler runs, and forgets the claim: its holder cannot complete", async () => {
    const server = await redisServer();
    const [one, other] = [await receiver(server.url), await receiver(server.url)];
    const request = delivery();
    const answer = await one.handle(request, async () => {
      await server.restart();
      await until("the copy to be handled", async () => (await other.handle(request, () => {})).status === 200);
    });
    assert.deepEqual(seen(answer), LOST);
    assert.deepEqual(seen(await one.handle(request, assert.fail)), DUPLICATE);
  });
});
