// One n8n on loopback, with a folder of its own and nothing that calls home.

import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { promisify } from "node:util";

import { startGroup } from "../../harness/process.mjs";
import { until } from "../../harness/wait.mjs";
import { unpack } from "../packed.mjs";

const COMMAND_MS = 120_000;
const READY_MS = 120_000;

/** A port that nobody listens on. */
async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

/**
 * Prepares an n8n in `folder`, which must be empty.
 *
 * @param {{ main: string, folder: string, node: string, hookward: string }} options n8n's program, and the
 *   tarballs of the nodes and of the package that Code nodes may require
 */
export async function prepare({ main, folder, node, hookward }) {
  const [port, brokerPort] = [await freePort(), await freePort()];
  // Where n8n installs community nodes, and where its task runner finds modules besides its own.
  unpack(node, join(folder, ".n8n/nodes/node_modules/n8n-nodes-hookward"));
  writeFileSync(join(folder, ".n8n/nodes/package.json"), '{"name":"installed-nodes","private":true,"dependencies":{}}');
  unpack(hookward, join(folder, ".node_modules/hookward"));
  const env = {
    PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
    HOME: folder,
    N8N_USER_FOLDER: folder,
    N8N_ENCRYPTION_KEY: "for-this-test-alone-and-for-no-other",
    N8N_PORT: String(port),
    N8N_LISTEN_ADDRESS: "127.0.0.1",
    N8N_RUNNERS_BROKER_PORT: String(brokerPort),
    N8N_RUNNERS_BROKER_LISTEN_ADDRESS: "127.0.0.1",
    N8N_DIAGNOSTICS_ENABLED: "false",
    N8N_VERSION_NOTIFICATIONS_ENABLED: "false",
    N8N_TEMPLATES_ENABLED: "false",
    N8N_DYNAMIC_BANNERS_ENABLED: "false",
    N8N_LICENSE_AUTO_RENEW_ENABLED: "false",
    N8N_DISABLED_MODULES: "mcp-registry,mcp,insights,chat-hub,agents,instance-ai,workflow-builder",
    NODE_FUNCTION_ALLOW_EXTERNAL: "hookward",
  };
  return new Instance(main, folder, env, `http://127.0.0.1:${port}`);
}

class Instance {
  #main;
  #folder;
  #env;
  #group;
  #lines = [];

  constructor(main, folder, env, url) {
    this.#main = main;
    this.#folder = folder;
    this.#env = env;
    this.url = url;
  }

  /** Runs one of n8n's own commands to its end. */
  async command(...args) {
    const options = { cwd: this.#folder, env: this.#env, timeout: COMMAND_MS, killSignal: "SIGKILL", maxBuffer: 1 << 26 };
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [this.#main, ...args], options);
    return stdout + stderr;
  }

  /** Imports credentials, given as n8n exports them. */
  async importCredentials(credentials) {
    const file = join(this.#folder, "credentials.json");
    writeFileSync(file, JSON.stringify(credentials));
    await this.command("import:credentials", `--input=${file}`);
  }

  /** Imports workflows from texts, as files of a folder, and publishes them; their ids by name. */
  async importWorkflows(texts) {
    const folder = join(this.#folder, "workflows");
    mkdirSync(folder);
    texts.forEach((text, index) => writeFileSync(join(folder, `${index}.json`), text));
    await this.command("import:workflow", "--separate", `--input=${folder}`);
    const rows = this.query("SELECT id, name FROM workflow_entity");
    for (const { id } of rows) await this.command("publish:workflow", `--id=${id}`);
    return new Map(rows.map(({ id, name }) => [name, id]));
  }

  async start() {
    this.#group = startGroup(process.execPath, [this.#main, "start"], {
      cwd: this.#folder,
      env: this.#env,
      onLine: (line) => this.#lines.push(line),
    });
    await until("n8n to be ready", () => this.#isReady("/healthz/readiness"), { timeoutMs: READY_MS, everyMs: 250 });
  }

  async #isReady(path) {
    if (!this.#group.running()) throw new Error(`n8n ended:\n${this.log()}`);
    try {
      return (await fetch(this.url + path, { signal: AbortSignal.timeout(5000) })).ok;
    } catch {
      return false;
    }
  }

  /** Ends it at once, as a crash would. */
  async stop() {
    await this.#group?.kill();
  }

  /** What n8n wrote last. */
  log() {
    return this.#lines.slice(-60).join("\n");
  }

  /** Asks n8n's database. */
  query(sql, ...values) {
    const database = new DatabaseSync(join(this.#folder, ".n8n/database.sqlite"), { readOnly: true });
    try {
      return database.prepare(sql).all(...values);
    } finally {
      database.close();
    }
  }

  /** How often a workflow was started by its production URL, and how often one run of it has succeeded. */
  runs(id) {
    const rows = this.query("SELECT status, count(*) AS n FROM execution_entity WHERE workflowId = ? AND mode = 'webhook' GROUP BY status", id);
    const counts = Object.fromEntries(rows.map(({ status, n }) => [status, n]));
    const all = rows.reduce((sum, { n }) => sum + n, 0);
    return { all, succeeded: counts.success ?? 0 };
  }

  /** All that the runs of a workflow have put out, as text. */
  outputs(id) {
    const sql = "SELECT d.data FROM execution_data d JOIN execution_entity e ON e.id = d.executionId WHERE e.workflowId = ?";
    return this.query(sql, id).map(({ data }) => data).join("\n");
  }

  /** Posts to one of its webhooks: until it is registered, which is a moment after n8n is ready. */
  async post(path, { headers = {}, body }, { method = "POST", test = false } = {}) {
    let answer;
    await until(`the webhook ${path}`, async () => {
      answer = await fetch(`${this.url}/webhook${test ? "-test" : ""}/${path}`, { method, headers, body, signal: AbortSignal.timeout(30_000) });
      return answer.status !== 404;
    });
    const text = await answer.text();
    let json;
    try {
      json = JSON.parse(text);
    } catch {
      json = undefined;
    }
    return { status: answer.status, text, json };
  }
}
