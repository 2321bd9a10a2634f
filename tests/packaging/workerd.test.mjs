// The vectors inside workerd, from the tarball, bundled by wrangler as its users' Workers are.

import assert from "node:assert/strict";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { startGroup } from "../harness/process.mjs";
import { beside, nodes, project, run, tool, vectors } from "./packed.mjs";

const START_MS = 60_000;

const worker = `
  import * as hookward from "hookward";
  import { runVectors } from "./suite.mjs";
  export default {
    async fetch(request) {
      if (new URL(request.url).pathname === "/vectors") {
        return Response.json(await runVectors(hookward, await request.json()));
      }
      // What a user's handler does.
      try {
        const event = hookward.verify({
          provider: "standard-webhooks",
          secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
          headers: request.headers,
          body: await request.arrayBuffer(),
          now: 1614265330,
        });
        return Response.json({ data: event.payload });
      } catch (error) {
        return Response.json({ code: error.code, name: error.name }, { status: 401 });
      }
    },
  };
`;
const config = JSON.stringify({ name: "project", main: "worker.mjs", compatibility_date: "2025-01-01", send_metrics: false });

const environment = {
  ...process.env,
  CI: "1",
  WRANGLER_SEND_METRICS: "false",
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
  NO_COLOR: "1",
};

let group;
let origin;
let folder;
before(async () => {
  folder = project({ "worker.mjs": worker, "suite.mjs": beside("suite.mjs"), "wrangler.json": config });
  const lines = [];
  const ready = new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`wrangler did not start:\n${lines.join("\n")}`)), START_MS);
    const args = [tool("wrangler/bin/wrangler.js"), "dev", "--local", "--ip", "127.0.0.1", "--port", "0", "--inspector-port", "0", "--show-interactive-dev-session=false"];
    group = startGroup(nodes["Node 24"], args, {
      cwd: folder,
      env: environment,
      onLine(line) {
        lines.push(line);
        const found = /Ready on (http:\/\/127\.0\.0\.1:\d+)/.exec(line);
        if (found) {
          clearTimeout(timer);
          resolve(found[1]);
        }
      },
    });
    group.ended.then(() => {
      clearTimeout(timer);
      reject(new Error(`wrangler ended:\n${lines.join("\n")}`));
    });
  });
  origin = await ready;
}, { timeout: START_MS + 30_000 });
after(() => group?.kill());

test("workerd runs every vector", async () => {
  const response = await fetch(`${origin}/vectors`, { method: "POST", body: JSON.stringify(vectors), signal: AbortSignal.timeout(60_000) });
  const cases = vectors.flatMap((file) => file.cases);
  const published = cases.filter((one) => one.published_by).length;
  assert.deepEqual(await response.json(), { cases: cases.length, published, failures: [] });
});

test("a handler verifies its request", async () => {
  const headers = {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
  };
  const post = (body) => fetch(origin, { method: "POST", headers, body, signal: AbortSignal.timeout(10_000) });
  const good = await post('{"test": 2432232314}');
  assert.deepEqual([good.status, await good.json()], [200, { data: { test: 2432232314 } }]);
  const bad = await post('{"test":2432232314}');
  assert.deepEqual([bad.status, await bad.json()], [401, { code: "signature_mismatch", name: "HookwardError" }]);
});

test("the Worker imports the module as a file, and has no second copy in its code", async () => {
  await run(nodes["Node 24"], [tool("wrangler/bin/wrangler.js"), "deploy", "--dry-run", "--outdir", "out"], { cwd: folder });
  const files = readdirSync(join(folder, "out"));
  assert.ok(files.some((name) => name.includes("hookward.wasm")), files.join(" "));
  assert.ok(statSync(join(folder, "out/worker.js")).size < 40_000);
});
