// The README's code, run as it stands.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";
import vm from "node:vm";

import { nodes, project, run, tool } from "./packed.mjs";

const secret = "whsec_readme";
const body = '{"id":"evt_1","type":"ping","created":"2026-01-01T00:00:00.000Z","data":{"n":"ü"}}';

let folder;
let hookward;
let snippets;
const servers = [];
before(async () => {
  process.env.WEBHOOK_SECRET = secret;
  folder = project({ "entry.mjs": 'export * from "hookward";' });
  hookward = await import(join(folder, "entry.mjs"));
  const readme = readFileSync(join(folder, "node_modules/hookward/README.md"), "utf8");
  snippets = Object.fromEntries(
    [...readme.matchAll(/```[jt]s\n\/\/ test: (\w+)\n(.*?)```/gs)].map(([, name, code]) => [name, code]),
  );
  for (const name of ["express", "fastify", "hono"]) {
    symlinkSync(tool(name), join(folder, "node_modules", name));
  }
});
after(() => {
  for (const server of servers) server.close();
});

/** A snippet as a module that exports `name`. */
async function load(snippet, name) {
  const file = join(folder, `${snippet}.mjs`);
  const code = snippets[snippet];
  writeFileSync(file, code.includes("export ") ? code : `${code}\nexport { ${name} };\n`);
  return (await import(file))[name];
}

const signed = (text) => ({
  ...hookward.sign({ provider: "tinyposter", secret, body: text }),
  "content-type": "application/json",
});

/** Holds a receiver to what good and bad deliveries must get. `post` resolves to a Response. */
async function holds(post) {
  const answer = async (text, headers) => {
    const response = await post(text, headers);
    return [response.status, await response.json()];
  };
  const received = [200, { status: "accepted" }];
  assert.deepEqual(await answer(body, signed(body)), received);
  assert.deepEqual(await answer(body.replace("ping", "pong"), signed(body)), [401, { code: "signature_mismatch" }]);
  assert.deepEqual(await answer(body, { "content-type": "application/json" }), [401, { code: "missing_signature" }]);
  const broken = "{}";
  assert.deepEqual(await answer(broken, signed(broken)), [400, { code: "malformed_envelope" }]);
  // As large as some events are, without a content type, and of a type that nobody parses.
  const large = body.replace("ü", "ü".repeat(250_000));
  assert.deepEqual(await answer(large, signed(large)), received);
  const { "content-type": type, ...untyped } = signed(body);
  const bytes = new TextEncoder().encode(body); // fetch names no type for bytes
  assert.deepEqual(await answer(bytes, untyped), received);
  assert.deepEqual(await answer(body, { ...untyped, "content-type": "application/x-unheard-of" }), received);
}

/** Listens with a handler of Node's; a function that posts to it. */
async function listen(handler) {
  const server = createServer(handler).listen(0, "127.0.0.1");
  servers.push(server);
  await new Promise((resolve) => server.once("listening", resolve));
  const url = `http://127.0.0.1:${server.address().port}/webhooks`;
  return (text, headers) => fetch(url, { method: "POST", body: text, headers, signal: AbortSignal.timeout(10_000) });
}

test("every snippet is run", () => {
  assert.deepEqual(Object.keys(snippets).sort(), ["explain", "express", "fastify", "fetch", "hono", "n8n", "node", "receiver", "scheme", "types"]);
});

test("Express", async () => holds(await listen(await load("express", "app"))));

test("Fastify", async () => {
  const app = await load("fastify", "app");
  await app.ready();
  await holds(await listen(app.routing));
});

test("Next.js and other fetch handlers", async () => {
  const POST = await load("fetch", "POST");
  await holds((text, headers) => POST(new Request("http://localhost", { method: "POST", body: text, headers })));
});

test("Hono", async () => {
  const app = await load("hono", "app");
  await holds((text, headers) => app.request("/webhooks", { method: "POST", body: text, headers }));
});

test("node:http", async () => {
  const server = await load("node", "app");
  const post = await listen((...args) => server.emit("request", ...args));
  await holds(post);
  const huge = await post("x".repeat(3_000_000), signed(body));
  assert.deepEqual([huge.status, await huge.json()], [413, { code: "body_too_large" }]);
});

/** A snippet's lines as a function of what they use that the README does not define; gives `result`. */
async function runs(snippet, uses, result) {
  const lines = snippets[snippet].split("\n");
  const imports = lines.filter((line) => line.startsWith("import "));
  const rest = lines.filter((line) => !line.startsWith("import "));
  const file = join(folder, `${snippet}.mjs`);
  const code = `export async function run({ ${uses.join(", ")} }) {\n${rest.join("\n")}\nreturn ${result};\n}`;
  writeFileSync(file, `${imports.join("\n")}\n${code}\n`);
  return (await import(file)).run;
}

test("a receiver with a memory", async () => {
  const run = await runs("receiver", ["request"], "answer");
  const request = { method: "POST", url: "/webhooks", headers: signed(body), body };
  assert.deepEqual([(await run({ request })).status, (await run({ request: { ...request, body: `${body} ` } })).status], [200, 401]);
});

test("an explanation", async () => {
  const run = await runs("explain", ["secret", "headers", "body"], "format(explanation)");
  assert.match(await run({ secret, headers: signed(body), body: `${body}\n` }), /newline|line end|line break/i);
});

test("a scheme of one's own", async () => {
  const run = await runs("scheme", ["secret", "headers", "body"], "event");
  const text = '{"event":{"id":"e1","type":"ping"}}';
  const t = Math.floor(Date.now() / 1000);
  const tag = createHmac("sha256", secret).update(`${t}.${text}`).digest("hex");
  const headers = { "x-acme-signature": `t=${t},v1=${tag}` };
  const event = await run({ secret, headers, body: text });
  assert.deepEqual([event.id, event.type], ["e1", "ping"]);
  await assert.rejects(run({ secret, headers, body: `${text} ` }), { code: "signature_mismatch" });
});

/** Runs a snippet as n8n's Code node does: another realm, only the globals it has, Error frozen. */
async function inCodeNode(snippet, headers, text) {
  const module = { exports: {} };
  const realm = vm.createContext({ WebAssembly, TextEncoder, TextDecoder, atob, btoa, Buffer });
  vm.runInContext("Object.freeze(Error.prototype)", realm);
  const packed = readFileSync(join(folder, "node_modules/hookward/dist/index.cjs"), "utf8");
  vm.runInContext(`(function (module, exports) {${packed}\n})`, realm)(module, module.exports);
  const require = (name) => (assert.equal(name, "hookward"), module.exports);
  const $input = { first: () => ({ json: { headers } }) };
  const scope = { helpers: { getBinaryDataBuffer: async () => Buffer.from(text) } };
  const code = vm.runInContext(`(async function (require, $input) {${snippet}})`, realm);
  return JSON.parse(JSON.stringify(await code.call(scope, require, $input)));
}

const root = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
const rootSnippet = (sign) => {
  const [found, ...more] = [...root.matchAll(/```js\n(.*?)```/gs)].map(([, code]) => code).filter((code) => code.includes(sign));
  assert.ok(found && more.length === 0, sign);
  return found;
};

test("n8n's Code node runs the block of the README", async () => {
  const headers = Object.fromEntries(
    Object.entries(hookward.sign({ provider: "tinyposter", secret: "whsec_…", body })).map(([k, v]) => [k.toLowerCase(), v]),
  );
  const [{ json }] = await inCodeNode(snippets.n8n, headers, body);
  assert.deepEqual([json.id, json.type, json.data], ["evt_1", "ping", { n: "ü" }]);
  await assert.rejects(inCodeNode(snippets.n8n, headers, `${body} `), { code: "signature_mismatch", name: "HookwardError" });
});

test("the root README's commands of the tool", () => {
  const commands = [...root.matchAll(/^npx hookward (.*?) *(?:#.*)?$/gm)].map(([, line]) => line.split(" "));
  assert.equal(commands.length, 3);
  for (const command of commands) {
    const printed = execFileSync(process.execPath, [join(folder, "node_modules/hookward/dist/cli/main.js"), ...command], { cwd: folder, encoding: "utf8" });
    assert.match(printed, /tinyposter/i, command.join(" "));
  }
});

for (const [name, node] of Object.entries(nodes)) {
  test(`the root README's server on ${name}`, async () => {
    const file = join(folder, "server.mjs");
    writeFileSync(file, rootSnippet("// server.mjs"));
    const env = { ...process.env, PORT: "0", WEBHOOK_SECRET: secret };
    // Port 0 is any free one; which, the server does not say: so it is found out by a preload.
    const preload = `data:text/javascript,${encodeURIComponent(`
      import { Server } from "node:net";
      const { listen } = Server.prototype;
      Server.prototype.listen = function (...args) {
        this.once("listening", () => console.log("port", this.address().port));
        return listen.apply(this, args);
      };
    `)}`;
    const child = spawn(node, ["--import", preload, file], { env, cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
    try {
      let printed = "";
      const port = await new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`it did not start: ${printed}`)), 20_000);
        const look = (data) => {
          printed += data;
          const found = /^port (\d+)$/m.exec(printed);
          if (found) resolve(found[1]), clearTimeout(timer);
        };
        child.stdout.on("data", look);
        child.stderr.on("data", look);
        child.once("exit", () => reject(new Error(`it ended: ${printed}`)));
      });
      const post = (text, headers) =>
        fetch(`http://127.0.0.1:${port}`, { method: "POST", body: text, headers, signal: AbortSignal.timeout(10_000) });
      assert.equal((await post(body, signed(body))).status, 200);
      assert.equal((await post(`${body} `, signed(body))).status, 401);
      assert.equal((await post("{}", signed("{}"))).status, 400);
      assert.match(printed, /ping evt_1/);
    } finally {
      child.kill("SIGKILL");
    }
  });
}

test("the README's table of providers is the catalogue", () => {
  const readme = readFileSync(join(folder, "node_modules/hookward/README.md"), "utf8");
  const section = /## Providers\n(.*?)\n## /s.exec(readme)[1];
  const rows = [...section.matchAll(/^\| `([a-z0-9-]+)` \| (.+) \|$/gm)].map(([, id, name]) => [id, name]);
  assert.deepEqual(rows.slice(1), hookward.providers().map(({ id, name }) => [id, name]));
});

test("the README's lines of TypeScript compile", async () => {
  const lines = snippets.types;
  writeFileSync(join(folder, "readme.mts"), `import { verify } from "hookward";
declare const console: { log(text: unknown): void }; declare const secret: string; declare const headers: { [name: string]: string }; declare const body: Uint8Array;
${lines}
export { key };`);
  const compilerOptions = { module: "nodenext", strict: true, noEmit: true, lib: ["es2022"], types: [] };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["readme.mts"] }));
  await run(process.execPath, [tool("typescript/bin/tsc"), "--project", "."], { cwd: folder });
});
