// The Worker's entry: hands every event to the wasm module, and starts that afresh after a trap.
//
// A trap (a panic, an allocation that failed, an overflowing stack) leaves the module's memory in
// no state to go on from, and no call that was waiting in it will ever be answered. So at a trap
// all waiting calls fail at once, and the next event gets a new module. The objects that Rust
// keeps behind our Durable Objects are made again with it: what they know is in storage.

import * as engine from "./index.js";

Error.stackTraceLimit = 100;

/**
 * The module wakes its tasks by `queueMicrotask`, several times for each event. workerd's own goes
 * through a slow call out of V8; a settled promise puts the task on the same queue without one.
 */
const settled = Promise.resolve();
globalThis.queueMicrotask = (task) => void settled.then(task);

/** Hides what the module's bindings would read with every call to an object, though nobody uses it. */
function plain(request) {
  Object.defineProperty(request, "cf", { value: undefined });
  return request;
}

/** What a queue is asked to take an event by; host.js asks. */
const ENQUEUE = "https://object/enqueue";

/** Events for a queue are stored when there are so many, or after so long, whatever else is being read. */
const MOST_AT_ONCE = 16;
const MOST_BYTES = 64 * 1024;
const WAITS_MS = 20;

/** Which start of the module this is; objects made by an earlier one are void. */
let generation = 1;
let stopped = false;

/** How to fail each call that is waiting in the module. */
const waiting = new Set();

/** Gives the module up. */
function stop() {
  stopped = true;
  const error = new Error("the wasm module stopped");
  for (const fail of waiting) fail(error);
  waiting.clear();
}

engine.__hookward_on_stop(stop);

/** Makes a new module if the last has stopped. */
function makeReady() {
  if (!stopped) return;
  engine.__wbg_reset_state();
  stopped = false;
  generation += 1;
  console.warn("the wasm module was started afresh");
}

/** Runs a call into the module, in a new one if the last has stopped. Throws nothing: rejects. */
function run(call) {
  return new Promise((resolve, reject) => {
    makeReady();
    waiting.add(reject);
    const settle = (how) => (value) => {
      waiting.delete(reject);
      how(value);
    };
    try {
      Promise.resolve(call()).then(settle(resolve), settle(reject));
    } catch (error) {
      settle(reject)(error);
    }
  });
}

/** A request that found no module to answer it is to be sent again: never a 4xx, which is final. */
function unavailable(error) {
  console.error("a request was not answered:", error);
  const problem = {
    type: "about:blank",
    title: "The gateway could not answer; send it again",
    status: 503,
    code: "unavailable",
  };
  return new Response(JSON.stringify(problem), {
    status: 503,
    headers: { "content-type": "application/problem+json", "retry-after": "1" },
  });
}

export default {
  fetch(request, env, ctx) {
    return run(() => engine.fetch(request, env, ctx)).catch(unavailable);
  },

  scheduled(event, env, ctx) {
    return run(() => engine.scheduled(event, env, ctx));
  },
};

/** A Durable Object whose work is done by an object of `Made`, which lives in the module. */
function durableObject(Made) {
  return class {
    #state;
    #env;
    #made;
    #generation = 0;
    /** Events for a queue: how many are being read, and those that have been. */
    #coming = 0;
    #come = [];
    #bytes = 0;
    #timer;

    constructor(state, env) {
      this.#state = state;
      this.#env = env;
    }

    /** The object in the module that runs now. */
    #current() {
      if (this.#generation !== generation) {
        this.#made = new Made(this.#state, this.#env);
        this.#generation = generation;
      }
      return this.#made;
    }

    fetch(request) {
      if (request.url === ENQUEUE) return this.#take(request);
      return run(() => this.#current().fetch(plain(request)));
    }

    /**
     * An event for a queue: the one call that comes with each of them. What is stored in one turn has one
     * commit, so an event waits a little for those that are being read already.
     */
    async #take(request) {
      this.#coming += 1;
      let status;
      try {
        const frame = new Uint8Array(await request.arrayBuffer());
        status = new Promise((resolve, reject) => this.#come.push({ frame, resolve, reject }));
        this.#bytes += frame.length;
      } finally {
        this.#coming -= 1;
        const enough = this.#come.length >= MOST_AT_ONCE || this.#bytes >= MOST_BYTES;
        if (this.#coming === 0 || enough) this.#takeAll();
        else this.#timer ??= setTimeout(() => this.#takeAll(), WAITS_MS);
      }
      return new Response(null, { status: await status });
    }

    #takeAll() {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.#bytes = 0;
      for (const { frame, resolve, reject } of this.#come.splice(0)) {
        try {
          makeReady();
          resolve(this.#current().take(frame));
        } catch (error) {
          // A trap on the way in, where the module itself cannot tell of it.
          if (error instanceof WebAssembly.RuntimeError) stop();
          reject(error);
        }
      }
    }

    alarm() {
      return run(() => this.#current().alarm());
    }
  };
}

export const Registry = durableObject(engine.Registry);
export const DestinationQueue = durableObject(engine.DestinationQueue);
