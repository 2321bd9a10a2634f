// workerd, with and without nodejs_compat, from the tarball, bundled by wrangler as its users' Workers are.

import assert from "node:assert/strict";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";

import { startGroup } from "../harness/process.mjs";
import { nodes, run, tool, vectors } from "../packaging/packed.mjs";
import { expected, projectWithChecks } from "./everywhere.mjs";

const START_MS = 60_000;
const wrangler = tool("wrangler/bin/wrangler.js");

const worker = `
  import * as hookward from "hookward";
  import { everything } from "./everything.mjs";
  export default {
    async fetch(request) {
      const { pathname } = new URL(request.url);
      if (pathname === "/check") return Response.json(await everything(await request.json()));
      if (pathname === "/node") return Response.json(typeof globalThis.process?.getBuiltinModule);
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

const environment = {
  ...process.env,
  CI: "1",
  WRANGLER_SEND_METRICS: "false",
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
  NO_COLOR: "1",
};

/** Starts wrangler in a project. Resolves to where the Worker listens, and how to stop it. */
async function start(folder) {
  const lines = [];
  const args = ["dev", "--local", "--ip", "127.0.0.1", "--port", "0", "--inspector-port", "0", "--show-interactive-dev-session=false"];
  let onOrigin;
  const ready = new Promise((resolve) => (onOrigin = resolve));
  const group = startGroup(nodes["Node 24"], [wrangler, ...args], {
    cwd: folder,
    env: environment,
    onLine(line) {
      lines.push(line);
      const found = /Ready on (http:\/\/127\.0\.0\.1:\d+)/.exec(line);
      if (found) onOrigin(found[1]);
    },
  });
  let timer;
  const late = new Promise((resolve) => (timer = setTimeout(resolve, START_MS)));
  const origin = await Promise.race([ready, late, group.ended]);
  clearTimeout(timer);
  if (typeof origin === "string") return { origin, group };
  await group.kill();
  throw new Error(`wrangler did not start:\n${lines.join("\n")}`);
}

const COMPATIBILITY = {
  "without nodejs_compat": { flags: [], node: "undefined" },
  "with nodejs_compat": { flags: ["nodejs_compat"], node: "function" },
};

for (const [name, { flags, node }] of Object.entries(COMPATIBILITY)) {
  describe(`workerd ${name}`, () => {
    let folder;
    let group;
    let origin;
    before(async () => {
      const config = { name: "project", main: "worker.mjs", compatibility_date: "2025-09-01", compatibility_flags: flags, send_metrics: false };
      folder = projectWithChecks({ "worker.mjs": worker, "wrangler.json": JSON.stringify(config) });
      ({ group, origin } = await start(folder));
    }, { timeout: START_MS + 30_000 });
    after(() => group?.kill());

    test("it has what the flag says", async () => {
      const response = await fetch(`${origin}/node`, { signal: AbortSignal.timeout(10_000) });
      assert.equal(await response.json(), node);
    });

    test("it runs every vector", async () => {
      const response = await fetch(`${origin}/check`, { method: "POST", body: JSON.stringify(vectors), signal: AbortSignal.timeout(60_000) });
      assert.deepEqual(await response.json(), expected);
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
      // Without `hookward/portable`, which is the entry that brings the module as text everywhere.
      const code = 'import * as hookward from "hookward"; export default { fetch: () => Response.json(Object.keys(hookward)) };';
      writeFileSync(join(folder, "small.mjs"), code);
      await run(nodes["Node 24"], [wrangler, "deploy", "small.mjs", "--dry-run", "--outdir", "out"], { cwd: folder });
      const files = readdirSync(join(folder, "out"));
      assert.ok(files.some((file) => file.endsWith("hookward.wasm")), files.join(" "));
      const inlined = /"[^"\n]{20000,}"/;
      const read = (file) => readFileSync(join(folder, file), "utf8");
      assert.match(read("node_modules/hookward/dist/index.js"), inlined);
      assert.doesNotMatch(read("out/small.js"), inlined);
    });
  });
}
