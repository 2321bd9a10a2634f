// Every form in which users hold headers and bodies, and every wrong one.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { before, test } from "node:test";
import { inspect } from "node:util";
import vm from "node:vm";

import { installed } from "./packed.mjs";

const provider = "standard-webhooks";
const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const now = 1614265330;
const text = '{"type":"a.b","timestamp":"2021-02-25T15:02:10Z","data":{"word":"grün ✓"}}';
const raw = new TextEncoder().encode(text);

const core = readFileSync(new URL("../../crates/hookward/src/error.rs", import.meta.url), "utf8");
const codes = [...core.matchAll(/=> "([a-z_]+)",/g)].map(([, code]) => code).concat("invalid_option", "body_not_raw", "internal_error");

let verify, sign, HookwardError, providers;
let signed;
before(async () => {
  ({ verify, sign, HookwardError, providers } = await installed());
  signed = sign({ provider, secret, id: "msg_1", timestamp: now, body: text });
});

const check = (more) => verify({ provider, secret, headers: signed, body: text, now, ...more });
const code = (call) => {
  try {
    call();
  } catch (error) {
    assert.ok(error instanceof HookwardError, String(error));
    assert.equal(error.name, "HookwardError");
    assert.ok(error.message.length > 10);
    const shown = inspect(error, { depth: 9, showHidden: true, maxStringLength: 10_000 });
    for (const text of [secret.slice(6), signed["webhook-signature"].slice(3)]) assert.ok(!shown.includes(text), shown);
    return error.code;
  }
  return "accepted";
};

test("an event has what the body and the signature say", () => {
  const event = check({});
  const { id, type, created, data, payload, body, verification } = event;
  const { eventKey, ...rest } = verification;
  // The id of a provider that signs one in a header.
  assert.deepEqual([id, type, created, data], ["msg_1", "a.b", 1614265330, { word: "grün ✓" }]);
  assert.deepEqual([payload, body], [JSON.parse(text), raw]);
  assert.deepEqual(rest, { provider, secretIndex: 0, freshness: "fresh", timestamp: now });
  assert.match(eventKey, /^[0-9a-f]{64}$/);
  assert.deepEqual(JSON.parse(JSON.stringify(event)), { id, type, created, data, verification });
  assert.deepEqual({ ...verification }, { ...rest, eventKey });
  // As the README says.
  assert.equal({ ...event }.data, undefined);
  assert.deepEqual({ ...event.toJSON() }.data, data);
});

test("the event key is the same for every delivery of one event, and differs between providers", () => {
  const later = sign({ provider, secret, id: "msg_1", timestamp: now + 9, body: text });
  const other = sign({ provider, secret, id: "msg_2", timestamp: now, body: text });
  const svix = sign({ provider: "svix", secret, id: "msg_1", timestamp: now, body: text });
  const key = (more) => check(more).verification.eventKey;
  assert.equal(key({ headers: later }), key({}));
  assert.notEqual(key({ headers: other }), key({}));
  assert.notEqual(key({ provider: "svix", headers: svix }), key({}));
});

test("bodies in every container of bytes, and as a string", () => {
  const room = new Uint8Array(raw.length + 7);
  room.set(raw, 3);
  const inRoom = [room.buffer, 3, raw.length];
  const sharedMemory = new SharedArrayBuffer(raw.length);
  new Uint8Array(sharedMemory).set(raw);
  const even = raw.length % 2 === 0 ? raw : undefined;
  const forms = {
    string: text,
    Uint8Array: raw,
    Buffer: Buffer.from(text),
    ArrayBuffer: raw.slice().buffer,
    "part of an ArrayBuffer": new Uint8Array(...inRoom),
    DataView: new DataView(...inRoom),
    Uint8ClampedArray: new Uint8ClampedArray(raw),
    Int8Array: new Int8Array(raw.slice().buffer),
    Uint16Array: even && new Uint16Array(raw.slice().buffer),
    SharedArrayBuffer: sharedMemory,
    "part of a SharedArrayBuffer": new Uint8Array(sharedMemory),
  };
  for (const [name, body] of Object.entries(forms)) {
    if (body === undefined) continue;
    const event = check({ body });
    assert.deepEqual(event.data, { word: "grün ✓" }, name);
    assert.deepEqual(event.body, raw, name);
  }
});

test("one byte more, less or other is refused in every container", () => {
  for (const changed of [`${text} `, text.slice(1), text.replace("grün", "grun"), `\uFEFF${text}`]) {
    assert.equal(code(() => check({ body: changed })), "signature_mismatch");
    assert.equal(code(() => check({ body: Buffer.from(changed) })), "signature_mismatch");
  }
});

test("what was verified is what is read later, whatever becomes of the buffers", () => {
  // At once, it is read from the core's own copy.
  const buffer = Buffer.from(text);
  const event = check({ body: buffer });
  buffer.fill(0x20);
  assert.deepEqual(event.data, { word: "grün ✓" });
  assert.deepEqual(event.body, raw);
  // What was read once is kept, and is nobody else's.
  check({});
  assert.deepEqual([event.id, event.type, event.created], ["msg_1", "a.b", 1614265330]);
  assert.equal(event.data, event.data, "parsed once");
  const used = check({});
  used.body.fill(0x20);
  structuredClone(used.body, { transfer: [used.body.buffer] });
  assert.deepEqual(used.data, { word: "grün ✓" });
});

const readings = {
  id: (event) => event.id,
  type: (event) => event.type,
  created: (event) => event.created,
  data: (event) => event.data,
  payload: (event) => event.payload,
  body: (event) => event.body,
  eventKey: (event) => event.verification.eventKey,
  toJSON: (event) => JSON.stringify(event),
};

test("bytes that were changed before they were read are verified again, and refused", () => {
  for (const [name, read] of Object.entries(readings)) {
    const changes = {
      "another byte": (buffer) => (buffer[buffer.length - 2] ^= 1),
      "another value that is JSON as well": (buffer) => buffer.write("b.b", buffer.indexOf("a.b")),
      "nothing but zeros": (buffer) => buffer.fill(0),
      "a transferred buffer": (buffer) => structuredClone(buffer.buffer, { transfer: [buffer.buffer] }),
    };
    for (const [change, run] of Object.entries(changes)) {
      const buffer = Buffer.from(new Uint8Array(raw).buffer);
      const event = check({ body: buffer });
      check({ body: "other", headers: sign({ provider, secret, id: "msg_2", timestamp: now, body: "other" }) });
      run(buffer);
      for (let time = 0; time < 2; time++) {
        assert.throws(() => read(event), { name: "HookwardError", code: "body_changed", status: 500 }, `${name}, ${change}`);
      }
      const { eventKey, ...rest } = Object.getOwnPropertyDescriptors(event.verification);
      assert.equal(typeof eventKey.get, "function");
      assert.deepEqual(Object.keys(rest), ["provider", "secretIndex", "freshness", "timestamp"]);
    }
  }
});

test("bytes that are as they were are read as they were, however many calls come between", () => {
  const expected = Object.fromEntries(Object.entries(readings).map(([name, read]) => [name, read(check({}))]));
  for (const between of [
    () => check({ secret: undefined, secrets: ["whsec_b25l", secret] }),
    () => code(() => check({ body: "another" })),
    () => code(() => check({ secret: "whsec_b25l" })),
    () => check({ body: raw.buffer }),
  ]) {
    for (const [name, read] of Object.entries(readings)) {
      for (const body of [raw, text, Buffer.from(text), new Uint8Array(raw).buffer]) {
        const event = check({ body });
        between();
        assert.deepEqual(read(event), expected[name], name);
      }
    }
  }
});

test("events that are read in turns are not taken for one another", () => {
  const bodies = ["a", "b", "c"].map((type) => JSON.stringify({ type, data: type.repeat(9) }));
  const events = bodies.map((body, at) => {
    const headers = sign({ provider, secret, id: `msg_${at}`, timestamp: now, body });
    return check({ headers, body: Buffer.from(body) });
  });
  assert.deepEqual(events.map(({ type }) => type), ["a", "b", "c"]);
  assert.deepEqual(events.map(({ data }) => data[0]), ["a", "b", "c"]);
  assert.deepEqual(events.map(({ body }) => Buffer.from(body).toString()), bodies);
  assert.equal(new Set(events.map(({ verification }) => verification.eventKey)).size, 3);
});

test("an event shows no secret, and a Proxy around one works", () => {
  for (const read of [() => {}, readings.toJSON]) {
    const event = check({});
    read(event);
    const shown = [
      inspect(event, { depth: 9, showHidden: true, getters: true, maxStringLength: 10_000 }),
      inspect({ ...event }, { depth: 9, showHidden: true, getters: true }),
      JSON.stringify(event),
      JSON.stringify({ ...event, ...event.verification }),
    ];
    for (const text of shown) assert.ok(!text.includes(secret.slice(6)), text);
  }
  const event = new Proxy(check({}), {});
  assert.deepEqual([event.id, event.data, event.verification.secretIndex], ["msg_1", { word: "grün ✓" }, 0]);
  assert.deepEqual(event.body, raw);
});

test("a body of 4 GiB is not taken for an empty one", () => {
  const body = "";
  const headers = sign({ provider: "github", secret, body });
  verify({ provider: "github", secret, headers, body });
  for (const more of [0, 5, 2 ** 20]) {
    for (const units of [2 ** 31, 2 ** 32, 2 ** 33]) {
      class Large extends Uint8Array {
        get byteLength() {
          return units + more;
        }
      }
      assert.equal(code(() => verify({ provider: "github", secret, headers, body: new Large(4) })), "body_too_large", `${units} + ${more}`);
      assert.equal(code(() => sign({ provider: "github", secret, body: new Large(4) })), "body_too_large");
    }
  }
});

test("a scheme that is longer than the core is handed is refused as such", async () => {
  const { customScheme } = await installed();
  assert.throws(() => customScheme({ signature: "X-Sig", name: "n".repeat(4096) }), { code: "invalid_scheme", message: /over 4096 characters/ });
});

test("a scheme is one that customScheme has checked, and no look-alike of it", async () => {
  const { customScheme, Receiver, handshake } = await installed();
  const scheme = customScheme({ signature: "X-Sig", eventKey: "/id" });
  const headers = sign({ scheme, secret, body: text });
  assert.equal(verify({ scheme, secret, headers, body: text }).verification.provider, "custom");
  const columns = ["custom", "---ht-p--", "X-Sig", "", "", "", "", "", "", "", "static", "/id", "", "", "", "300", "300", ""];
  const row = columns.join("|");
  const line = "custom||X-Sig||||||||static||||||||||";
  const others = [
    JSON.parse(JSON.stringify(scheme)),
    structuredClone(scheme),
    { ...scheme },
    { ...scheme, row, line },
    { row, line },
    Object.create(scheme, { row: { value: row } }),
    Object.create(scheme),
    { signature: "X-Sig" },
    row,
    {},
    5,
    null,
  ];
  for (const scheme of others) {
    const options = { scheme, secret, headers, body: text };
    for (const call of [
      () => verify(options),
      () => sign({ scheme, secret, body: text }),
      () => handshake({ ...options, method: "POST", url: "/" }),
      () => new Receiver({ scheme, secret }),
    ]) {
      assert.throws(call, { code: "invalid_option", message: "scheme must have been made by customScheme()" });
    }
  }
  assert.ok(Object.isFrozen(scheme));
  assert.deepEqual(Object.keys(scheme), ["id", "tolerance", "retryHorizon"]);
});

test("a scheme's columns are counted, and sign the body, whoever says that they were checked", async () => {
  const { customScheme } = await installed();
  const scheme = customScheme({ signature: "X-Sig", eventKey: "/id" });
  const [brand] = Object.getOwnPropertySymbols(scheme);
  assert.equal(brand, Symbol.for("hookward.scheme"));
  const { row } = scheme[brand];
  const claimed = (row) => ({ [brand]: { ...scheme[brand], row } });
  const headers = sign({ scheme, secret, body: text });
  verify({ scheme: claimed(row), secret, headers, body: text });
  const unsigned = row.replace("{body}", "static");
  assert.notEqual(unsigned, row);
  for (const wrong of [unsigned, `${row}|`, row.slice(0, -1), "", 5, undefined]) {
    assert.throws(() => verify({ scheme: claimed(wrong), secret, headers, body: text }), { code: "invalid_option" }, wrong);
  }
});

test("what is printed of an event is what toJSON gives", () => {
  const event = check({});
  assert.equal(inspect(event), inspect(event.toJSON()));
  assert.match(inspect(event), /msg_1/);
});

test("a string with half a surrogate pair is taken as the UTF-8 that it has", () => {
  const body = '{"data":"\ud800"}';
  const headers = sign({ provider, secret, id: "a", timestamp: now, body });
  assert.equal(check({ headers, body }).data, "\ufffd");
});

test("bodies that are not JSON, or not text, are returned as bytes", () => {
  for (const body of ["", "a=1&b=2", "{", "[1,2]", new Uint8Array([0xff, 0, 0x80]), `\uFEFF${text}`]) {
    const headers = sign({ provider, secret, id: "a", timestamp: now, body });
    const event = check({ headers, body });
    assert.deepEqual([event.type, event.created, event.data], Array(3).fill(undefined));
    assert.deepEqual(event.payload, body === "[1,2]" ? [1, 2] : undefined);
    assert.equal(event.body.length, typeof body === "string" ? Buffer.byteLength(body) : body.length);
  }
});

test("text that is UTF-8 but for one byte is not read as if it were", () => {
  const body = Buffer.from('{"data":"\u00ff"}', "latin1");
  const headers = sign({ provider, secret, id: "a", timestamp: now, body });
  const event = check({ headers, body });
  assert.deepEqual([event.data, event.payload], [undefined, undefined]);
  assert.deepEqual(Buffer.from(event.body), body);
});

test("data that is there twice, or nested too deep to look, is not chosen from", () => {
  const at = (body) => verify({ provider: "github", secret: "s", headers: sign({ provider: "github", secret: "s", body }), body });
  const twice = at('{"data":1,"data":2}');
  assert.deepEqual([twice.data, twice.payload], [undefined, { data: 2 }]);
  const deep = at(`{"data":${"[".repeat(200)}${"]".repeat(200)}}`);
  assert.deepEqual([deep.data, typeof deep.payload], [undefined, "object"]);
  assert.deepEqual(at('{"data":[]}').data, []);
});

test("an event works through a Proxy", () => {
  const event = check({});
  const proxy = new Proxy(event, {});
  assert.deepEqual([proxy.data, proxy.payload, proxy.body], [event.data, event.payload, event.body]);
  assert.deepEqual(JSON.stringify(proxy), JSON.stringify(event));
});

test("names in a body that mean something to JavaScript do no harm", () => {
  const body = '{"__proto__":{"polluted":1},"constructor":1,"data":{"__proto__":{"polluted":1}}}';
  const headers = sign({ provider, secret, id: "a", timestamp: now, body });
  const event = check({ headers, body });
  assert.equal({}.polluted, undefined);
  assert.deepEqual(Object.keys(event.data), ["__proto__"]);
});

test("a parsed body is refused, and the message says how to get the raw one", () => {
  const parsed = JSON.parse(text);
  const throwing = new Proxy({}, { get() { throw new Error("no"); } });
  const { proxy: revoked, revoke } = Proxy.revocable({}, {});
  revoke();
  const detached = new ArrayBuffer(8);
  structuredClone(detached, { transfer: [detached] });
  const values = [parsed, [1], {}, null, undefined, 7, true, 7n, Symbol("x"), () => 1, new Date(0), new Map(),
    Promise.resolve(text), new Blob([text]), new Request("http://localhost", { method: "POST", body: text }),
    { type: "Buffer", data: [...raw] }, throwing, revoked, new Proxy(raw, {}), Object.create(null), detached];
  for (const body of values) assert.equal(code(() => check({ body })), "body_not_raw");
  assert.throws(() => check({ body: parsed }), /express\.raw.*parseAs: "buffer".*request\.arrayBuffer\(\).*Raw Body/s);
  assert.throws(() => check({ body: Promise.resolve(text) }), /a Promise that was not awaited/);
  assert.equal(code(() => verify({ provider, secret, headers: signed, now })), "body_not_raw");
});

test("headers in every container, in any case", () => {
  const pairs = Object.entries(signed);
  const upper = pairs.map(([name, value]) => [name.toUpperCase(), value]);
  const noise = { host: "example.com", "Content-Type": "application/json", "x-webhook-id": "no", cookie: ["a", "b"] };
  const forms = {
    object: signed,
    "object in capitals": Object.fromEntries(upper),
    "object without a prototype": Object.assign(Object.create(null), noise, signed),
    "Node's headers": { ...noise, ...signed },
    "arrays of one": Object.fromEntries(pairs.map(([name, value]) => [name, [value]])),
    "absent ones beside": { "svix-signature": undefined, "svix-id": null, "svix-timestamp": [], ...signed },
    Headers: new Headers(signed),
    "a Request's": new Request("http://localhost", { headers: signed }).headers,
    pairs,
    "pairs in capitals": upper,
    "pairs with arrays": pairs.map(([name, value]) => [name, [value]]),
    Map: new Map(upper),
    generator: (function* () { yield* upper; })(),
    "an object with get()": { get: (name) => signed[name] ?? null },
    Proxy: new Proxy(signed, {}),
  };
  for (const [name, headers] of Object.entries(forms)) {
    assert.equal(check({ headers }).type, "a.b", name);
  }
});

test("a header that is there twice is refused, however it is held", () => {
  for (const name of Object.keys(signed)) {
    const value = signed[name];
    const joined = new Headers(signed);
    joined.append(name, value);
    const forms = {
      "array of two": { ...signed, [name]: [value, value] },
      "two spellings": { ...signed, [name.toUpperCase()]: value },
      "two pairs": [...Object.entries(signed), [name, value]],
      "joined by Headers": joined,
      "joined by Node": { ...signed, [name]: `${value}, ${value}` },
      "Map with two spellings": new Map([...Object.entries(signed), [name.toUpperCase(), value]]),
    };
    for (const [form, headers] of Object.entries(forms)) {
      assert.equal(code(() => check({ headers })), "malformed_signature", `${name}, ${form}`);
    }
  }
});

test("headers that are missing", () => {
  const without = (name) => Object.fromEntries(Object.entries(signed).filter(([n]) => n !== name));
  assert.equal(code(() => check({ headers: {} })), "missing_signature");
  assert.equal(code(() => check({ headers: new Headers() })), "missing_signature");
  assert.equal(code(() => check({ headers: [] })), "missing_signature");
  assert.equal(code(() => check({ headers: without("webhook-signature") })), "missing_signature");
  assert.equal(code(() => check({ headers: without("webhook-id") })), "missing_id");
  assert.equal(code(() => check({ headers: without("webhook-timestamp") })), "missing_timestamp");
});

test("headers of a wrong kind", () => {
  const wrong = [undefined, null, "a: b", 7, () => 1, ["webhook-id", "a"], [[7, "a"]], [null], new Set(["a"]),
    { ...signed, "webhook-id": 7 }, { ...signed, "webhook-id": {} }, { ...signed, "webhook-id": [["a"]] },
    { ...signed, "webhook-id": new String("a") }, { get: () => 7 }, { get() { throw new Error("no"); } },
    new Proxy({}, { ownKeys() { throw new Error("no"); } })];
  for (const headers of wrong) assert.equal(code(() => check({ headers })), "invalid_option", String(headers?.constructor));
});

test("names inherited by the headers' container are not headers", () => {
  const headers = Object.create(signed);
  assert.equal(code(() => check({ headers })), "missing_signature");
});

test("every other option of a wrong kind", () => {
  const expected = {
    invalid_option: [
      { provider: undefined }, { provider: 7 }, { provider: null }, { provider: {} },
      { secret: 7 }, { secret: raw }, { secret: {} }, { secret: [secret] }, { secret: Buffer.from(secret) }, { secrets: [secret] },
      { secret: undefined, secrets: [[secret]] }, { secret: undefined, secrets: [Buffer.from(secret)] }, { provider: [secret] },
      { secret: undefined, secrets: secret }, { secret: undefined, secrets: {} }, { secret: undefined, secrets: [7] },
      { now: "1614265330" }, { now: -1 }, { now: NaN }, { now: Infinity }, { now: new Date() }, { now: null },
      { now: now * 1000 }, { now: 1n }, { tolerance: -1 }, { tolerance: 1.5 }, { tolerance: "300" },
      { tolerance: NaN }, { tolerance: Infinity }, { tolerance: null },
    ],
    no_secret: [
      { secret: undefined }, { secret: null }, { secret: "" }, { secret: undefined, secrets: [] },
      { secret: undefined, secrets: [secret, undefined] }, { secret: undefined, secrets: Array(1) },
      { secret: undefined, secrets: [""] },
    ],
    too_many_secrets: [{ secret: undefined, secrets: Array(9).fill(secret) }],
    malformed_secret: [{ secret: "whsec_***" }, { secret: ` ${secret}` }, { secret: `"${secret}"` }, { secret: `${secret}\n` }, { secret: "x".repeat(600) }],
    unknown_provider: ["stripes", "", "__proto__", "constructor", "Svix", "toString", "tinyposter|", "svix|", "|", "\nsvix", "svix\n", "tinyposter\nsvix"].map((provider) => ({ provider })),
    invalid_policy: [{ tolerance: 0 }, { tolerance: 86401 }, { tolerance: 2 ** 53 }],
  };
  for (const [want, cases] of Object.entries(expected)) {
    for (const more of cases) assert.equal(code(() => check(more)), want, `${want}: ${inspect(more)}`);
  }
  for (const options of [undefined, null, 7, "x", []]) {
    assert.notEqual(code(() => verify(options)), "accepted");
    assert.notEqual(code(() => sign(options)), "accepted");
  }
  assert.equal(code(() => verify(new Proxy({}, { get() { throw new Error("no"); } }))), "invalid_option");
  const thrown = new Error("no");
  assert.throws(() => verify({ provider, get body() { throw thrown; } }), { code: "invalid_option", cause: thrown });
  assert.throws(() => check({ now: now * 1000 }), /milliseconds/);
  assert.throws(() => check({ secret: undefined }), /environment variable/);
  assert.throws(() => check({ provider: "stripes" }), /known are: tinyposter, /);
});

test("a body over the cap is refused before anything else", () => {
  const body = new Uint8Array(1024 * 1024 + 1);
  assert.equal(code(() => check({ body })), "body_too_large");
  assert.equal(code(() => check({ body, provider: "stripes", secret: " x " })), "body_too_large");
  assert.equal(code(() => check({ body: "x".repeat(1024 * 1024 + 1) })), "body_too_large");
  assert.equal(code(() => sign({ provider, secret, id: "a", body })), "body_too_large");
  assert.equal(code(() => check({ body: body.subarray(1) })), "signature_mismatch");
});

test("a header over the cap is refused before the secret is looked at", () => {
  const headers = { ...signed, "webhook-signature": "v1,".padEnd(4000, "A") };
  assert.equal(code(() => check({ headers, secret: "whsec_***" })), "header_too_large");
  assert.equal(code(() => check({ headers: { ...signed, "webhook-signature": "✓" }, secret: "whsec_***" })), "malformed_secret");
  assert.equal(code(() => check({ headers: { ...signed, "webhook-signature": "✓" } })), "malformed_signature");
});

test("time is judged with the options given, in both directions", () => {
  assert.equal(check({ now: now + 300 }).verification.freshness, "fresh");
  assert.equal(check({ now: now + 300.9 }).verification.freshness, "fresh");
  assert.equal(code(() => check({ now: now + 301 })), "timestamp_too_old");
  assert.equal(code(() => check({ now: now - 301 })), "timestamp_in_future");
  assert.equal(check({ now: now + 3600, tolerance: 3600 }).type, "a.b");
  assert.equal(code(() => check({ now: now + 11, tolerance: 10 })), "timestamp_too_old");
  assert.equal(code(() => check({ now: undefined })), "timestamp_too_old");
  const { now: clock } = Date;
  try {
    Date.now = () => now * 1000 + 999;
    const fresh = sign({ provider, secret, id: "a", body: text });
    assert.deepEqual(fresh, sign({ provider, secret, id: "a", timestamp: now, body: text }));
    const at = check({ headers: fresh, now: undefined, tolerance: 1 });
    assert.deepEqual([at.verification.freshness, at.verification.timestamp], ["fresh", now]);
    Date.now = () => (now + 2) * 1000;
    assert.equal(code(() => check({ headers: fresh, now: undefined, tolerance: 1 })), "timestamp_too_old");
    Date.now = () => (now - 2) * 1000;
    assert.equal(code(() => check({ headers: fresh, now: undefined, tolerance: 1 })), "timestamp_in_future");
  } finally {
    Date.now = clock;
  }
});

test("of several secrets it says which one matched", () => {
  const secrets = ["whsec_b25l", secret, "whsec_dHdv"];
  assert.equal(check({ secret: undefined, secrets }).verification.secretIndex, 1);
});

test("lists of secrets that read alike are different lists", () => {
  const delivery = (secret) => ({ provider: "github", headers: sign({ provider: "github", secret, body: "" }), body: "" });
  const index = (secret, secrets) => verify({ ...delivery(secret), secrets }).verification.secretIndex;
  const pairs = [[["a", "bc"], ["ab", "c"]], [["1:a", "b"], ["1", "a1:b"]], [["a", "b"], ["a,b", ""]], [["x", "y"], ["xy"]], [["1:a1:b"], ["a", "b"]]];
  for (const [one, other] of pairs) {
    for (const [list, foreign] of [[one, other], [other, one]]) {
      const last = list.at(-1) || list[0];
      if (list.includes("")) continue;
      assert.equal(index(last, list), list.length - 1);
      assert.equal(code(() => index(last, foreign.filter(Boolean))), "signature_mismatch", `${list} and ${foreign}`);
    }
  }
});

test("more secrets and lists of secrets than are kept at a time are each what they are", () => {
  const numbers = Array.from({ length: 200 }, (_, at) => at);
  const index = (secret, secrets) => {
    const headers = sign({ provider: "github", secret, body: "" });
    return verify({ provider: "github", headers, body: "", ...secrets }).verification.secretIndex;
  };
  for (let round = 0; round < 2; round++) {
    for (const n of numbers) assert.equal(index(`one ${n}`, { secret: `one ${n}` }), 0);
    for (const n of numbers) assert.equal(index(`two ${n}`, { secrets: [`one ${n}`, `two ${n}`] }), 1);
    for (const n of numbers) assert.equal(code(() => index(`one ${n}`, { secret: `one ${n + 1}` })), "signature_mismatch");
  }
});

test("a misspelt option is refused, and not taken for one left out", () => {
  for (const name of ["tolerence", "Secret", "header", "id", "__proto_", "toString", ""]) {
    assert.equal(code(() => check({ [name]: 1 })), "invalid_option", name);
  }
  assert.throws(() => check({ tolerence: 5 }), /no option tolerence/);
  assert.equal(code(() => sign({ provider, secret, id: "a", body: "", now })), "invalid_option");
});

test("a polluted Object.prototype cannot move the clock or make up an error", () => {
  const old = sign({ provider, secret, id: "a", timestamp: 1000, body: text });
  const current = sign({ provider, secret, id: "a", body: text });
  const at = { provider, secret, body: text };
  try {
    Object.prototype.now = 1000;
    Object.prototype.code = "polluted";
    assert.equal(code(() => verify({ ...at, headers: old })), "invalid_option");
    delete Object.prototype.now;
    assert.equal(verify({ ...at, headers: current }).type, "a.b");
    Object.prototype.tolerance = 86400;
    assert.equal(code(() => verify({ ...at, headers: signed, now: now + 3600 })), "invalid_option");
  } finally {
    delete Object.prototype.now;
    delete Object.prototype.code;
    delete Object.prototype.tolerance;
  }
});

test("every error says what to answer with", () => {
  const status = (more) => {
    try {
      check(more);
    } catch (error) {
      return error.status;
    }
  };
  assert.equal(status({ headers: {} }), 401);
  assert.equal(status({ body: "" }), 401);
  assert.equal(status({ now: now + 999 }), 401);
  assert.equal(status({ body: new Uint8Array(2 ** 20 + 1) }), 413);
  assert.equal(status({ secret: "" }), 500);
  assert.equal(status({ body: {} }), 500);
  assert.equal(status({ tolerence: 1 }), 500);
  const expected = {
    duplicate_event: 200,
    malformed_envelope: 400,
    invalid_handshake: 400,
    handshake_closed: 403,
    body_too_large: 413,
  };
  const sender = /^(missing_|malformed_(?!secret|envelope)|signature_|timestamp_|header_too_large)/;
  for (const code of codes) {
    assert.equal(new HookwardError(code, "x").status, expected[code] ?? (sender.test(code) ? 401 : 500), code);
  }
});

test("what is too large is not copied first", () => {
  const memory = () => {
    const { rss, arrayBuffers } = process.memoryUsage();
    return rss + arrayBuffers;
  };
  const before = memory();
  const huge = Buffer.allocUnsafeSlow(200e6);
  const long = "x".repeat(100e6);
  assert.equal(code(() => check({ body: huge })), "body_too_large");
  assert.equal(code(() => check({ body: long })), "body_too_large");
  assert.equal(code(() => check({ headers: { ...signed, "webhook-signature": long } })), "header_too_large");
  assert.equal(code(() => check({ secret: long })), "malformed_secret");
  assert.ok(memory() - before < 500e6, `${memory() - before} bytes`);
  assert.throws(() => check({ body: huge }), /200000000 bytes/);
});

test("signing says what is missing, and cannot be made to smuggle headers", () => {
  assert.equal(code(() => sign({ provider, secret, body: "" })), "missing_id");
  assert.equal(code(() => sign({ provider, secret, id: "a.b", body: "" })), "malformed_id");
  assert.equal(code(() => sign({ provider, secret, id: "a\r\nb: c", body: "" })), "malformed_id");
  assert.equal(code(() => sign({ provider: "tinyposter", secret, eventType: "a\nb", body: "" })), "unwritable_header");
  assert.equal(code(() => sign({ provider: "tinyposter", secret, deliveryId: 7, body: "" })), "invalid_option");
  assert.equal(code(() => sign({ provider, secret, id: "a", timestamp: -1, body: "" })), "invalid_option");
  assert.equal(code(() => sign({ provider, id: "a", body: "" })), "no_secret");
  assert.equal(code(() => sign({ provider, secret, id: "a", body: {} })), "body_not_raw");
  assert.equal(code(() => sign({ provider: "nobody", secret, id: "a", body: "" })), "unknown_provider");
  assert.deepEqual(
    Object.keys(sign({ provider: "tinyposter", secret, eventType: "ping", deliveryId: 'd"\\1', body: "" })),
    ["X-Tinyposter-Signature", "X-Tinyposter-Event", "X-Tinyposter-Delivery"],
  );
  assert.equal(sign({ provider: "tinyposter", secret, deliveryId: 'd"\\1', body: "" })["X-Tinyposter-Delivery"], 'd"\\1');
});

test("a missing header whose sibling is there is told apart", () => {
  const headers = sign({ provider: "letmepost-v1", secret: "s", body: "{}" });
  assert.throws(() => verify({ provider: "letmepost", secret: "s", headers, body: "{}" }), {
    code: "missing_signature",
    message: /letmepost-v1/,
  });
});

test("values from another realm are taken as what they are", () => {
  const other = vm.createContext({ text, pairs: Object.entries(signed), Headers, TextEncoder });
  const body = vm.runInContext("new Uint8Array([...new TextEncoder().encode(text)])", other);
  assert.ok(!(body instanceof Uint8Array));
  const forms = {
    body: [body, body.buffer, vm.runInContext("new DataView(new Uint8Array([...new TextEncoder().encode(text)]).buffer)", other)],
    headers: ["Object.fromEntries(pairs)", "pairs.map(([a, b]) => [a, b])", "new Map(pairs.map(([a, b]) => [a.toUpperCase(), b]))", "Object.fromEntries(pairs.map(([a, b]) => [a, [b]]))"].map((source) => vm.runInContext(source, other)),
    secrets: [vm.runInContext(`["whsec_b25l", "${secret}"]`, other)],
  };
  for (const body of forms.body) assert.equal(check({ body }).type, "a.b");
  for (const headers of forms.headers) assert.equal(check({ headers }).type, "a.b");
  for (const secrets of forms.secrets) assert.equal(check({ secret: undefined, secrets }).verification.secretIndex, 1);
  assert.equal(code(() => check({ body: vm.runInContext("({})", other) })), "body_not_raw");
});

test("the catalogue lists what verify takes", () => {
  const list = providers();
  const ids = list.map(({ id }) => id);
  for (const id of ["tinyposter", "tinysend", "letmepost", "letmepost-v1", "letmepost-body", "standard-webhooks", "svix"]) {
    assert.ok(ids.includes(id), id);
  }
  assert.equal(new Set(ids).size, ids.length);
  for (const { id, name, tolerance, headers } of list) {
    assert.ok(name && tolerance > 0 && headers.length > 0, id);
    assert.equal(new Set(headers).size, headers.length, id);
    const secret = id === "supabase" ? "v1,whsec_b25l" : "whsec_b25l";
    const delivery = { provider: id, secret, headers: {}, body: "", method: "POST", url: "https://a.example" };
    assert.ok(["missing_signature", "malformed_secret"].includes(code(() => verify(delivery))), id);
  }
  list[0].headers.push("changed");
  assert.ok(!providers()[0].headers.includes("changed"));
});
