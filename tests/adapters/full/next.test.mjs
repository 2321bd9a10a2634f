// A Next.js application, built and started as it would be deployed: route handlers on Node and on the
// edge runtime, and pages routes.

import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { startGroup } from "../../harness/process.mjs";
import { nodes, project, run } from "../../packaging/packed.mjs";
import { SECRET, delivery } from "../adapters.mjs";
import { send } from "../client.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const next = join(here, "node_modules/next/dist/bin/next");
const node = nodes["Node 24"];
const START_MS = 60_000;

const route = `
import { MemoryStore } from "hookward";
import { webhook } from "hookward/fetch";
export const POST = webhook({ provider: "tinyposter", secret: process.env.WEBHOOK_SECRET, store: new MemoryStore() }, async (event) => {
  console.log("got " + event.id);
});
export { POST as GET };
`;
const page = `
import { webhook } from "hookward/node";
export const config = { api: { bodyParser: false } };
export default webhook({ provider: "tinyposter", secret: process.env.WEBHOOK_SECRET }, async (event) => {
  console.log("got " + event.id);
});
`;
const files = {
  "next.config.mjs": `export default { turbopack: { root: ${JSON.stringify(here)} } };`,
  "app/layout.js": "export default ({ children }) => <html><body>{children}</body></html>;",
  "app/webhooks/route.js": route,
  "app/edge/route.js": `export const runtime = "edge";${route}`,
  "pages/api/webhooks.js": page,
  "pages/api/parsed.js": page.replace(/export const config.*/, ""),
};

let folder;
let group;
let origin;
let printed = "";
before(async () => {
  mkdirSync(join(here, ".tmp"), { recursive: true });
  folder = mkdtempSync(join(here, ".tmp/next-"));
  cpSync(join(project({}), "node_modules"), join(folder, "node_modules"), { recursive: true });
  for (const [name, text] of Object.entries({ "package.json": "{}", ...files })) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  // Built where there is no secret, as it is in CI; it runs the routes' modules.
  const { WEBHOOK_SECRET: _, ...env } = { ...process.env, NEXT_TELEMETRY_DISABLED: "1", CI: "1" };
  await run("env", ["-u", "WEBHOOK_SECRET", "NEXT_TELEMETRY_DISABLED=1", node, next, "build"], { cwd: folder, timeout: 180_000 });
  let onOrigin;
  const ready = new Promise((resolve) => (onOrigin = resolve));
  group = startGroup(node, [next, "start", "--port", "0", "--hostname", "127.0.0.1"], {
    cwd: folder,
    env: { ...env, WEBHOOK_SECRET: SECRET },
    onLine(line) {
      printed += `${line}\n`;
      const found = /(http:\/\/127\.0\.0\.1:[1-9]\d*)/.exec(line);
      if (found) onOrigin(found[1]);
    },
  });
  const late = new Promise((resolve) => setTimeout(resolve, START_MS).unref());
  origin = await Promise.race([ready, late, group.ended]);
  assert.equal(typeof origin, "string", printed);
}, { timeout: 240_000 });
after(async () => {
  await group?.kill();
  rmSync(folder, { recursive: true, force: true });
});

for (const path of ["/webhooks", "/edge", "/api/webhooks"]) {
  test(`Next.js ${path}`, async () => {
    const url = origin + path;
    const sent = delivery();
    const good = await send(url, sent);
    assert.deepEqual([good.status, good.json], [200, { status: "accepted" }]);
    // It is printed by another process, and may come after the answer.
    for (let waited = 0; !printed.includes(`got ${sent.id}\n`); waited++) {
      assert.ok(waited < 100, printed);
      await wait(20);
    }
    const { headers } = sent;
    for (const [of, status, code] of [
      [{ ...sent, body: `${sent.body} ` }, 401, "signature_mismatch"],
      [{ headers, body: "x".repeat(2 ** 20 + 1) }, 413, "body_too_large"],
      [{ headers, body: ["x".repeat(2 ** 20), "x"] }, 413, "body_too_large"],
      [{ ...sent, headers: { ...headers, "content-encoding": "gzip" } }, 415, "unsupported_encoding"],
      [{ method: "GET" }, 405, "method_not_allowed"],
    ]) {
      const answer = await send(url, of);
      assert.deepEqual([answer.status, answer.code], [status, code]);
    }
    assert.equal((await send(url, delivery())).status, 200);
  });
}

test("Next.js: a pages route whose body was parsed accepts nothing, and the log says what to change", async () => {
  const sent = delivery();
  const answer = await send(`${origin}/api/parsed`, sent);
  assert.deepEqual([answer.status, answer.json], [500, { code: "body_not_raw" }]);
  for (let waited = 0; !/export const config = \{ api: \{ bodyParser: false \} \}/.test(printed); waited++) {
    assert.ok(waited < 100, printed);
    await wait(20);
  }
  assert.ok(!printed.includes(`got ${sent.id}`));
});
