// What is read of an event long after it was verified, when the core has had much else to do since.

import assert from "node:assert/strict";
import { before, test } from "node:test";

import { installed } from "./packed.mjs";

const secret = "s";

let verify, sign, customScheme;
before(async () => {
  ({ verify, sign, customScheme } = await installed());
});

const deliver = (scheme, body) => verify({ scheme, secret, body, headers: sign({ scheme, secret, body }) });

test("an event is read in full, however many schemes the core has held since, and is begun anew in between", () => {
  const body = '{"id":"evt_1","kind":"a","data":{"n":1}}';
  const columns = { signature: "X-Sig", eventKey: "/id", eventType: "/kind" };
  // An instance takes some 500: among so many reads, each of which brings it one more, it is full at some.
  const schemes = Array.from({ length: 1100 }, (_, at) => customScheme({ id: `s${at}`, ...columns }));
  const keys = schemes.map((scheme) => deliver(scheme, body).verification.eventKey);
  const reads = [
    (event) => assert.equal(new TextDecoder().decode(event.body), body),
    (event) => assert.deepEqual(event.payload, JSON.parse(body)),
    (event) => assert.deepEqual(event.data, { n: 1 }),
    (event) => assert.deepEqual([event.id, event.type], ["evt_1", "a"]),
    (event, at) => assert.equal(event.verification.eventKey, keys[at]),
  ];
  for (const read of reads) {
    const events = schemes.map((scheme) => deliver(scheme, body));
    events.forEach((event, at) => read(event, at));
  }
});

test("bytes that another of the header's signatures covers are not those that were verified", () => {
  const now = 1700000000;
  const stripe = ([a, b]) => {
    const [one, other] = [a, b].map((body) => sign({ provider: "stripe", secret, body, timestamp: now })["Stripe-Signature"]);
    return { provider: "stripe", now, headers: { "stripe-signature": `${one},${other.slice(other.indexOf(",") + 1)}` } };
  };
  const untimed = ([a, b]) => {
    const scheme = customScheme({ id: "mine", signature: "X-Sig", format: "v1={signature},...", eventKey: "/id" });
    const [one, other] = [a, b].map((body) => sign({ scheme, secret, body })["X-Sig"].replace(/,$/, ""));
    return { scheme, headers: { "x-sig": `${one},${other}` } };
  };
  for (const make of [stripe, untimed]) {
    const bodies = ["A", "B"].map((id) => new TextEncoder().encode(JSON.stringify({ id, data: id })));
    const options = { ...make(bodies), secrets: ["other", secret] };
    for (const [first, second] of [[0, 1], [1, 0]]) {
      const body = bodies[first].slice();
      const event = verify({ ...options, body });
      const { eventKey, secretIndex, freshness } = event.verification;
      assert.deepEqual([secretIndex, freshness], [1, make === stripe ? "fresh" : "untimed"]);
      body.set(bodies[second]);
      const later = verify({ ...options, body });
      assert.notEqual(later.verification.eventKey, eventKey);
      for (const read of ["id", "data", "payload", "body"]) assert.throws(() => event[read], { code: "body_changed" });
      body.set(bodies[first]);
      assert.throws(() => later.id, { code: "body_changed" });
      assert.deepEqual([event.id, event.data], [event.data, ["A", "B"][first]]);
    }
  }
});
