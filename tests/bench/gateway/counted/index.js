// The built gateway (or the bare Worker) with a counter around everything that Cloudflare bills: calls to
// KV and to objects, alarms, rows. Only the benchmark runs this.

import worker, { DestinationQueue as BuiltQueue, Registry as BuiltRegistry } from "./worker.js";

let counts = {};
/** Queries whose rows are summed up when they are asked for: a cursor knows them only at its end. */
let cursors = [];

function count(name) {
  counts[name] = (counts[name] ?? 0) + 1;
}

/** `target`, with some of its members replaced. */
const around = (target, own) =>
  new Proxy(target, {
    get(_, name) {
      if (Object.hasOwn(own, name)) return own[name];
      const value = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });

/** `target`, with calls of these methods counted under `prefix`. */
const counting = (target, prefix, names) =>
  around(
    target,
    Object.fromEntries(
      names.map((name) => [
        name,
        (...args) => {
          count(`${prefix}.${name}`);
          return target[name](...args);
        },
      ]),
    ),
  );

const callOut = globalThis.fetch;
globalThis.fetch = (...args) => {
  count("calls to destinations");
  return callOut(...args);
};

const wrapEnv = (env) => around(env, { HOOKWARD_DEDUPE: counting(env.HOOKWARD_DEDUPE, "kv", ["get", "put"]) });

function wrapObject(Built, name) {
  return class {
    constructor(state, env) {
      const { storage } = state;
      const sql = around(storage.sql, {
        exec(...args) {
          count("statements");
          const cursor = storage.sql.exec(...args);
          cursors.push(cursor);
          return cursor;
        },
      });
      const counted = around(counting(storage, "storage", ["setAlarm", "getAlarm", "deleteAlarm"]), { sql });
      this.built = new Built(around(state, { storage: counted }), wrapEnv(env));
    }
    fetch(request) {
      count(`requests to ${name}`);
      return this.built.fetch(request);
    }
    alarm(...args) {
      count("alarm runs");
      return this.built.alarm(...args);
    }
  };
}

export const Registry = wrapObject(BuiltRegistry, "the registry");
export const DestinationQueue = wrapObject(BuiltQueue, "queues");

export default {
  fetch(request, env, ctx) {
    if (new URL(request.url).pathname === "/__counts") {
      const sum = (name) => cursors.reduce((total, cursor) => total + cursor[name], 0);
      const answer = { ...counts, "rows read": sum("rowsRead"), "rows written": sum("rowsWritten") };
      counts = {};
      cursors = [];
      return Response.json(answer);
    }
    return worker.fetch(request, wrapEnv(env), ctx);
  },
  scheduled: (event, env, ctx) => worker.scheduled(event, wrapEnv(env), ctx),
};
