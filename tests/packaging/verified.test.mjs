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
