// worker/src/entry.js over a stand-in for the wasm module: what happens when that stops.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

/** What the entry finds in place of wasm-bindgen's glue. */
let engine;
/** The entry, loaded afresh for each test. */
let entry;
let loads = 0;

/** A module that can be stopped, and counts how often it was started. */
function standIn() {
  const made = [];
  const pending = [];
  const self = {
    made,
    pending,
    starts: 1,
    onStop: () => {},
    stop: () => self.onStop(),
    fetch: async (request) => new Response(`${request} by start ${self.starts}`),
    scheduled: async () => undefined,
    /** A call that waits until it is told how to go on. */
    waits: () => new Promise((resolve, reject) => pending.push({ resolve, reject })),
    Registry: class {
      constructor(state, env) {
        made.push({ state, env, start: self.starts });
        this.start = self.starts;
      }
      async fetch(request) {
        assert.equal(this.start, self.starts, "an object of a module that is gone");
        return new Response(`${request} by start ${this.start}`);
      }
      async alarm() {
        return self.waits();
      }
    },
    taken: () => 0,
    DestinationQueue: class {
      take(frame) {
        return self.taken(frame);
      }
    },
  };
  return self;
}

/** From now on there is no memory for another start. */
function makeUnstartable() {
  Object.defineProperty(engine, "starts", {
    configurable: true,
    get: () => 1,
    set: () => {
      throw new Error("no memory");
    },
  });
}

const GLUE = `
  const engine = () => globalThis.engineOfTest;
  export const __hookward_on_stop = (listener) => { engine().onStop = listener; };
  export const __wbg_reset_state = () => { engine().starts += 1; };
  export const fetch = (...args) => engine().fetch(...args);
  export const scheduled = (...args) => engine().scheduled(...args);
  export const { Registry, DestinationQueue } = engine();
`;

/** A request, as far as the entry cares, with what the module's bindings would read at some cost. */
const asking = (name) => Object.defineProperty({ toString: () => name }, "cf", { value: "read", configurable: true });

beforeEach(async (t) => {
  engine = standIn();
  globalThis.engineOfTest = engine;
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("../../worker/src/entry.js", import.meta.url))],
    bundle: true,
    write: false,
    format: "esm",
    plugins: [
      {
        name: "stand-in",
        setup(build) {
          build.onResolve({ filter: /^\.\/index\.js$/ }, ({ path }) => ({ path, namespace: "stand-in" }));
          build.onLoad({ filter: /.*/, namespace: "stand-in" }, () => ({ contents: GLUE }));
        },
      },
    ],
  });
  loads += 1;
  entry = await import(`data:text/javascript,${encodeURIComponent(`${outputFiles[0].text}\n// ${loads}`)}`);
  t.mock.method(console, "error", () => {});
  t.mock.method(console, "warn", () => {});
});

test("requests and the schedule go to the module", async () => {
  const answer = await entry.default.fetch(asking("request"), {}, {});
  assert.equal(await answer.text(), "request by start 1");
  await entry.default.scheduled({}, {}, {});
  assert.equal(engine.starts, 1);
});

test("what the bindings would read of a call to an object at some cost is hidden from them", async () => {
  const request = asking("request");
  await new entry.Registry("state", "env").fetch(request);
  assert.equal(request.cf, undefined);
});

test("an event for a queue goes to the module in one turn; a trap there costs the module, and no event after", async () => {
  const event = () => ({ url: "https://object/enqueue", arrayBuffer: async () => new Uint8Array([1, 2]).buffer });
  const queue = new entry.DestinationQueue("state", "env");
  engine.taken = () => 201;
  assert.equal((await queue.fetch(event())).status, 201);
  engine.taken = () => {
    throw new WebAssembly.RuntimeError("unreachable");
  };
  await assert.rejects(queue.fetch(event()), /unreachable/);
  engine.taken = (frame) => 200 + frame.length;
  assert.equal((await queue.fetch(event())).status, 202);
  assert.equal(engine.starts, 2);
});

test("events for a queue that are read at the same time are stored in one turn; one that breaks off holds up none", async () => {
  const come = [];
  const event = (byte) => {
    const read = new Promise((resolve, reject) => come.push({ resolve: () => resolve(new Uint8Array([byte]).buffer), reject }));
    return { url: "https://object/enqueue", arrayBuffer: () => read };
  };
  const queue = new entry.DestinationQueue("state", "env");
  let turns = 0;
  let turn;
  const taken = [];
  engine.taken = ([byte]) => {
    turn ??= Promise.resolve().then(() => {
      turn = undefined;
      turns += 1;
    });
    taken.push(byte);
    return 200 + byte;
  };
  const answers = [1, 2, 3].map((byte) => queue.fetch(event(byte)));
  come[1].resolve();
  come[0].resolve();
  await new Promise(setImmediate);
  assert.deepEqual(taken, []);
  come[2].reject(new Error("broke off"));
  await assert.rejects(answers[2], /broke off/);
  assert.deepEqual([(await answers[0]).status, (await answers[1]).status], [201, 202]);
  assert.deepEqual(taken, [2, 1]);
  assert.equal(turns, 1);

  // However many are on their way, those that have come are not held up for long.
  const many = Array.from({ length: 40 }, (_, byte) => queue.fetch(event(byte)));
  come.slice(3, 3 + 16).forEach(({ resolve }) => resolve());
  assert.deepEqual((await Promise.all(many.slice(0, 16))).map(({ status }) => status - 200), [...Array(16).keys()]);
  come.slice(3 + 16).forEach(({ resolve }) => resolve());
  assert.equal((await Promise.all(many)).length, 40);

  // One that does not come to its end is not waited for.
  const stuck = queue.fetch(event(1));
  const other = queue.fetch(event(2));
  come.at(-1).resolve();
  assert.equal((await other).status, 202);
  come.at(-2).resolve();
  assert.equal((await stuck).status, 201);
});

test("where the module stops amid events and cannot be started again, each of them is told", async () => {
  const queue = new entry.DestinationQueue("state", "env");
  const event = () => ({ url: "https://object/enqueue", arrayBuffer: async () => new Uint8Array([1]).buffer });
  engine.taken = () => {
    throw new WebAssembly.RuntimeError("unreachable");
  };
  makeUnstartable();
  const answers = await Promise.allSettled([1, 2, 3].map(() => queue.fetch(event())));
  assert.deepEqual(
    answers.map(({ reason }) => reason?.message),
    ["unreachable", "no memory", "no memory"],
  );
});

test("a stop fails every waiting call at once, and the next call gets a new module", async () => {
  engine.fetch = engine.waits;
  const waiting = [entry.default.fetch(asking("a"), {}, {}), entry.default.fetch("b", {}, {})];
  const alarm = new entry.Registry("state", "env").alarm();
  alarm.catch(() => {});
  engine.stop();
  for (const answer of await Promise.all(waiting)) {
    assert.equal(answer.status, 503);
    assert.equal(answer.headers.get("content-type"), "application/problem+json");
    assert.equal((await answer.json()).code, "unavailable");
  }
  await assert.rejects(alarm, /the wasm module stopped/);

  engine.fetch = async () => new Response(`start ${engine.starts}`);
  assert.equal(await (await entry.default.fetch(asking("c"), {}, {})).text(), "start 2");
  assert.equal(await (await entry.default.fetch(asking("d"), {}, {})).text(), "start 2");
});

test("a module that stops in the middle of a call is not used again", async () => {
  engine.fetch = () => {
    engine.stop();
    throw new WebAssembly.RuntimeError("unreachable");
  };
  assert.equal((await entry.default.fetch(asking("a"), {}, {})).status, 503);
  engine.fetch = async () => new Response(`start ${engine.starts}`);
  assert.equal(await (await entry.default.fetch(asking("b"), {}, {})).text(), "start 2");
});

test("an object of the module is made once a start, with the same state", async () => {
  const registry = new entry.Registry("state", "env");
  assert.deepEqual(engine.made, []);
  assert.equal(await (await registry.fetch(asking("a"))).text(), "a by start 1");
  assert.equal(await (await registry.fetch(asking("b"))).text(), "b by start 1");
  engine.stop();
  assert.equal(await (await registry.fetch(asking("c"))).text(), "c by start 2");
  assert.deepEqual(engine.made, [
    { state: "state", env: "env", start: 1 },
    { state: "state", env: "env", start: 2 },
  ]);
});

test("a call that fails by itself stops nothing", async () => {
  engine.fetch = engine.waits;
  const failing = entry.default.fetch(asking("a"), {}, {});
  const other = entry.default.fetch(asking("b"), {}, {});
  engine.pending[0].reject(new Error("by itself"));
  assert.equal((await failing).status, 503);
  engine.pending[1].resolve(new Response("well"));
  assert.equal(await (await other).text(), "well");
  assert.equal(engine.starts, 1);
});

test("a module that cannot be started again is tried again by the next call", async () => {
  engine.stop();
  makeUnstartable();
  assert.equal((await entry.default.fetch(asking("a"), {}, {})).status, 503);
  Object.defineProperty(engine, "starts", { value: 1, writable: true });
  assert.equal(await (await entry.default.fetch(asking("b"), {}, {})).text(), "b by start 2");
});
