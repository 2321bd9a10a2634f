// What the tests of the receiver have in common: the installed package, a clock that stands still,
// signed deliveries, and a store that can be told to fail.

import { symlinkSync } from "node:fs";
import { join } from "node:path";

import { project, tool } from "../packaging/packed.mjs";

/** A project with the package installed, and these other packages of tests/node_modules. */
export function projectWith(files, packages = []) {
  const folder = project(files);
  for (const name of packages) symlinkSync(tool(name), join(folder, "node_modules", name));
  return folder;
}

const entries = 'export * from "hookward"; export * from "hookward/redis"; export * from "hookward/store-test";\n';

/** All that the package exports for receiving, imported into this process. */
export const hookward = await import(join(project({ "entry.mjs": entries }), "entry.mjs"));

export const SECRET = "whsec_receiver";
export const NOW = 1_800_000_000;

/** A clock that stands still until it is moved. */
export function clockAt(time = NOW) {
  const clock = () => clock.time;
  clock.time = time;
  clock.pass = (seconds) => void (clock.time += seconds);
  return clock;
}

let events = 0;

/** A delivery of an event: its request, as often as wanted with the same signature. */
export function delivery({ provider = "tinyposter", id = `evt_${++events}`, at = NOW, secret = SECRET, type = "ping" } = {}) {
  const created = new Date(at * 1000).toISOString();
  const body = JSON.stringify({ id, type, created, created_at: created, data: {} });
  const headers = hookward.sign({ provider, secret, body, timestamp: at });
  return { method: "POST", url: "/webhooks", headers, body };
}

/** A store around another, each of whose calls can be replaced: `wrap(store, { claim: … })`. */
export function wrap(store, faults) {
  const call = (name) => (...args) => (faults[name] ?? ((next, ...rest) => next(...rest)))(store[name].bind(store), ...args);
  return { claim: call("claim"), complete: call("complete"), release: call("release"), remembersSince: call("remembersSince") };
}

/** A promise, and how to settle it. */
export function deferred() {
  let resolve;
  let reject;
  const promise = new Promise((...settle) => ([resolve, reject] = settle));
  return { promise, resolve, reject };
}

/** An answer as its status, its body and whether it says when to come again. */
export const seen = ({ status, headers, body }) => [status, JSON.parse(body), headers["retry-after"] !== undefined];

export const ACCEPTED = [200, { status: "accepted" }, false];
export const DUPLICATE = [200, { status: "duplicate" }, false];
export const BUSY = [503, { code: "event_in_progress" }, true];
export const LOST = [503, { code: "lease_lost" }, true];
export const OUTAGE = [503, { code: "store_unavailable" }, true];
