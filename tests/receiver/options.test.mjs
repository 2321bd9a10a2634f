// What a receiver can be made with, and what is refused when it is made; secrets that are valid for a time.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ACCEPTED, NOW, SECRET, clockAt, delivery, hookward, seen } from "./kit.mjs";

const { MemoryStore, Receiver } = hookward;

const options = { provider: "tinyposter", secret: SECRET };
const store = new MemoryStore();
const make = (more) => () => new Receiver({ ...options, ...more });

test("a receiver that could not work is refused when it is made", () => {
  const refused = [
    [{ provider: "tinypostr" }, "unknown_provider"],
    [{ provider: 5 }, "invalid_option"],
    [{ secret: undefined }, "no_secret"],
    [{ secret: "" }, "no_secret"],
    [{ secret: undefined, secrets: [] }, "no_secret"],
    [{ secret: undefined, secrets: ["a", undefined] }, "no_secret"],
    [{ secret: { secret: undefined, notAfter: 1 } }, "no_secret"],
    [{ provider: "standard-webhooks", secret: "whsec_!" }, "malformed_secret"],
    [{ secrets: ["a"] }, "invalid_option"],
    [{ secret: 5 }, "invalid_option"],
    [{ secret: undefined, secrets: "a" }, "invalid_option"],
    [{ secret: undefined, secrets: Array.from({ length: 9 }, (_, at) => `s${at}`) }, "too_many_secrets"],
    [{ secret: { secret: "a", until: 5 } }, "invalid_option"],
    [{ secret: { secret: "a", notBefore: NOW * 1000 } }, "invalid_option"],
    [{ secret: { secret: "a", notAfter: new Date() } }, "invalid_option"],
    [{ secret: { secret: "a", notAfter: Number.NaN } }, "invalid_option"],
    [{ secret: { secret: "a", notBefore: 2, notAfter: 1 } }, "invalid_option"],
    [{ leaseSecond: 5 }, "invalid_option"],
    [{ store: {} }, "invalid_option"],
    [{ store: null }, "invalid_option"],
    [{ store: { ...{ claim() {}, complete() {}, release() {} } } }, "invalid_option"],
    [{ store, source: "" }, "invalid_option"],
    [{ store, source: "a:b" }, "invalid_option"],
    [{ store, source: "x".repeat(65) }, "invalid_option"],
    [{ now: NOW }, "invalid_option"],
    [{ tolerance: 0 }, "invalid_policy"],
    [{ tolerance: 86_401 }, "invalid_policy"],
    [{ tolerance: 1.5 }, "invalid_policy"],
    [{ store, leaseSeconds: 0 }, "invalid_policy"],
    [{ store, leaseSeconds: Number.NaN }, "invalid_policy"],
    [{ store, storeTimeoutSeconds: 61 }, "invalid_policy"],
    [{ horizon: 3600 }, "invalid_policy"],
    [{ retention: 3600 }, "invalid_policy"],
    [{ store, horizon: 299 }, "invalid_policy"],
    [{ store, horizon: 3600, retention: 4199 }, "invalid_policy"],
    [{ store, horizon: 3600, retention: 4200, tolerance: 301 }, "invalid_policy"],
    [{ store, horizon: "3600" }, "invalid_policy"],
  ];
  for (const [more, code] of refused) {
    assert.throws(make(more), { name: "HookwardError", code, status: 500 }, JSON.stringify(more));
  }
  for (const none of [undefined, null, 5]) assert.throws(() => new Receiver(none), { code: "invalid_option" });
});

test("what moves a limit or a name must not be inherited", () => {
  for (const inherited of [{ horizon: 7200 }, { retention: 400_000 }, { leaseSeconds: 1 }, { storeTimeoutSeconds: 1 }, { tolerance: 60 }, { source: "a" }, { url: "/" }, { verifyToken: "a" }]) {
    const given = Object.assign(Object.create(inherited), { ...options, store });
    assert.throws(() => new Receiver(given), { code: "invalid_option", message: /inherited/ }, JSON.stringify(inherited));
  }
});

test("nine secrets are too many only if all are valid at once", () => {
  const secrets = Array.from({ length: 9 }, (_, at) => ({ secret: `s${at}`, notAfter: at === 0 ? NOW : undefined }));
  assert.doesNotThrow(make({ secret: undefined, secrets }));
});

test("the reason is said in numbers", () => {
  assert.throws(make({ store, horizon: 3600, retention: 4199 }), /3600 s.*300 s.*4200 s.*4199 s/);
  assert.throws(make({ horizon: 3600 }), /store/);
});

test("what is right is taken", () => {
  for (const more of [
    {},
    { tolerance: 1 },
    { tolerance: 86_400 },
    { store },
    { store, horizon: 3600, retention: 4200 },
    { store, horizon: 300 },
    { store, source: "Team-A_1.eu", leaseSeconds: 86_400, storeTimeoutSeconds: 1 },
    { secret: undefined, secrets: ["a", { secret: "b" }, { secret: "c", notBefore: 1, notAfter: 1 }] },
    { store: undefined, horizon: undefined, retention: undefined, source: undefined, now: undefined },
  ]) {
    assert.doesNotThrow(make(more), JSON.stringify(more));
  }
});

test("an option that is inherited does not move the clock", () => {
  const inherited = Object.create({ now: () => 0 });
  assert.throws(() => new Receiver(Object.assign(inherited, options)), { code: "invalid_option" });
});

test("a clock that is broken refuses everything", async () => {
  for (const now of [() => Number.NaN, () => "1", () => undefined, () => NOW * 1000, () => { throw new Error("no clock"); }]) {
    const receiver = new Receiver({ ...options, now });
    assert.equal((await receiver.handle(delivery(), assert.fail)).status, 500);
  }
});

test("secrets are valid from their notBefore to their notAfter, by the clock at each delivery", async () => {
  const clock = clockAt();
  const receiver = new Receiver({
    provider: "tinyposter",
    now: clock,
    secrets: [
      { secret: "old", notAfter: NOW + 100 },
      { secret: "new", notBefore: NOW + 50 },
    ],
  });
  const index = async (secret) => {
    try {
      return (await receiver.receive(delivery({ secret, at: clock.time }), (event) => event.verification.secretIndex)).result;
    } catch ({ code }) {
      return code;
    }
  };
  const at = async (time) => {
    clock.time = time;
    return [await index("old"), await index("new")];
  };
  assert.deepEqual(await at(NOW), [0, "signature_mismatch"]);
  assert.deepEqual(await at(NOW + 49), [0, "signature_mismatch"]);
  assert.deepEqual(await at(NOW + 50), [0, 1]);
  assert.deepEqual(await at(NOW + 100), [0, 1]);
  assert.deepEqual(await at(NOW + 100.9), [0, 1]);
  assert.deepEqual(await at(NOW + 101), ["signature_mismatch", 1]);
});

test("with none that is valid now, nothing is accepted, and the sender is to come again", async () => {
  const receiver = new Receiver({ provider: "tinyposter", now: clockAt(), secret: { secret: SECRET, notAfter: NOW - 1 } });
  const answer = await receiver.handle(delivery(), assert.fail);
  assert.deepEqual(seen(answer), [500, { code: "no_secret" }, false]);
  assert.match(answer.error.message, /notAfter/);
});

test("as many secrets as are ever valid at once count, not as many as are listed", async () => {
  const clock = clockAt();
  const secrets = Array.from({ length: 20 }, (_, at) => ({ secret: `s${at}`, notBefore: NOW + at * 10, notAfter: NOW + at * 10 + 9 }));
  const receiver = new Receiver({ provider: "tinyposter", now: clock, secrets });
  clock.pass(155);
  const { result } = await receiver.receive(delivery({ secret: "s15", at: clock.time }), (event) => event.verification.secretIndex);
  assert.equal(result, 15);
  const crowded = new Receiver({ provider: "tinyposter", now: clock, secrets: Array.from({ length: 9 }, (_, at) => ({ secret: `s${at}`, notBefore: NOW })) });
  assert.deepEqual(seen(await crowded.handle(delivery(), assert.fail)), [500, { code: "too_many_secrets" }, false]);
});

test("no secret is in any error", async () => {
  const thrown = [];
  for (const more of [{ secret: "s3cr3t-text", x: 1 }, { provider: "standard-webhooks", secret: "whsec_s3cr3t!" }, { secret: { secret: "s3cr3t", notAfter: "x" } }]) {
    assert.throws(make(more), (error) => (thrown.push(error), true));
  }
  const receiver = new Receiver({ provider: "tinyposter", secret: "s3cr3t", now: clockAt() });
  thrown.push((await receiver.handle(delivery(), assert.fail)).error);
  assert.equal(thrown.length, 4);
  for (const error of thrown) assert.doesNotMatch(`${error.stack} ${JSON.stringify(error)}`, /s3cr3t/);
  assert.deepEqual(seen(await new Receiver({ ...options, now: clockAt() }).handle(delivery(), () => {})), ACCEPTED);
});
