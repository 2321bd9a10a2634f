// The Durable Object store of docs/stores.md, in real workerd.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { startGroup } from "../harness/process.mjs";
import { nodes, tool } from "../packaging/packed.mjs";
import { js, json } from "./documented.mjs";
import { SECRET, delivery, hookward, projectWith } from "./kit.mjs";
import { until } from "../harness/wait.mjs";

const START_MS = 60_000;

// The page's Worker, beside a way to run the conformance test inside it.
const wrapper = `
  import worker, { DurableStore, WebhookMemory } from "./worker.js";
  import { storeTests } from "hookward/store-test";
  export { WebhookMemory };
  export default {
    async fetch(request, env) {
      if (new URL(request.url).pathname !== "/conformance") return worker.fetch(request, env);
      const store = () => new DurableStore(env.WEBHOOK_MEMORY, "conformance");
      await store().remembersSince();
      const results = await Promise.all(
        storeTests({ store, another: store }).map(({ name, run }) => run().then(() => [name, "passed"], (error) => [name, error.message])),
      );
      return Response.json(results);
    },
  };
`;
const config = JSON.stringify({ ...JSON.parse(json), main: "wrapper.js", send_metrics: false, vars: { WEBHOOK_SECRET: SECRET } });
const environment = {
  ...process.env,
  CI: "1",
  WRANGLER_SEND_METRICS: "false",
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
  NO_COLOR: "1",
};

const folder = projectWith({ "worker.js": js["durable-object"], "wrapper.js": wrapper, "wrangler.json": config });

async function start() {
  const lines = [];
  const args = [tool("wrangler/bin/wrangler.js"), "dev", "--local", "--ip", "127.0.0.1", "--port", "0", "--inspector-port", "0"];
  args.push("--show-interactive-dev-session=false", "--persist-to", ".state");
  const group = startGroup(nodes["Node 24"], args, { cwd: folder, env: environment, onLine: (line) => lines.push(line) });
  const origin = await until(
    "wrangler to start",
    () => {
      if (!group.running()) throw new Error(`wrangler ended:\n${lines.join("\n")}`);
      return lines.map((line) => /Ready on (http:\/\/127\.0\.0\.1:\d+)/.exec(line)?.[1]).find(Boolean);
    },
    { timeoutMs: START_MS },
  );
  return { group, origin };
}

let running;
before(async () => {
  running = await start();
}, { timeout: START_MS + 10_000 });
after(() => running?.group.kill());

async function post({ headers, body }) {
  const response = await fetch(running.origin, { method: "POST", headers, body, signal: AbortSignal.timeout(20_000) });
  return [response.status, await response.json()];
}

test("the conformance test, inside workerd", async () => {
  const response = await fetch(`${running.origin}/conformance`, { signal: AbortSignal.timeout(60_000) });
  const expected = hookward.storeTests({ store: () => {} }).map(({ name }) => [name, "passed"]);
  assert.deepEqual(await response.json(), expected);
});

test("an event is handled once, also when the Worker was restarted in between", async () => {
  const at = Math.floor(Date.now() / 1000);
  const [request, next] = [delivery({ at }), delivery({ at })];
  assert.deepEqual(await post(request), [200, { status: "accepted" }]);
  assert.deepEqual(await post(request), [200, { status: "duplicate" }]);
  assert.deepEqual(await post({ ...request, body: "{}" }), [401, { code: "signature_mismatch" }]);
  await running.group.kill();
  running = await start();
  assert.deepEqual(await post(request), [200, { status: "duplicate" }]);
  assert.deepEqual(await post(next), [200, { status: "accepted" }]);
});

test("of many copies at once, one is handled", async () => {
  const request = delivery({ at: Math.floor(Date.now() / 1000) });
  const answers = await Promise.all(Array.from({ length: 20 }, () => post(request)));
  assert.equal(answers.filter(([, { status }]) => status === "accepted").length, 1);
  for (const [status, body] of answers) {
    assert.ok(status === 200 || (status === 503 && body.code === "event_in_progress"), JSON.stringify(body));
  }
});
