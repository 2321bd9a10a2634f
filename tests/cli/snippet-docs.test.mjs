// docs/n8n.md and docs/make.md: their commands do what the pages say. What make.md says of the gateway is in
// tests/e2e/make-page.test.mjs.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { after, test } from "node:test";

import { atTime, codeNode, item, withSecrets } from "./code-node.mjs";
import { filledIn, home, shellBlocks } from "./page.mjs";
import { installation, NOW, signed } from "./tool.mjs";

const SECRET = "whsec_…";
const BODY = '{"id":"evt_1","type":"ping","created":"2023-11-14T22:13:20Z","data":{}}';

const servers = [];
after(() => servers.forEach((server) => server.close()));

/** A server of this machine; its URL. */
async function listen(handler) {
  const server = createServer(handler).listen(0, "127.0.0.1");
  servers.push(server);
  await new Promise((resolve) => server.once("listening", resolve));
  return `http://127.0.0.1:${server.address().port}/`;
}

/** A server that does what the workflow of the page does: 200 or 401 by what the Code node says. */
function workflow(code) {
  return listen(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const passed = await codeNode(code, { items: [item(request.headers, Buffer.concat(chunks))] }).then(() => true, (error) => /^signature_mismatch: /.test(error.message) && false);
    response.writeHead(passed ? 200 : 401).end();
  });
}

test("n8n.md, command by command", async () => {
  const { folder, run } = await home();
  const blocks = await shellBlocks("n8n.md");
  const done = async (block, env) => {
    const { code, out, err } = await run(block, env);
    assert.equal(code, 0, `${block}\n${out}${err}`);
    return { out, file: block.includes("--output") ? readFileSync(join(folder, "code-node.js"), "utf8") : "" };
  };
  const [providers, pasted, elsewhere, once, install, required, tried, ...more] = blocks;
  assert.deepEqual(more, []);

  assert.match((await done(providers)).out, /^tinyposter /m);
  const { file } = await done(pasted);
  const filled = withSecrets(file, [SECRET]);
  const good = await signed("tinyposter", SECRET, BODY);
  const [{ json }] = await codeNode(atTime(NOW) + filled, { items: [item(good, BODY)] });
  assert.equal(json.id, "evt_1");

  const [vars, env] = elsewhere.split("\n");
  assert.match((await done(vars)).file, /^const SECRETS = \[\$vars\.TINYPOSTER_SECRET\];$/m);
  assert.match((await done(env)).file, /^const SECRETS = \[\$env\.TINYPOSTER_SECRET\];$/m);

  const remembering = atTime(NOW) + withSecrets((await done(once)).file, [SECRET]);
  const memory = {};
  const run2 = async () => (await codeNode(remembering, { items: [item(good, BODY)], memory })).length;
  assert.deepEqual([await run2(), await run2()], [1, 0]);

  assert.equal((await done(install)).out.split("\n").slice(-3).join(), "hookward,verify,");
  assert.match((await done(required)).file, /^const \{ verify \} = require\("hookward"\);$/m);

  const { out } = await done(filledIn(tried, { "https://n8n.example.com/webhook/…": await workflow(filled) }));
  assert.match(out, /^200 .*\n(?:.*\n)*401 /);
});

test("n8n.md names the lines that the snippet has", async () => {
  const { folder } = await installation();
  const page = readFileSync(join(folder, "node_modules/hookward/docs/n8n.md"), "utf8");
  assert.ok(page.includes('`const SECRETS = [""];`'));
  for (const code of ["signature_mismatch", "timestamp_too_old", "missing_signature"]) assert.ok(page.includes(`\`${code}\``));
});

test("make.md, the commands of the filter", async () => {
  const { run } = await home();
  const blocks = await shellBlocks("make.md");
  const [providers] = blocks;
  const [recipe, tried] = blocks.slice(-2);
  assert.match((await run(providers)).out, /^tinyposter /m);
  assert.match((await run(recipe)).out, /^A filter in Make for webhooks of tinyposter/);
  // Make answers everything so.
  const url = await listen((request, response) => request.resume().on("end", () => response.writeHead(200).end("Accepted")));
  const { code, out } = await run(filledIn(tried, { "https://hook.eu2.make.com/…": url }));
  assert.equal(code, 1);
  assert.match(out, /^200 OK +\d+ ms\nAccepted\n200 OK +\d+ ms +not refused, as it should be\nAccepted\n$/);
});

test("the two pages say which services have no snippet, and why", async () => {
  const { folder } = await installation();
  const { handshakes } = JSON.parse(readFileSync(join(folder, "node_modules/hookward/dist/cli/snippet.json"), "utf8"));
  assert.ok("slack" in handshakes && "zoom" in handshakes);
  for (const name of ["n8n.md", "make.md"]) {
    const page = readFileSync(join(folder, "node_modules/hookward/docs", name), "utf8");
    for (const service of ["Slack, Zoom and others", "HubSpot and Square"]) assert.ok(page.includes(service), `${name}: ${service}`);
  }
});
