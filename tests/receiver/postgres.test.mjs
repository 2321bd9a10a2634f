// The Postgres store of docs/stores.md, against a real server.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { pathToFileURL } from "node:url";

import { tool } from "../packaging/packed.mjs";
import { js, sql } from "./documented.mjs";
import { ACCEPTED, BUSY, DUPLICATE, OUTAGE, SECRET, deferred, delivery, hookward, projectWith, seen } from "./kit.mjs";
import { startPostgres } from "./servers.mjs";
import { sleep, until } from "../harness/wait.mjs";

const { Pool } = createRequire(tool("package.json"))("pg");

let server;
let stores;
const pools = [];

function pool() {
  const made = new Pool({ connectionString: server.url, max: 10 });
  made.on("error", () => {});
  pools.push(made);
  return made;
}

before(async () => {
  server = await startPostgres();
  const file = join(projectWith({}), "store.mjs");
  writeFileSync(file, js.postgres);
  const { PostgresStore } = await import(pathToFileURL(file));
  await pool().query(sql.postgres);
  stores = [new PostgresStore(pool()), new PostgresStore(pool())];
});
after(async () => {
  await Promise.all(pools.map((one) => one.end()));
  await server.stop();
});

describe("the conformance test", { concurrency: true }, () => {
  for (const { name, run } of hookward.storeTests({ store: () => stores[0], another: () => stores[1] })) test(name, run);
});

const receiver = (store, options) =>
  new hookward.Receiver({ provider: "tinyposter", secret: SECRET, store, storeTimeoutSeconds: 30, ...options });
const now = () => delivery({ at: Math.floor(Date.now() / 1000) });

test("a hundred copies in two processes are handled once", async () => {
  const receivers = stores.map((store) => receiver(store));
  const request = now();
  const others = deferred();
  let handled = 0;
  let answered = 0;
  const answers = Array.from({ length: 100 }, async (_, at) => {
    const answer = await receivers[at % 2].handle(request, () => (handled++, others.promise));
    if (++answered === 99) others.resolve();
    return seen(answer);
  });
  const got = await Promise.all(answers);
  assert.equal(handled, 1);
  assert.deepEqual(got.filter(([status]) => status === 200), [ACCEPTED]);
  assert.deepEqual(got.filter(([status]) => status !== 200), Array(99).fill(BUSY));
});

test("rows that count no longer are pruned, and no others", async () => {
  const [store] = stores;
  await pools[0].query("delete from webhook_events");
  const { token } = await store.claim("done", 60);
  await store.complete("done", token, 600);
  await store.claim("held", 60);
  await store.claim("over", 1);
  await sleep(1100);
  await store.prune();
  const { rows } = await pools[0].query("select key from webhook_events order by key");
  assert.deepEqual(rows, [{ key: "done" }, { key: "held" }]);
});

test("it remembers since its tables were made", async () => {
  const since = await stores[0].remembersSince();
  const { rows } = await pools[0].query("select since from webhook_memory");
  assert.equal(since, Math.floor(rows[0].since.getTime() / 1000) + 1);
});

test("a server that goes away while the handler runs, and comes back with everything", async () => {
  const one = receiver(stores[0], { leaseSeconds: 6, storeTimeoutSeconds: 3 });
  const [before, request] = [now(), now()];
  assert.deepEqual(seen(await one.handle(before, () => {})), ACCEPTED);
  let handled = 0;
  assert.deepEqual(seen(await one.handle(request, () => (handled++, server.stop()))), OUTAGE);
  assert.deepEqual(seen(await one.handle(now(), assert.fail)), OUTAGE);
  await server.restart();
  await until("the copy to be handled", async () => (await one.handle(request, () => handled++)).status === 200, { everyMs: 200 });
  assert.equal(handled, 2);
  assert.deepEqual(seen(await one.handle(before, assert.fail)), DUPLICATE);
});
