// Waiting for something to become true, with a limit.

import { setTimeout as sleep } from "node:timers/promises";

/**
 * Calls `probe` until it returns something truthy, and returns that.
 *
 * @template T
 * @param {string} what what is waited for, for the error
 * @param {() => T | Promise<T>} probe
 * @param {{ timeoutMs?: number, everyMs?: number }} [options]
 * @returns {Promise<T>}
 */
export async function until(what, probe, { timeoutMs = 15_000, everyMs = 25 } = {}) {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const got = await probe();
    if (got) return got;
    if (Date.now() > end) throw new Error(`waited ${timeoutMs} ms in vain for: ${what}`);
    await sleep(everyMs);
  }
}

export { sleep };
