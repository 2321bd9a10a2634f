// What one event costs in operations that Cloudflare bills, counted around the built gateway.

import { readFileSync } from "node:fs";

import { request } from "../../harness/http.mjs";
import { table } from "../table.mjs";
import { newRun, startHookward } from "./subjects.mjs";

const COUNTED = readFileSync(new URL("counted/index.js", import.meta.url));
const TIMEOUT_MS = 60_000;

/** Returns Markdown. */
export async function report({ load, receiver, receiverPort, quick }) {
  const events = quick ? 50 : 1_000;
  const columns = [];
  for (const mode of ["always", "on_duplicate"]) {
    const subject = await startHookward(mode, receiverPort, COUNTED);
    for (const connections of [1, 16]) columns.push({ mode, connections, counts: await counted(subject, connections) });
    await subject.workerd.stop();
  }

  async function counted({ workerd, queue }, connections) {
    const run = newRun();
    const target = { origin: workerd.origin, ...(await queue()), run };
    await request(`${workerd.origin}/__counts`);
    await load.call("flood", { target, connections, events });
    await receiver.call("wait", { run, events, ms: TIMEOUT_MS });
    // The run that delivered the last one ends a little later.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    return (await request(`${workerd.origin}/__counts`)).json;
  }

  const names = [...new Set(columns.flatMap(({ counts }) => Object.keys(counts)))].sort();
  return [
    "## Operations per event",
    "",
    table(
      ["operation", ...columns.map(({ mode, connections }) => `${mode}, ${connections} at once`)],
      names.map((name) => [name, ...columns.map(({ counts }) => ((counts[name] ?? 0) / events).toFixed(3))]),
    ),
    "",
    `Counted over ${events} events to one destination that answers 200, besides the one request to the Worker.`,
    "",
  ].join("\n");
}
