// The faults that tests inject, and how often each was hit.
//
// They live in a module variable: workerd runs the Worker and all its objects in one isolate, so what the
// test route sets here is what the wrapped objects see. A restart clears them.
//
//   kv:       { get: "throw" | "miss" | "hang", put: "throw" | "drop" | "hang" }
//   registry: { fetch: Fault }
//   queues:   { "<destination id>": { fetch: Fault, alarm: "throw_before" | "throw_after", times } }
//
// Fault is one of
//   "throw_before"  nothing is done
//   "throw_after"   it is done, but the answer is lost
//   "error"         a 500 answer, and nothing is done
//   "hang"          no answer for a minute
//   "delay"         it is done a while later
//   "late"          it is done, and the answer comes a while later
//   "count"         nothing but being counted
// `skip` beside it lets that many calls through first; `times` bounds how often it happens.

let current = {};
let hits = {};

export function setFaults(faults) {
  current = faults;
  hits = {};
}

export const faultHits = () => hits;

/** The fault to inject at `path` (for example ["queues", id, "fetch"]) now, or undefined. */
export function take(...path) {
  let spec = current;
  for (const part of path.slice(0, -1)) spec = spec?.[part];
  const kind = spec?.[path.at(-1)];
  if (!kind) return undefined;
  const name = path.join(".");
  if ((spec.skip ?? 0) > 0) {
    spec.skip -= 1;
    return undefined;
  }
  const seen = hits[name] ?? 0;
  if (spec.times !== undefined && seen >= spec.times) return undefined;
  hits[name] = seen + 1;
  return kind;
}

const DELAY_MS = 1_500;
const HANG_MS = 60_000;
const delay = () => new Promise((resolve) => setTimeout(resolve, DELAY_MS));
export const hang = () => new Promise((resolve) => setTimeout(resolve, HANG_MS));

/** Runs `work` under the fault at `path`. */
export async function under(path, work) {
  const kind = take(...path);
  switch (kind) {
    case undefined:
    case "count":
      return work();
    case "delay":
      await delay();
      return work();
    case "late": {
      const answer = await work();
      await delay();
      return answer;
    }
    case "throw_before":
      throw new Error("injected: before");
    case "throw_after":
      await work();
      throw new Error("injected: after");
    case "error":
      return new Response("injected", { status: 500 });
    case "hang":
      await hang();
      throw new Error("injected: hang");
    default:
      throw new Error(`unknown fault ${kind}`);
  }
}
