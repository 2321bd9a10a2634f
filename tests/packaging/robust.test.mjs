// What must hold when the world around is unkind: frozen prototypes, traps, a full stack, no WebAssembly.

import assert from "node:assert/strict";
import { before, test } from "node:test";

import { nodes, project, run } from "./packed.mjs";

let folder;
before(() => {
  folder = project({
    "delivery.mjs": `
      import { sign, verify } from "hookward";
      export const provider = "tinyposter";
      export const body = '{"id":"evt_1","type":"a","created":1,"data":{"n":1}}';
      export const headers = sign({ provider, secret: "s", body });
      export const good = (more) => verify({ provider, secret: "s", headers, body, ...more });
    `,
  });
});

/** Runs a module on each Node. It fails by throwing. */
function everywhere(name, source, timeout) {
  for (const [node, path] of Object.entries(nodes)) {
    test(`${name} (${node})`, async () => {
      await run(path, ["--expose-gc", "--input-type=module", "-e", `import assert from "node:assert/strict";${source}`], { cwd: folder, timeout });
    });
  }
}

everywhere("works where every prototype is frozen before it is loaded", `
  for (const global of [Object, Function, Array, Error, TypeError, Map, Promise, Uint8Array, ArrayBuffer]) {
    Object.freeze(global);
    Object.freeze(global.prototype);
  }
  const { good } = await import("./delivery.mjs");
  const { createRequire } = await import("node:module");
  for (const { sign, verify, HookwardError } of [await import("hookward"), createRequire(process.cwd() + "/x.js")("hookward")]) {
    assert.equal(good().data.n, 1);
    // Enough large bodies that the host's crypto is loaded, if it can be.
    const body = "x".repeat(5000);
    const headers = sign({ provider: "github", secret: "s", body });
    for (let i = 0; i < 20; i++) verify({ provider: "github", secret: "s", headers, body });
    try {
      verify({ provider: "tinyposter", secret: "s", headers: {}, body: "" });
      assert.fail("accepted");
    } catch (error) {
      assert.ok(error instanceof HookwardError);
      assert.equal(error.name, "HookwardError");
      assert.equal(error.code, "missing_signature");
      assert.match(error.stack, /^HookwardError: the request has no X-Tinyposter-Signature header/);
    }
  }
`);

everywhere("a trap is an internal_error with its cause, and the next call works", `
  const { Instance } = WebAssembly;
  let instances = 0;
  let trap = false;
  // Every instance's verify traps, for real, while \`trap\` is set.
  const bytes = Uint8Array.from([0,97,115,109,1,0,0,0,1,4,1,96,0,0,3,2,1,0,7,5,1,1,116,0,0,10,5,1,3,0,0,11]);
  const trapping = new Instance(new WebAssembly.Module(bytes)).exports.t;
  WebAssembly.Instance = class {
    constructor(...args) {
      const { exports } = new Instance(...args);
      const { verify } = exports;
      // The other module, which signs, has none.
      if (verify) instances += 1;
      this.exports = { ...exports, verify: (...values) => (trap ? trapping() : verify(...values)) };
    }
  };
  const { good } = await import("./delivery.mjs");
  good();
  assert.equal(instances, 1);
  for (let time = 0; time < 3; time++) {
    trap = true;
    assert.throws(good, (error) => error.code === "internal_error" && error.cause instanceof WebAssembly.RuntimeError);
    trap = false;
    assert.equal(good().id, "evt_1");
    assert.throws(() => good({ secret: "other" }), { code: "signature_mismatch" });
    assert.equal(instances, 2 + time);
  }
`);

everywhere("a trap in the module that signs leaves it usable, and the one that verifies alone", `
  const { Instance } = WebAssembly;
  const made = { verify: 0, sign: 0 };
  let trap = false;
  const bytes = Uint8Array.from([0,97,115,109,1,0,0,0,1,4,1,96,0,0,3,2,1,0,7,5,1,1,116,0,0,10,5,1,3,0,0,11]);
  const trapping = new Instance(new WebAssembly.Module(bytes)).exports.t;
  WebAssembly.Instance = class {
    constructor(...args) {
      const { exports } = new Instance(...args);
      made[exports.sign ? "sign" : "verify"] += 1;
      const mayTrap = (name) => (...values) => (trap ? trapping() : exports[name](...values));
      this.exports = exports.sign ? { ...exports, sign: mayTrap("sign"), check_scheme: mayTrap("check_scheme"), handshake: mayTrap("handshake") } : exports;
    }
  };
  const { good, body, headers, provider } = await import("./delivery.mjs");
  const { customScheme, handshake, sign } = await import("hookward");
  good();
  assert.deepEqual(made, { verify: 1, sign: 1 });
  const url = "/in?crc_token=abc";
  const calls = [
    () => sign({ provider, secret: "s", body }),
    () => customScheme({ signature: "x-a" }),
    () => handshake({ provider: "x", secret: "s", method: "GET", url, headers: {}, body: "" }),
  ];
  const expected = calls.map((call) => JSON.stringify(call()));
  assert.match(expected[2], /response_token/);
  calls.forEach((call, time) => {
    trap = true;
    assert.throws(call, (error) => error.code === "internal_error" && error.cause instanceof WebAssembly.RuntimeError);
    assert.equal(good().id, "evt_1");
    trap = false;
    calls.forEach((again, at) => at > 0 && assert.equal(JSON.stringify(again()), expected[at]));
    assert.equal(Object.keys(calls[0]()).length, Object.keys(headers).length);
    assert.deepEqual(made, { verify: 1, sign: 2 + time });
  });
`);

everywhere("a stack that is used up at any depth does no lasting harm", `
  const { good } = await import("./delivery.mjs");
  let tried = 0;
  const deeper = (left) => {
    if (left > 0) return deeper(left - 1);
    tried += 1;
    return good();
  };
  let deepest = 1000;
  for (;;) {
    try {
      deeper(deepest);
      deepest += 500;
    } catch {
      break;
    }
  }
  const codes = new Set();
  for (let depth = deepest - 600; depth < deepest; depth += 3) {
    try {
      assert.equal(deeper(depth).id, "evt_1");
    } catch (error) {
      codes.add(error.code ?? error.constructor.name);
    }
    assert.equal(good().id, "evt_1");
    assert.throws(() => good({ secret: "other" }), { code: "signature_mismatch" });
  }
  for (const code of codes) assert.ok(["internal_error", "RangeError", "invalid_option", "body_not_raw"].includes(code), code);
  assert.ok(codes.size > 0 && tried > 0);
`);

everywhere("a getter that calls verify again meets no half-written state", `
  const { good, headers } = await import("./delivery.mjs");
  const nested = new Proxy(headers, {
    get(target, name) {
      for (let i = 0; i < 100; i++) assert.throws(() => good({ secret: "other " + i + "x" }), { code: "signature_mismatch" });
      return target[name];
    },
  });
  assert.equal(good({ headers: nested }).id, "evt_1");
`);

everywhere("without WebAssembly it can be imported, and says what is wrong when it is used", `
  const { Module } = WebAssembly;
  WebAssembly.Module = class { constructor() { throw new WebAssembly.CompileError("refused by the host"); } };
  const { verify, sign, customScheme } = await import("hookward");
  const attempt = () => verify({ provider: "tinyposter", secret: "s", headers: {}, body: "" });
  const signing = () => sign({ provider: "tinyposter", secret: "s", body: "" });
  for (const call of [attempt, attempt, signing, signing, () => customScheme({ signature: "x-a" })]) {
    assert.throws(call, (error) => error.code === "internal_error" && /refused by the host/.test(error.cause.message));
  }
`);

everywhere("it can be imported where looking at the host throws", `
  Object.defineProperty(globalThis, "navigator", { configurable: true, get() { throw new Error("hands off"); } });
  const { sign, verify } = await import("hookward/portable");
  const headers = sign({ provider: "github", secret: "s", body: "{}" });
  assert.deepEqual(verify({ provider: "github", secret: "s", headers, body: "{}" }).payload, {});
`);

everywhere("a secret that is refused or dropped leaves no trace in the module's memory", `
  const memories = [];
  WebAssembly.Instance = class extends WebAssembly.Instance {
    constructor(...args) { super(...args); memories.push(this.exports.memory); }
  };
  const { verify } = await import("hookward");
  // As it is written, and as HMAC's two blocks begin with it.
  const traces = (secret) => [0, 0x36, 0x5c].map((mask) => {
    const trace = Buffer.from(secret).map((byte) => byte ^ mask);
    return memories.reduce((sum, { buffer }) => {
      let found = 0;
      for (let at = Buffer.from(buffer).indexOf(trace); at >= 0; at = Buffer.from(buffer).indexOf(trace, at + 1)) found++;
      return sum + found;
    }, 0);
  });
  const attempt = (secrets, code) => {
    const call = () => verify({ provider: "dub", secrets, headers: { "dub-signature": "00".repeat(32) }, body: "{}" });
    assert.throws(call, { code });
  };
  const good = "correct horse battery staple";
  attempt([good, "refused for its end "], "malformed_secret");
  assert.deepEqual(traces(good), [0, 0, 0]);
  attempt([good], "signature_mismatch");
  assert.deepEqual(traces(good), [0, 1, 0], "only where it is kept");
  for (let i = 0; i < 70; i++) attempt(["another secret " + i], "signature_mismatch");
  assert.deepEqual(traces(good), [0, 0, 0]);
`);

everywhere("memory does not grow: 100,000 calls, ten thousand secrets, bodies of every size", `
  const { good, headers, body } = await import("./delivery.mjs");
  const { sign, verify } = await import("hookward");
  const memory = () => (gc(), gc(), process.memoryUsage());
  const bodies = [0, 1, 255, 4096, 65536, 1024 * 1024].map((size) => "x".repeat(size));
  const round = (calls) => {
    for (let i = 0; i < calls; i++) {
      good();
      if (i % 10 === 0) {
        const headers = sign({ provider: "github", secret: "secret " + (i % 10007), body: bodies[0] });
        verify({ provider: "github", secret: "secret " + (i % 10007), headers, body: bodies[0] });
      }
      if (i % 20 === 0) try { good({ secret: "wrong" + i }); } catch {}
      if (i % 1000 === 0) for (const body of bodies) {
        try { verify({ provider: "github", secret: "a", headers: { "x-hub-signature-256": "sha256=" + "0".repeat(64) }, body }); } catch {}
      }
    }
  };
  round(20_000);
  const before = memory();
  round(80_000);
  const after = memory();
  const grown = after.heapUsed + after.arrayBuffers + after.external - before.heapUsed - before.arrayBuffers - before.external;
  assert.ok(grown < 2_000_000, grown + " bytes");
`, 120_000);
