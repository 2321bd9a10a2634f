// The gateway under real workerd: started on a free loopback port with a state directory of its own,
// killed with SIGKILL, restarted on the same state, and always cleaned up.

import { randomBytes } from "node:crypto";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { setTimeout as sleep } from "node:timers/promises";

import { request } from "./http.mjs";
import { residentBytes, startGroup } from "./process.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** The built Worker; a copy of it elsewhere can be named to be tested instead. */
export const BUILD = process.env.HOOKWARD_WORKER_BUILD ?? join(ROOT, "worker/build");
const START_TIMEOUT_MS = 60_000;
const START_ATTEMPTS = 3;
const LINES_KEPT = 200_000;

/**
 * Starts a gateway and waits until it answers.
 *
 * @param {object} [options]
 * @param {boolean} [options.faults] run it inside tests/e2e/worker/wrapper.js, which can inject faults
 *   (the default); otherwise as shipped, by worker/wrangler.jsonc
 * @param {Record<string, string | undefined>} [options.vars] bindings to add or, with `undefined`, to leave out
 * @param {string} [options.build] the folder that holds the built Worker (default worker/build)
 */
export async function startGateway({ faults = true, vars = {}, build = BUILD } = {}) {
  const dir = mkdtempSync(join(tmpdir(), "hookward-e2e-"));
  const gateway = new Gateway(dir, faults, {
    HOOKWARD_ADMIN_TOKEN: randomBytes(24).toString("hex"),
    HOOKWARD_MASTER_KEY: randomBytes(32).toString("base64"),
    HOOKWARD_ALLOW_LOOPBACK: "true",
    ...vars,
  });
  process.once("exit", () => rmSync(dir, { recursive: true, force: true }));
  gateway.install(build);
  await gateway.start();
  return gateway;
}

class Gateway {
  #group = null;
  #port = 0;

  constructor(dir, faults, vars) {
    this.dir = dir;
    this.faulty = faults;
    this.vars = vars;
    /** Every line that the gateway wrote, oldest first. */
    this.lines = [];
  }

  get origin() {
    return `http://127.0.0.1:${this.#port}`;
  }
  get token() {
    return this.vars.HOOKWARD_ADMIN_TOKEN;
  }
  get stateDir() {
    return join(this.dir, "state");
  }
  /** The structured log lines, parsed. */
  get logs() {
    return this.lines.flatMap((line) => {
      const start = line.indexOf("{");
      if (start < 0) return [];
      try {
        return [JSON.parse(line.slice(start))];
      } catch {
        return [];
      }
    });
  }

  /**
   * Copies what is to run into the gateway's own directory, so that a build that happens meanwhile
   * does not reload it.
   */
  install(build) {
    if (!existsSync(join(build, "index.js"))) {
      throw new Error(`no built Worker in ${build}: run \`cargo xtask build worker\` first`);
    }
    const app = join(this.dir, "app");
    cpSync(build, join(app, "worker/build"), { recursive: true });
    // What is to run is built already.
    const { build: _, ...config } = parseJsonc(readFileSync(join(ROOT, "worker/wrangler.jsonc"), "utf8"));
    writeFileSync(join(app, "worker/wrangler.jsonc"), JSON.stringify(config));
    mkdirSync(join(app, "tests"), { recursive: true });
    cpSync(join(ROOT, "tests/e2e/worker"), join(app, "tests/e2e/worker"), { recursive: true });
    this.#writeVars();
  }

  #writeVars() {
    writeFileSync(join(this.dir, "vars.env"), envFile(this.vars), { mode: 0o600 });
  }

  /** Starts workerd on the state there is, on the port of the last start where there was one. */
  async start() {
    let last;
    for (let attempt = 0; attempt < START_ATTEMPTS; attempt += 1) {
      try {
        return await this.#startOnce();
      } catch (error) {
        last = error;
        await this.#group?.kill();
        // Another process may have taken the port between our look and workerd's bind; and once in a long
        // while the bundler that wrangler starts dies at its start.
        if (!/address already in use|EADDRINUSE|^goroutine \d+ \[/im.test(String(error))) break;
      }
    }
    throw last;
  }

  async #startOnce() {
    const [port, inspectorPort] = await freePorts(2);
    this.#port ||= port;
    const from = this.lines.length;
    this.#group = startGroup(process.execPath, this.#wranglerArgs(inspectorPort), {
      cwd: this.dir,
      env: quietEnv(this.dir),
      onLine: (line) => this.lines.length < LINES_KEPT && this.lines.push(line),
    });
    const until = Date.now() + START_TIMEOUT_MS;
    while (Date.now() < until) {
      const failed = this.lines.slice(from).some((line) => line.includes("ERROR"));
      if (failed || !this.#group.running()) break;
      try {
        const { status } = await request(`${this.origin}/healthz`, { timeoutMs: 2_000 });
        if (status === 200) return;
      } catch {
        // not listening yet
      }
      await sleep(50);
    }
    throw new Error(`the gateway did not start:\n${this.lines.slice(from).slice(-40).join("\n")}`);
  }

  #wranglerArgs(inspectorPort) {
    const wrangler = join(dirname(createRequire(import.meta.url).resolve("wrangler/package.json")), "bin/wrangler.js");
    const config = this.faulty ? "tests/e2e/worker/wrapper.jsonc" : "worker/wrangler.jsonc";
    return [
      "--no-warnings",
      wrangler,
      "dev",
      ...["--config", join(this.dir, "app", config)],
      ...["--env-file", join(this.dir, "vars.env")],
      ...["--persist-to", this.stateDir],
      ...["--ip", "127.0.0.1", "--port", String(this.#port), "--inspector-port", String(inspectorPort)],
      ...["--log-level", "log", "--show-interactive-dev-session=false", "--test-scheduled"],
    ];
  }

  /** Kills workerd at once, as a crash of the machine would, and what ran it. */
  async kill9() {
    const pids = this.#group.members("workerd");
    if (pids.length === 0) throw new Error("no workerd process to kill");
    for (const pid of pids) process.kill(pid, "SIGKILL");
    await this.#group.kill();
    return pids;
  }

  /** Sends every workerd process a signal: SIGSTOP holds them up, SIGCONT lets them go on. */
  signal(name) {
    for (const pid of this.#group.members("workerd")) process.kill(pid, name);
  }

  /** Bytes of memory that workerd holds, all its processes together. */
  memory() {
    return this.#group.members("workerd").reduce((sum, pid) => sum + residentBytes(pid), 0);
  }

  /** Kills workerd where it still runs, and starts it on the same state, with other bindings if given. */
  async restart(vars = {}) {
    if (this.#group.running()) await this.kill9();
    Object.assign(this.vars, vars);
    this.#writeVars();
    await this.start();
  }

  async stop() {
    await this.#group?.kill();
    rmSync(this.dir, { recursive: true, force: true });
  }

  /** Runs the scheduled handler, as the cron trigger would. */
  async sweep() {
    const { status } = await request(`${this.origin}/__scheduled?cron=*/15+*+*+*+*`);
    if (status !== 200) throw new Error(`the scheduled handler answered ${status}`);
  }

  async #test(path, body) {
    const answer = await request(`${this.origin}/__test/${path}`, {
      method: "POST",
      headers: [["content-type", "application/json"]],
      body: JSON.stringify(body ?? {}),
    });
    if (answer.status !== 200) throw new Error(`/__test/${path}: ${answer.status} ${answer.text}`);
    return answer.json;
  }

  /**
   * Sets the faults to inject; `{}` sets none. See tests/e2e/worker/faults.js for what there is.
   */
  setFaults(faults) {
    return this.#test("faults", faults);
  }
  /** How often each injected fault was hit since it was set. */
  faultHits() {
    return this.#test("hits");
  }
  clearKv() {
    return this.#test("kv/clear");
  }
  listKv() {
    return this.#test("kv/list");
  }
  /** Rows of a query on the SQLite store of a destination's queue. */
  queueSql(destination, query) {
    return this.#test("object", { queue: destination, sql: query });
  }
  /** Rows of a query on the SQLite store of the registry. */
  registrySql(query) {
    return this.#test("object", { sql: query });
  }
  /** The time of the queue's alarm in ms, or null. */
  async queueAlarm(destination) {
    return (await this.#test("object", { queue: destination, alarm: "get" })).at;
  }
  dropQueueAlarm(destination) {
    return this.#test("object", { queue: destination, alarm: "delete" });
  }
}

/** JSON with comments and trailing commas. */
function parseJsonc(text) {
  const string = String.raw`"(?:\\.|[^"\\])*"`;
  const keepStrings = (match) => (match.startsWith('"') ? match : "");
  const plain = text
    .replace(new RegExp(String.raw`${string}|//[^\n]*|/\*[\s\S]*?\*/`, "g"), keepStrings)
    .replace(new RegExp(String.raw`${string}|,(?=\s*[}\]])`, "g"), keepStrings);
  return JSON.parse(plain);
}

function envFile(vars) {
  return Object.entries(vars)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}="${value}"\n`)
    .join("");
}

/** An environment in which wrangler neither calls home nor shares anything with another instance. */
function quietEnv(dir) {
  const { PATH, HOME, LANG, NODE_PATH } = process.env;
  return {
    PATH,
    HOME,
    LANG,
    ...(NODE_PATH ? { NODE_PATH } : {}),
    CI: "true",
    NO_COLOR: "1",
    FORCE_COLOR: "0",
    WRANGLER_HIDE_BANNER: "true", // and with it the look for a newer version
    X_LOCAL_OBSERVABILITY: "false", // it would keep traces, with all URLs, beside the gateway's state
    WRANGLER_SEND_METRICS: "false",
    WRANGLER_SEND_ERROR_REPORTS: "false",
    WRANGLER_LOG_PATH: join(dir, "wrangler-logs"),
    WRANGLER_REGISTRY_PATH: join(dir, "registry"),
    XDG_CONFIG_HOME: join(dir, "config"),
    MINIFLARE_CACHE_DIR: join(dir, "cache"),
    CLOUDFLARE_CF_FETCH_ENABLED: "false",
  };
}

async function freePorts(count) {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
      return server;
    }),
  );
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
