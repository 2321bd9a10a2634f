// The built gateway inside an entry that can inject faults from outside. Only tests run this.

import gateway, { DestinationQueue as BuiltQueue, Registry as BuiltRegistry } from "../../../worker/build/index.js";

import { faultHits, hang, setFaults, take, under } from "./faults.js";

const OBJECT_ROUTE = "/__test/object";

/** An `env` whose KV namespace misbehaves when told to; every other binding is the real one. */
function wrapEnv(env) {
  return Object.create(env, {
    HOOKWARD_DEDUPE: { value: wrapKv(env.HOOKWARD_DEDUPE), enumerable: true },
  });
}

function wrapKv(kv) {
  return {
    async get(...args) {
      const kind = take("kv", "get");
      if (kind === "throw") throw new Error("injected: KV get");
      if (kind === "hang") await hang();
      return kind ? null : kv.get(...args);
    },
    async getWithMetadata(...args) {
      const kind = take("kv", "get");
      if (kind === "throw") throw new Error("injected: KV get");
      if (kind === "hang") await hang();
      return kind ? { value: null, metadata: null } : kv.getWithMetadata(...args);
    },
    async put(...args) {
      const kind = take("kv", "put");
      if (kind === "throw") throw new Error("injected: KV put");
      if (kind === "hang") await hang();
      return kind ? undefined : kv.put(...args);
    },
    list: (...args) => kv.list(...args),
    delete: (...args) => kv.delete(...args),
  };
}

/** The built class `Built`, with faults named by `faultsOf(state)`. */
function wrapObject(Built, faultsOf) {
  return class {
    constructor(state, env) {
      this.state = state;
      this.faults = faultsOf(state, env);
      this.built = new Built(state, wrapEnv(env));
    }
    async fetch(request) {
      if (new URL(request.url).pathname === OBJECT_ROUTE) return this.inspect(await request.json());
      return under([...this.faults, "fetch"], () => this.built.fetch(request));
    }
    alarm(...args) {
      return under([...this.faults, "alarm"], () => this.built.alarm(...args));
    }
    /** Reads the object's store, or its alarm, behind the built code's back. */
    async inspect({ sql, alarm }) {
      if (sql) return Response.json(this.state.storage.sql.exec(sql).toArray().map(plainRow));
      if (alarm === "delete") await this.state.storage.deleteAlarm();
      return Response.json({ at: await this.state.storage.getAlarm() });
    }
  };
}

/** A row without binary values, which JSON cannot hold. */
function plainRow(row) {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name,
      value instanceof ArrayBuffer ? `bytes:${value.byteLength}` : value,
    ]),
  );
}

export const Registry = wrapObject(BuiltRegistry, () => ["registry"]);
export const DestinationQueue = wrapObject(BuiltQueue, (state) => ["queues", state.id.name ?? String(state.id)]);

export default {
  async fetch(request, env, ctx) {
    const { pathname } = new URL(request.url);
    if (pathname.startsWith("/__test/")) return testRoute(pathname, request, env);
    return gateway.fetch(request, wrapEnv(env), ctx);
  },
  scheduled(event, env, ctx) {
    return gateway.scheduled(event, wrapEnv(env), ctx);
  },
};

async function testRoute(pathname, request, env) {
  switch (pathname) {
    case "/__test/faults":
      setFaults(await request.json());
      return Response.json({});
    case "/__test/hits":
      return Response.json(faultHits());
    case "/__test/kv/list":
      return Response.json((await env.HOOKWARD_DEDUPE.list()).keys);
    case "/__test/kv/clear": {
      const { keys } = await env.HOOKWARD_DEDUPE.list();
      await Promise.all(keys.map(({ name }) => env.HOOKWARD_DEDUPE.delete(name)));
      return Response.json({ deleted: keys.length });
    }
    case OBJECT_ROUTE: {
      const asked = await request.json();
      const stub = asked.queue
        ? env.QUEUE.get(env.QUEUE.idFromName(asked.queue))
        : env.REGISTRY.get(env.REGISTRY.idFromName("registry"));
      return stub.fetch(`https://object${OBJECT_ROUTE}`, { method: "POST", body: JSON.stringify(asked) });
    }
    default:
      return new Response("no such test route", { status: 404 });
  }
}
