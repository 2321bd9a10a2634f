// A Worker in workerd: with what wrangler reads from worker/wrangler.jsonc, started by Miniflare, as
// wrangler does it. Left out is what `wrangler dev` puts around it, which no deployed Worker has: a second
// workerd in front, and a debugger that every line of the log goes through.

import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { Miniflare, NoOpLog, convertV4MiniflareOptions } from "miniflare";
import { unstable_getMiniflareWorkerOptions as optionsOf } from "wrangler";

const CONFIG = fileURLToPath(new URL("../../../worker/wrangler.jsonc", import.meta.url));

/** Starts a Worker of these modules (the entry is `index.js`) with these variables. */
export async function startWorkerd(modules, vars) {
  const workerd = new Workerd(modules, vars);
  await workerd.start();
  return workerd;
}

class Workerd {
  #miniflare;
  #options;
  #port = 0;
  #state = mkdtempSync(join(tmpdir(), "hookward-bench-"));

  constructor(modules, vars) {
    process.once("exit", () => rmSync(this.#state, { recursive: true, force: true }));
    const { bindings, modulesRules: _, ...given } = optionsOf(CONFIG).workerOptions;
    this.#options = { ...given, name: "hookward", bindings: { ...bindings, ...vars }, modules };
  }

  /** Starts it on the state there is, on the port of the last start. */
  async start() {
    const before = new Set(children());
    this.#miniflare = new Miniflare({
      ...convertV4MiniflareOptions({
        host: "127.0.0.1",
        port: this.#port,
        log: new NoOpLog(),
        handleStructuredLogs: () => {},
        workers: [this.#options],
      }),
      resourcePersistencePath: this.#state,
    });
    const url = await this.#miniflare.ready;
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
