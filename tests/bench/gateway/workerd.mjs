// A Worker in workerd: with what wrangler reads from worker/wrangler.jsonc, started by Miniflare, as
// wrangler does it. Left out is what `wrangler dev` and Miniflare put around it, which no deployed Worker
// has: a second workerd in front, a Worker that routes requests to this one, and a debugger that every line
// of the log goes through.

import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { Miniflare, NoOpLog, convertV4MiniflareOptions } from "miniflare";
import { unstable_getMiniflareWorkerOptions as optionsOf } from "wrangler";

const CONFIG = fileURLToPath(new URL("../../../worker/wrangler.jsonc", import.meta.url));

/** State folders that are to go, however this process ends. */
const folders = new Set();
process.once("exit", () => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

/**
 * Starts a Worker.
 *
 * @param {string} folder where its index.js is, and perhaps index_bg.wasm
 * @param {Record<string, string>} vars
 * @param {string} [front] a script that is the entry in its place, and imports it as ./worker.js
 */
export async function startWorkerd(folder, vars, front) {
  const workerd = new Workerd(modulesOf(folder, front), vars);
  await workerd.start();
  return workerd;
}

function modulesOf(folder, front) {
  const script = (path, contents) => ({ type: "ESModule", path, contents: contents.toString() });
  const own = readFileSync(join(folder, "index.js"));
  const scripts = front ? [script("index.js", front), script("worker.js", own)] : [script("index.js", own)];
  const wasm = join(folder, "index_bg.wasm");
  if (!existsSync(wasm)) return scripts;
  return [...scripts, { type: "CompiledWasm", path: "index_bg.wasm", contents: readFileSync(wasm) }];
}

class Workerd {
  #miniflare;
  #options;
  #port = 0;
  #state = mkdtempSync(join(tmpdir(), "hookward-bench-"));

  constructor(modules, vars) {
    folders.add(this.#state);
    const { bindings, modulesRules: _, ...given } = optionsOf(CONFIG).workerOptions;
    this.#options = { ...given, name: "hookward", bindings: { ...bindings, ...vars }, modules };
  }

  /** Starts it on the state there is, on the port of the last start. */
  async start() {
    const before = new Set(children());
    this.#miniflare = new Miniflare({
      ...convertV4MiniflareOptions({
        log: new NoOpLog(),
        handleStructuredLogs: () => {},
        workers: [{ ...this.#options, unsafeDirectSockets: [{ host: "127.0.0.1", port: this.#port }] }],
      }),
      resourcePersistencePath: this.#state,
    });
    const url = await this.#miniflare.unsafeGetDirectURL();
    this.#port = Number(url.port);
    this.origin = url.origin;
    [this.pid] = children().filter((pid) => !before.has(pid));
  }

  /** Kills it with SIGKILL and starts it on the same state. */
  async restart() {
    process.kill(this.pid, "SIGKILL");
    await this.#miniflare.dispose();
    await this.start();
  }

  async stop() {
    await this.#miniflare.dispose();
    rmSync(this.#state, { recursive: true, force: true });
    folders.delete(this.#state);
  }

  /** Processor time that it has taken so far, in ms. */
  cpuMs() {
    const threads = `/proc/${this.pid}/task`;
    const ns = readdirSync(threads).map((thread) => readFileSync(`${threads}/${thread}/schedstat`, "latin1").split(" ")[0]);
    return ns.reduce((sum, one) => sum + Number(one), 0) / 1e6;
  }

  /** Memory that is resident, in MB. */
  rssMb() {
    const [, kb] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${this.pid}/status`, "latin1"));
    return Number(kb) / 1024;
  }
}

/** The workerd processes that this one has started. */
function children() {
  return readdirSync("/proc").flatMap((entry) => {
    if (!/^\d+$/.test(entry)) return [];
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, "latin1");
      const close = stat.lastIndexOf(")");
      const [, parent] = stat.slice(close + 2).split(" ");
      const ours = Number(parent) === process.pid && stat.slice(stat.indexOf("(") + 1, close) === "workerd";
      return ours ? [Number(entry)] : [];
    } catch {
      return []; // it ended while we looked
    }
  });
}
