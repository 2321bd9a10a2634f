// The account sees what is wrong: without a gateway, with what one could have done.

import assert from "node:assert/strict";
import { test } from "node:test";

import { account } from "./ledger.mjs";
import { Line, Target } from "./line.mjs";

/**
 * A world of one destination. `events` are acknowledged; `took` are [event, webhook-id, answer] of each
 * attempt, and `rows` what the gateway says: ids with their status.
 */
function worldOf({ events, took, rows, verdict = "ok" }) {
  const requests = [];
  const world = {
    receiver: { at: () => requests },
    admin: { deliveries: async () => Object.entries(rows).map(([id, status]) => ({ id, status })) },
  };
  const line = new Line(world, {});
  for (const event of events) {
    line.sent.add(event);
    line.acknowledged.set(event, 1);
  }
  const target = new Target(line, "/");
  line.targets.push(target);
  for (const [event, id, status] of took) {
    requests.push({ body: JSON.stringify({ id: event }), get: () => id, verdict });
    target.answer = () => {};
    const finished = [];
    target.serve({ headers: { "webhook-id": id } }, { statusCode: status, once: (_, then) => finished.push(then) });
    for (const then of finished) then();
  }
  world.lines = [line];
  return world;
}

const [A, B] = ["evt_a", "evt_b"];
const well = { events: [A, B], took: [[A, "1", 500], [A, "1", 200], [B, "2", 200]], rows: { 1: "delivered", 2: "delivered" } };

const wrongOf = async (how) => (await account(worldOf({ ...well, ...how }))).wrong;

test("what is well has nothing wrong with it, taken twice or dead as it may be", async () => {
  const { counts, wrong } = await account(worldOf(well));
  assert.deepEqual(wrong, []);
  assert.deepEqual([counts.owed, counts.delivered, counts.attempts, counts.duplicates, counts.lost], [2, 2, 3, 0, 0]);
  const twice = await account(worldOf({ ...well, took: [...well.took, [B, "2", 200]] }));
  assert.deepEqual([twice.counts.duplicates, twice.wrong], [1, []]);
  const dead = await account(worldOf({ ...well, took: well.took.slice(0, 2), rows: { 1: "delivered", 2: "dead" } }));
  assert.deepEqual([dead.counts.delivered, dead.counts.dead, dead.wrong], [1, 1, []]);
});

test("an event that is nowhere is lost, and so is one that was never seen though it is called delivered", async () => {
  const once = well.took.slice(0, 2);
  assert.deepEqual(await wrongOf({ took: once, rows: { 1: "delivered" } }), ["1 lost"]);
  assert.deepEqual(await wrongOf({ took: once }), ["1 lost"]);
  assert.deepEqual(await wrongOf({ took: [...once, [B, "2", 500]] }), ["1 lost"]);
});

test("a second webhook-id, a row too many, what is still pending, what does not verify, and silence", async () => {
  const renamed = ["1 events under a second webhook-id"];
  assert.deepEqual(await wrongOf({ took: [...well.took, [B, "3", 200]] }), renamed);
  assert.deepEqual(await wrongOf({ rows: { ...well.rows, 3: "dead" } }), renamed);
  assert.deepEqual(await wrongOf({ took: well.took.slice(0, 2), rows: { 1: "delivered", 2: "pending" } }), ["1 stuck"]);
  assert.deepEqual(await wrongOf({ verdict: "signature_mismatch" }), ["3 that do not verify"]);
  assert.deepEqual(await wrongOf({ events: [], took: [], rows: {} }), ["nothing was sent"]);
});
