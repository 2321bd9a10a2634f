// What a receiver does when its store, its handler or the clock fails it. An event may be handled more than
// once, and never not at all; nothing is acknowledged that was not handled.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { ACCEPTED, BUSY, DUPLICATE, LOST, OUTAGE, SECRET, clockAt, deferred, delivery, hookward, seen, wrap } from "./kit.mjs";

const { MemoryStore, Receiver } = hookward;

/** A receiver whose store is a memory with these faults in front of it. */
function make(faults = {}, options = {}) {
  const clock = clockAt();
  const memory = new MemoryStore({ now: clock });
  const common = { provider: "tinyposter", secret: SECRET, now: clock, storeTimeoutSeconds: 1, ...options };
  return {
    clock,
    memory,
    /** As the process with the faults has it, and as another has it. */
    receiver: new Receiver({ ...common, store: wrap(memory, faults) }),
    other: new Receiver({ ...common, store: memory }),
  };
}

/** Everything that a store can do instead of answering. */
const AWAY = {
  "throws": () => {
    throw new Error("ECONNREFUSED");
  },
  "rejects": async () => {
    throw new Error("ECONNRESET");
  },
  "rejects with nothing": () => Promise.reject(),
  "never answers": () => new Promise(() => {}),
};

/** A claim of a process that then dies: its handler never ends. */
function crash(receiver, request) {
  const reached = deferred();
  receiver.handle(request, () => (reached.resolve(), new Promise(() => {})));
  return reached.promise;
}

describe("a store that is away", { concurrency: true }, () => {
  for (const [how, fault] of Object.entries(AWAY)) {
    test(`the claim ${how}: 503, and nothing is handled`, async () => {
      const { receiver, other } = make({ claim: fault });
      const request = delivery();
      const answer = await receiver.handle(request, assert.fail);
      assert.deepEqual(seen(answer), OUTAGE);
      assert.ok(answer.error.cause !== undefined || how === "rejects with nothing");
      assert.deepEqual(seen(await other.handle(request, () => {})), ACCEPTED);
    });

    test(`the completion ${how}: 503, and the copy after the lease is handled`, async () => {
      const { receiver, other, clock } = make({ complete: fault });
      const request = delivery();
      let handled = 0;
      assert.deepEqual(seen(await receiver.handle(request, () => handled++)), OUTAGE);
      assert.deepEqual(seen(await other.handle(request, assert.fail)), BUSY);
      clock.pass(60);
      assert.deepEqual(seen(await other.handle(request, () => handled++)), ACCEPTED);
      assert.deepEqual(seen(await other.handle(request, assert.fail)), DUPLICATE);
      assert.equal(handled, 2);
    });

    test(`the release ${how}: the handler's error is what the caller gets, and the copy after the lease is handled`, async () => {
      const { receiver, other, clock } = make({ release: fault });
      const request = delivery();
      await assert.rejects(receiver.handle(request, () => Promise.reject(new Error("mine"))), { message: "mine" });
      assert.deepEqual(seen(await other.handle(request, assert.fail)), BUSY);
      clock.pass(60);
      assert.deepEqual(seen(await other.handle(request, () => {})), ACCEPTED);
    });
  }

  test("the completion was made, but its answer was lost: the copy is a duplicate", async () => {
    const { receiver, other } = make({
      async complete(next, ...args) {
        await next(...args);
        throw new Error("ECONNRESET");
      },
    });
    const request = delivery();
    assert.deepEqual(seen(await receiver.handle(request, () => {})), OUTAGE);
    assert.deepEqual(seen(await other.handle(request, assert.fail)), DUPLICATE);
  });

  test("the claim was made, but its answer came too late: it is given back", async () => {
    const late = deferred();
    const { receiver, other } = make({
      async claim(next, ...args) {
        const claim = await next(...args);
        await late.promise;
        return claim;
      },
    });
    const request = delivery();
    assert.deepEqual(seen(await receiver.handle(request, assert.fail)), OUTAGE);
    assert.deepEqual(seen(await other.handle(request, assert.fail)), BUSY);
    late.resolve();
    await new Promise(setImmediate);
    assert.deepEqual(seen(await other.handle(request, () => {})), ACCEPTED);
  });

  test("the claim was made, but its answer was lost: the copy after the lease is handled", async () => {
    const { receiver, other, clock } = make({
      async claim(next, ...args) {
        await next(...args);
        throw new Error("ECONNRESET");
      },
    });
    const request = delivery();
    assert.deepEqual(seen(await receiver.handle(request, assert.fail)), OUTAGE);
    clock.pass(59);
    assert.deepEqual(seen(await other.handle(request, assert.fail)), BUSY);
    clock.pass(1);
    assert.deepEqual(seen(await other.handle(request, () => {})), ACCEPTED);
  });

  test("an outage in the middle of a hundred copies: handled once all the same", async () => {
    let calls = 0;
    const { receiver } = make({
      claim(next, ...args) {
        if (++calls % 3 === 0) throw new Error("ECONNRESET");
        return next(...args);
      },
    });
    const request = delivery();
    let handled = 0;
    const answers = await Promise.all(Array.from({ length: 100 }, () => receiver.handle(request, async () => (handled++, null))));
    assert.equal(handled, 1);
    assert.equal(answers.filter(({ status }) => status === 200).length, 1);
    assert.equal(answers.filter(({ status }) => status === 503).length, 99);
  });
});

test("a store that answers what no store may is an outage", async () => {
  const claims = [undefined, null, "new", {}, { state: "free" }, { state: "new" }, { state: "new", token: "" }, { state: "new", token: 5 }];
  for (const claim of claims) {
    const { receiver } = make({ claim: async () => claim });
    assert.deepEqual(seen(await receiver.handle(delivery(), assert.fail)), OUTAGE, JSON.stringify(claim));
  }
  for (const done of [undefined, null, 1, "true", {}]) {
    const { receiver } = make({ complete: async () => done });
    assert.deepEqual(seen(await receiver.handle(delivery(), () => {})), OUTAGE, JSON.stringify(done));
  }
});

test("a busy store that does not say how long, or says nonsense: come again after a lease, and not before a second", async () => {
  for (const [retryAfterSeconds, header] of [[undefined, "60"], [0, "1"], [-5, "60"], [0.2, "1"], [7.2, "8"], [Number.NaN, "60"], ["5", "60"], [1e9, "60"]]) {
    const { receiver } = make({ claim: async () => ({ state: "busy", retryAfterSeconds }) });
    const answer = await receiver.handle(delivery(), assert.fail);
    assert.deepEqual([seen(answer), answer.headers["retry-after"]], [BUSY, header], String(retryAfterSeconds));
  }
});

describe("a handler", () => {
  test("whose process dies after the claim: the copy after the lease is handled", async () => {
    const { receiver, other, clock } = make({}, { leaseSeconds: 30 });
    const request = delivery();
    await crash(receiver, request);
    clock.pass(29);
    assert.deepEqual(seen(await other.handle(request, assert.fail)), BUSY);
    clock.pass(1);
    let handled = 0;
    assert.deepEqual(seen(await other.handle(request, () => handled++)), ACCEPTED);
    assert.equal(handled, 1);
    assert.deepEqual(seen(await other.handle(request, assert.fail)), DUPLICATE);
  });

  test("that dies again and again is tried again and again, as long as the provider comes", async () => {
    const { receiver, other, clock } = make();
    const request = delivery();
    for (let tries = 0; tries < 4; tries++) {
      await crash(receiver, request);
      clock.pass(61);
    }
    assert.deepEqual(seen(await other.handle(request, () => {})), ACCEPTED);
  });

  test("that takes longer than its lease is not acknowledged, though nobody else came", async () => {
    const { receiver, other, clock } = make({}, { leaseSeconds: 30 });
    const request = delivery();
    const answer = await receiver.handle(request, () => clock.pass(30));
    assert.deepEqual(seen(answer), LOST);
    assert.match(answer.error.message, /leaseSeconds/);
    await assert.rejects(receiver.receive(request, () => clock.pass(30)), { code: "lease_lost", status: 503 });
    assert.deepEqual(seen(await other.handle(request, () => {})), ACCEPTED);
  });

  test("that takes longer than its lease cannot complete what another now handles", async () => {
    const { receiver, other, clock } = make();
    const request = delivery();
    const [slow, second] = [deferred(), deferred()];
    const first = receiver.handle(request, () => slow.promise);
    await null;
    clock.pass(60);
    const copy = other.handle(request, () => second.promise);
    await new Promise(setImmediate);
    slow.resolve();
    assert.deepEqual(seen(await first), LOST);
    // It is still the other's, who fails: so it is nobody's, and not done.
    second.reject(new Error("mine"));
    await assert.rejects(copy, { message: "mine" });
    assert.deepEqual(seen(await other.handle(request, () => {})), ACCEPTED);
  });

  test("that takes longer than its lease, and throws, does not release what another now handles", async () => {
    const { receiver, other, clock } = make();
    const request = delivery();
    const [slow, second] = [deferred(), deferred()];
    const first = receiver.handle(request, () => slow.promise);
    await null;
    clock.pass(60);
    const copy = other.handle(request, () => second.promise);
    await new Promise(setImmediate);
    slow.reject(new Error("too late"));
    await assert.rejects(first, { message: "too late" });
    assert.deepEqual(seen(await other.handle(request, assert.fail)), BUSY);
    second.resolve();
    assert.deepEqual(seen(await copy), ACCEPTED);
    assert.deepEqual(seen(await receiver.handle(request, assert.fail)), DUPLICATE);
  });

  test("that ends while another has handled the copy after its lease is told so, and the event stays done", async () => {
    const { receiver, other, clock } = make();
    const request = delivery();
    const slow = deferred();
    const first = receiver.handle(request, () => slow.promise);
    await null;
    clock.pass(60);
    assert.deepEqual(seen(await other.handle(request, () => {})), ACCEPTED);
    slow.resolve();
    assert.deepEqual(seen(await first), LOST);
    assert.deepEqual(seen(await receiver.handle(request, assert.fail)), DUPLICATE);
  });
});
