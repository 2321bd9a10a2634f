// What is compared: the gateway and the bare Worker, each in a workerd of its own, from the same
// configuration.

import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";

import { Admin } from "../../harness/admin.mjs";
import { startWorkerd } from "./workerd.mjs";

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));
export const BUILD = path("../../../worker/build");
const BARE = path("bare");

let runs = 0;
/** A name for what is sent in one go. */
export const newRun = () => `r${(runs += 1)}`;

/**
 * The gateway, marking in KV as `mode` says.
 *
 * @param {"always" | "on_duplicate"} mode
 * @param {number} receiverPort where everything is delivered to
 * @param {string} [front] a script that is put around it
 */
export async function startHookward(mode, receiverPort, front) {
  const vars = {
    HOOKWARD_ADMIN_TOKEN: randomBytes(24).toString("hex"),
    HOOKWARD_MASTER_KEY: randomBytes(32).toString("base64"),
    HOOKWARD_ALLOW_LOOPBACK: "true",
    HOOKWARD_KV_MARK: mode,
  };
  const workerd = await startWorkerd(BUILD, vars, front);
  const admin = new Admin({
    token: vars.HOOKWARD_ADMIN_TOKEN,
    get origin() {
      return workerd.origin;
    },
  });
  /** A source with one destination, that is worked on or `paused`: where to send its events. */
  async function queue({ paused = false } = {}) {
    const source = await admin.source("tinyposter");
    await admin.must("POST", "/v1/destinations", {
      name: "bench",
      url: `http://127.0.0.1:${receiverPort}/hooks`,
      sources: [source.id],
      ...(paused ? { status: "paused" } : {}),
    });
    return { path: `/in/${source.id}`, secret: source.secret };
  }
  return { name: "hookward", mode, workerd, queue };
}

/** The bare Worker. */
export async function startBare(mode, receiverPort) {
  const vars = {
    BENCH_SECRET: `whsec_${randomBytes(24).toString("hex")}`,
    BENCH_DESTINATION: `http://127.0.0.1:${receiverPort}/hooks`,
    HOOKWARD_KV_MARK: mode,
  };
  const workerd = await startWorkerd(BARE, vars);
  let queues = 0;
  async function queue({ paused = false } = {}) {
    queues += 1;
    return { path: `/in/${paused ? "paused" : "live"}-${queues}`, secret: vars.BENCH_SECRET };
  }
  return { name: "bare Worker", mode, workerd, queue };
}
