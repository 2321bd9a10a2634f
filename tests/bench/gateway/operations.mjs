// What one event costs in operations that Cloudflare bills, counted around the built gateway.

import { readFileSync } from "node:fs";

import { request } from "../../harness/http.mjs";
import { table } from "../table.mjs";
import { newRun, startHookward } from "./subjects.mjs";

const COUNTED = readFileSync(new URL("counted/index.js", import.meta.url));
const TIMEOUT_MS = 60_000;

/** How events come: in one go, or so far apart that the queue is at rest in between. */
const WAYS = [
  { what: "16 at once", send: (load, target, events) => load.call("flood", { target, connections: 16, events }) },
  { what: "far apart", share: 1 / 40, send: (load, target, events) => load.call("drip", { target, events, everyMs: 400 }) },
];

/** Returns Markdown. */
export async function report({ load, receiver, receiverPort, quick }) {
  const most = quick ? 80 : 1_600;
  const columns = [];
  for (const mode of ["always", "on_duplicate"]) {
    const { workerd, queue } = await startHookward(mode, receiverPort, COUNTED);
    for (const { what, share = 1, send } of WAYS) {
      const events = most * share;
      const run = newRun();
      const target = { origin: workerd.origin, ...(await queue()), run };
      await request(`${workerd.origin}/__counts`);
      await send(load, target, events);
      await receiver.call("wait", { run, events, ms: TIMEOUT_MS });
      // The run that delivered the last one ends a little later.
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      columns.push({ mode, what, events, counts: (await request(`${workerd.origin}/__counts`)).json });
    }
    await workerd.stop();
  }
  const names = [...new Set(columns.flatMap(({ counts }) => Object.keys(counts)))].sort();
  return [
    "## Operations per event",
    "",
    table(
      ["operation", ...columns.map(({ mode, what }) => `${mode}, ${what}`)],
      names.map((name) => [name, ...columns.map(({ counts, events }) => ((counts[name] ?? 0) / events).toFixed(3))]),
    ),
    "",
    `Counted over ${most} events at once and ${most * WAYS[1].share} far apart, to one destination that answers 200, besides the`,
    "one request to the Worker. Far apart, each event finds its source forgotten now and then, and its queue asleep.",
    "",
  ].join("\n");
}
