// What a trigger remembers: each event once, across restarts and in a store that is written late.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { installed } from "../packaging/packed.mjs";
import { startHost, store } from "./host.mjs";
import { installNode } from "./packed.mjs";

const SECRET = "whsec_test";
const DAY = 86_400;

let hookward;
const hosts = [];
before(async () => (hookward = await installed()));
after(() => Promise.all(hosts.map((host) => host.stop())));

/** A host; with a package of its own, it is another process as far as the package can tell. */
async function host(nodes, options = {}) {
  const one = await startHost({ trigger: new nodes.HookwardTrigger(), ...options });
  hosts.push(one);
  return one;
}

const event = (id) => JSON.stringify({ id, type: "post.published", created: "2026-01-02T03:04:05.678Z", data: {} });
const signed = (id, { age = 0, provider = "tinyposter", body = event(id) } = {}) => {
  const timestamp = Math.floor(Date.now() / 1000) - age;
  return { headers: hookward.sign({ provider, secret: SECRET, body, timestamp }), body };
};
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const ids = ({ runs }) => runs.map(({ json }) => [json.id, json.duplicate]);
const kept = (stored) => JSON.parse(stored.staticData)["node:Hookward Trigger"];
const ENTRY = 39;

test("an event that comes again is dropped where n8n answers at once, under any signature", async () => {
  const one = await host(installNode());
  await one.send(signed("a"));
  for (const again of [signed("a"), signed("a", { age: 100 })]) {
    const answer = await one.send(again);
    assert.deepEqual([answer.status, answer.json], [200, { status: "duplicate" }]);
  }
  await one.send(signed("b"));
  assert.deepEqual(ids(one), [["a", false], ["b", false]]);
});

test("it is marked where the sender waits for the run, since the first may have failed", async () => {
  for (const responseMode of ["lastNode", "responseNode"]) {
    const start = (item, response) => response.status(item.json.duplicate ? 200 : 500).end();
    const one = await host(installNode(), { parameters: { responseMode }, start });
    const statuses = [];
    for (let copy = 0; copy < 3; copy++) statuses.push((await one.send(signed("a"))).status);
    assert.deepEqual(statuses, [500, 200, 200]);
    assert.deepEqual(ids(one), [["a", false], ["a", true], ["a", true]]);
  }
});

test("both can be chosen in every mode", async () => {
  for (const [responseMode, duplicates, expected] of [
    ["onReceived", "mark", [["a", false], ["a", true]]],
    ["lastNode", "drop", [["a", false]]],
  ]) {
    const one = await host(installNode(), { parameters: { responseMode, options: { duplicates } } });
    for (let copy = 0; copy < 2; copy++) assert.equal((await one.send(signed("a"))).status, 200);
    assert.deepEqual(ids(one), expected);
  }
});

test("after a restart it still knows what it has had", async () => {
  const stored = store();
  const first = await host(installNode(), { stored });
  for (const id of ["a", "b"]) await first.send(signed(id));
  const second = await host(installNode(), { stored });
  for (const id of ["a", "b", "c"]) await second.send(signed(id));
  assert.deepEqual(ids(second), [["c", false]]);
  assert.equal(kept(stored).seen.length, 3 * ENTRY);
});

test("of copies at the same moment one starts the workflow", async () => {
  const one = await host(installNode());
  const answers = await Promise.all(Array.from({ length: 20 }, () => one.send(signed("a"))));
  assert.deepEqual(ids(one), [["a", false]]);
  assert.ok(answers.every(({ status }) => [200, 503].includes(status)));
});

test("a copy that comes while the first is being started is told to come again", async () => {
  let go;
  const starting = new Promise((resolve) => (go = resolve));
  const one = await host(installNode(), { start: () => starting });
  const first = one.send(signed("a"));
  let second;
  do second = await one.send(signed("a"));
  while (second.status === 200);
  assert.deepEqual([second.status, second.json, second.headers.get("retry-after")], [503, { code: "event_in_progress" }, "5"]);
  go();
  assert.equal((await first).status, 200);
  assert.deepEqual((await one.send(signed("a"))).json, { status: "duplicate" });
  assert.deepEqual(ids(one), [["a", false]]);
});

test("a sender that goes away: what n8n started is known, and what it could not start is not", async () => {
  for (const [fails, runs] of [[false, 1], [true, 2]]) {
    for (const when of ["found", "starting"]) {
      let go;
      const until = new Promise((resolve) => (go = resolve));
      let tried = 0;
      const start = async () => {
        tried += 1;
        if (when === "starting" && tried === 1) await until;
        if (fails && tried === 1) throw new Error("no database");
      };
      const one = await host(installNode(), { start, found: when === "found" ? until : undefined });
      const { headers, body } = signed("a");
      const leaving = fetch(`http://127.0.0.1:${one.address.port}/`, { method: "POST", headers, body, signal: AbortSignal.timeout(300) });
      await assert.rejects(leaving);
      await wait(100);
      go();
      while (tried === 0) await wait(5);
      await wait(50);
      for (let copy = 0; copy < 2; copy++) assert.equal((await one.send(signed("a"))).status, 200);
      assert.deepEqual([tried, one.runs.length], [runs, 1], `${when}, ${fails}`);
    }
  }
});

test("a sender that gives up on a long run does not start it again, where copies are dropped", async () => {
  let go;
  const running = new Promise((resolve) => (go = resolve));
  const parameters = { responseMode: "lastNode", options: { duplicates: "drop" } };
  const one = await host(installNode(), { parameters, start: () => running });
  const { headers, body } = signed("a");
  await assert.rejects(fetch(`http://127.0.0.1:${one.address.port}/`, { method: "POST", headers, body, signal: AbortSignal.timeout(300) }));
  await wait(100);
  assert.deepEqual((await one.send(signed("a"))).json, { status: "duplicate" });
  go();
});

test("where copies are dropped, a run that failed is started again by the next, and no other", async () => {
  const stored = store();
  const failing = new Set(["a"]);
  // n8n stores the static data of a run that failed as well, before its answer.
  const start = (item, response) => {
    if (failing.delete(item.json.id)) response.statusCode = 500;
  };
  for (const responseMode of ["lastNode", "responseNode"]) {
    failing.add("a");
    const parameters = { responseMode, options: { duplicates: "drop" } };
    const one = await host(installNode(), { stored, parameters, start, workflowId: responseMode });
    stored.staticData = "{}";
    const statuses = [];
    for (const id of ["a", "b", "a", "a", "b"]) statuses.push((await one.send(signed(id))).status);
    assert.deepEqual(statuses, [500, 200, 200, 200, 200]);
    assert.deepEqual(ids(one), [["a", false], ["b", false], ["a", false]]);
    assert.equal(kept(stored).seen.length, 2 * ENTRY);
  }
});

test("an answer that n8n gives without a run, whatever its status, is no start", async () => {
  let refuses = true;
  const start = () => {
    if (refuses) throw Object.assign(new Error("refused"), { status: 403 });
  };
  const one = await host(installNode(), { start });
  assert.equal((await one.send(signed("a"))).status, 403);
  refuses = false;
  assert.equal((await one.send(signed("a"))).status, 200);
  assert.deepEqual((await one.send(signed("a"))).json, { status: "duplicate" });
  assert.deepEqual(ids(one), [["a", false]]);
});

test("if n8n cannot start the workflow, the next copy does, and others' keys are kept", async () => {
  const stored = store();
  let fails = true;
  const one = await host(installNode(), {
    stored,
    start: (item) => {
      if (fails && item.json.id === "a") throw new Error("no database");
    },
  });
  assert.equal((await one.send(signed("a"))).status, 500);
  await one.send(signed("b"));
  assert.equal(kept(stored).seen.length, ENTRY, "what was not started is not kept by the next either");
  fails = false;
  assert.equal((await one.send(signed("a"))).status, 200);
  assert.deepEqual(ids(one), [["b", false], ["a", false]]);
});

test("a run that takes long does not write an old store over a new one", async () => {
  const stored = store();
  const nodes = installNode();
  let go;
  const running = new Promise((resolve) => (go = resolve));
  const one = await host(nodes, {
    stored,
    parameters: { responseMode: "lastNode" },
    start: (item) => (item.json.id === "long" ? running : undefined),
  });
  const long = one.send(signed("long"));
  for (const id of ["a", "b"]) await one.send(signed(id));
  go();
  await long;
  assert.equal(kept(stored).seen.length, 3 * ENTRY);
  const restarted = await host(installNode(), { stored, parameters: { responseMode: "lastNode" } });
  for (const id of ["a", "b", "long"]) await restarted.send(signed(id));
  assert.ok(ids(restarted).every(([, duplicate]) => duplicate));
});

test("what another node's run writes over the store is put back with the next event", async () => {
  const stored = store();
  const one = await host(installNode(), { stored });
  await one.send(signed("a"));
  stored.staticData = "{}";
  await one.send(signed("b"));
  assert.equal(kept(stored).seen.length, 2 * ENTRY);
});

test("a key that is stored before n8n has answered is kept once", async () => {
  const stored = store();
  let go;
  const answering = new Promise((resolve) => (go = resolve));
  const one = await host(installNode(), { stored, answer: (item) => (item.json.id === "a" ? answering : undefined) });
  const first = one.send(signed("a"));
  while (kept(stored)?.seen?.length !== ENTRY) await new Promise((resolve) => setTimeout(resolve, 5));
  await one.send(signed("b"));
  go();
  await first;
  await one.send(signed("c"));
  assert.deepEqual(ids(one), [["a", false], ["b", false], ["c", false]]);
  assert.equal(kept(stored).seen.length, 3 * ENTRY);
});

test("a store that is not ours counts as lost, and is written anew", async () => {
  const { seen, since } = { seen: `${"0".repeat(32)}0tovuef`, since: 1 };
  for (const broken of [{ seen: "x", since }, { seen: seen.toUpperCase(), since }, { seen, since: "1" }, { seen: [seen], since }, { seen: `${seen} `, since }, { seen: seen.repeat(10_001), since }]) {
    const stored = { staticData: JSON.stringify({ "node:Hookward Trigger": broken }) };
    const one = await host(installNode(), { stored });
    await one.send(signed("a"));
    const now = Math.floor(Date.now() / 1000);
    assert.equal(kept(stored).seen.length, ENTRY);
    assert.ok(Math.abs(kept(stored).since - now) <= 2, "it remembers from now on");
  }
});

test("it keeps 5,000 keys, forgets the oldest first, and says since when it remembers", async () => {
  const now = Math.floor(Date.now() / 1000);
  const time = (second) => second.toString(36).padStart(7, "0");
  const hex = (n) => n.toString(16).padStart(32, "0");
  const full = Array.from({ length: 5000 }, (_, n) => hex(n) + time(now - 5000 + n));
  const stored = { staticData: JSON.stringify({ "node:Hookward Trigger": { seen: full.join(""), since: 7 } }) };
  const one = await host(installNode(), { stored });
  await one.send(signed("a"));
  const { seen, since } = kept(stored);
  assert.equal(seen.length / ENTRY, 4951);
  assert.ok(seen.startsWith(full[50]));
  assert.equal(since, now - 5000 + 49 + 1);
  for (let n = 0; n < 60; n++) await one.send(signed(`b${n}`));
  assert.ok(kept(stored).seen.length / ENTRY <= 5000);
  assert.deepEqual((await one.send(signed("a"))).json, { status: "duplicate" });
});

test("keys are kept for 96 hours", async () => {
  const now = Math.floor(Date.now() / 1000);
  const first = await host(installNode(), { stored: store() });
  await first.send(signed("a"));
  const key = kept(first.stored).seen.slice(0, 32);
  for (const [age, known] of [[4 * DAY - 60, true], [4 * DAY + 1, false]]) {
    const seen = key + (now - age).toString(36).padStart(7, "0");
    const one = await host(installNode(), { stored: { staticData: JSON.stringify({ "node:Hookward Trigger": { seen, since: 1 } }) } });
    await one.send(signed("a"));
    assert.equal(one.runs.length, known ? 0 : 1);
  }
});

test("late retries are refused unless they are asked for", async () => {
  const stored = { staticData: JSON.stringify({ "node:Hookward Trigger": { seen: "", since: 1 } }) };
  const usual = await host(installNode(), { stored });
  assert.deepEqual((await usual.send(signed("a", { age: 3600 }))).json, { code: "timestamp_too_old" });
  const late = await host(installNode(), { stored, parameters: { options: { acceptLate: true } } });
  assert.equal((await late.send(signed("a", { age: 35 * 3600 }))).status, 200);
  assert.equal(late.runs[0].json.verification.freshness, "late");
  assert.deepEqual((await late.send(signed("a", { age: 35 * 3600 }))).json, { status: "duplicate" });
  assert.deepEqual((await late.send(signed("b", { age: 37 * 3600 }))).json, { code: "timestamp_too_old" });
  assert.equal(late.runs.length, 1);
});

test("and from before a trigger remembers they are refused all the same", async () => {
  const one = await host(installNode(), { parameters: { options: { acceptLate: true } } });
  const answer = await one.send(signed("a", { age: 3600 }));
  assert.deepEqual([answer.status, answer.json], [401, { code: "timestamp_too_old" }]);
  assert.equal((await one.send(signed("a"))).status, 200, "refused, it is not taken for a copy of itself");
  assert.deepEqual(ids(one), [["a", false]]);
});

test("tinysend signs no time: a late retry goes by its signed created_at", async () => {
  const options = { parameters: { provider: "tinysend", options: { acceptLate: true } } };
  const stored = { staticData: JSON.stringify({ "node:Hookward Trigger": { seen: "", since: 1 } }) };
  const late = await host(installNode(), { ...options, stored });
  const body = (hours) => JSON.stringify({ id: `e${hours}`, type: "post.sent", created_at: new Date(Date.now() - hours * 3_600_000).toISOString(), data: {} });
  const send = (hours) => late.send(signed("", { provider: "tinysend", body: body(hours) }));
  assert.deepEqual([(await send(0)).status, (await send(23)).status, (await send(25)).status], [200, 200, 401]);
});

test("where identical bodies are different events, none is a duplicate", async () => {
  const one = await host(installNode(), { parameters: { provider: "dropbox" } });
  const body = '{"list_folder":{"accounts":["dbid:x"]}}';
  for (let copy = 0; copy < 2; copy++) await one.send(signed("", { provider: "dropbox", body }));
  assert.deepEqual(one.runs.map(({ json }) => json.duplicate), [false, false]);
});

test("two triggers of one n8n do not take each other's events for copies", async () => {
  const nodes = installNode();
  const [one, other] = [await host(nodes, { workflowId: "x" }), await host(nodes, { workflowId: "y" })];
  for (const each of [one, other]) await each.send(signed("a"));
  assert.deepEqual([one.runs.length, other.runs.length], [1, 1]);
});
