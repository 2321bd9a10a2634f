// What others sign, hookward verifies; what hookward signs, others verify.

import assert from "node:assert/strict";
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { before, test } from "node:test";

import { Webhook as StandardWebhook } from "standardwebhooks";
import Stripe from "stripe";
import { Webhook as SvixWebhook } from "svix";

import { installed } from "./packed.mjs";

let verify, sign;
before(async () => {
  ({ verify, sign } = await installed());
});

const now = Math.floor(Date.now() / 1000);
const bodies = [
  '{"id":"evt_1","type":"a.b","created":1,"data":{}}',
  JSON.stringify({ id: 7, type: "ü ✓ \u2028", created_at: new Date(now * 1000).toISOString(), data: ["é".repeat(500)] }),
  JSON.stringify({ id: "big", type: "x", createdAt: new Date(now * 1000).toISOString(), data: "x".repeat(70_000) }),
];
const lower = (headers) => Object.fromEntries(Object.entries(headers).map(([k, v]) => [k.toLowerCase(), v]));
const refused = (call) => assert.throws(call, (error) => error.code === "signature_mismatch");

for (const [provider, Webhook, prefix] of [
  ["standard-webhooks", StandardWebhook, "webhook"],
  ["svix", SvixWebhook, "svix"],
]) {
  test(`${provider}: both ways with its npm package`, () => {
    for (const length of [1, 24, 64, 65, 100]) {
      const secret = `whsec_${randomBytes(length).toString("base64")}`;
      const theirs = new Webhook(secret);
      for (const body of bodies) {
        const id = `msg_${randomBytes(6).toString("hex")}`;
        const headers = {
          [`${prefix}-id`]: id,
          [`${prefix}-timestamp`]: String(now),
          [`${prefix}-signature`]: theirs.sign(id, new Date(now * 1000), body),
        };
        assert.deepEqual(verify({ provider, secret, headers, body }).payload, JSON.parse(body));
        refused(() => verify({ provider, secret, headers, body: `${body} ` }));
        const ours = sign({ provider, secret, id, body });
        assert.doesNotThrow(() => theirs.verify(body, ours));
        assert.throws(() => theirs.verify(`${body} `, ours));
      }
    }
  });
}

// Each of the three providers by Node's own crypto, as its documentation has it.
const hex = (secret, content) => createHmac("sha256", secret).update(content).digest("hex");
const same = (a, b) => a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
const independent = {
  tinyposter: {
    sign: (secret, body) => ({ "X-Tinyposter-Signature": `t=${now},v1=${hex(secret, `${now}.${body}`)}` }),
    verify(secret, headers, body) {
      const { t, v1 } = Object.fromEntries(headers["x-tinyposter-signature"].split(",").map((part) => part.split("=")));
      return same(v1, hex(secret, `${t}.${body}`));
    },
  },
  tinysend: {
    sign: (secret, body) => ({ "X-Tinysend-Signature": hex(secret, body) }),
    verify: (secret, headers, body) => same(headers["x-tinysend-signature"], hex(secret, body)),
  },
  letmepost: {
    sign: (secret, body) => ({ "X-LMP-Timestamp": String(now), "X-LMP-Signature": hex(secret, `${now}.${body}`) }),
    verify: (secret, headers, body) =>
      same(headers["x-lmp-signature"], hex(secret, `${headers["x-lmp-timestamp"]}.${body}`)),
  },
  "letmepost-v1": {
    sign: (secret, body) => ({ "X-Letmepost-Signature": `t=${now},v1=${hex(secret, `${now}.${body}`)}` }),
    verify(secret, headers, body) {
      const [, t, v1] = /^t=(\d+),v1=(\w+)$/.exec(headers["x-letmepost-signature"]);
      return same(v1, hex(secret, `${t}.${body}`));
    },
  },
  "letmepost-body": {
    sign: (secret, body) => ({ "X-Letmepost-Signature": `sha256=${hex(secret, body)}` }),
    verify: (secret, headers, body) => same(headers["x-letmepost-signature"], `sha256=${hex(secret, body)}`),
  },
};

for (const [provider, theirs] of Object.entries(independent)) {
  test(`${provider}: both ways with Node's crypto`, () => {
    for (const secret of ["s", `whsec_${randomBytes(24).toString("base64")}`, "ß✓".repeat(40)]) {
      for (const text of bodies) {
        const event = { ...JSON.parse(text), created_at: new Date(now * 1000), createdAt: new Date(now * 1000) };
        const body = JSON.stringify(event);
        assert.equal(verify({ provider, secret, headers: theirs.sign(secret, body), body }).id, String(event.id));
        refused(() => verify({ provider, secret, headers: theirs.sign(`${secret}x`, body), body }));
        refused(() => verify({ provider, secret, headers: theirs.sign(secret, `${body}x`), body }));
        const ours = lower(sign({ provider, secret, body }));
        assert.ok(theirs.verify(secret, ours, body));
        assert.ok(!theirs.verify(`${secret}x`, ours, body));
      }
    }
  });
}

test("tinyposter signs as Stripe does: both ways with its npm package", () => {
  const secret = `whsec_${randomBytes(24).toString("base64")}`;
  for (const body of bodies) {
    const header = Stripe.webhooks.generateTestHeaderString({ payload: body, secret });
    const headers = { "x-tinyposter-signature": header };
    assert.deepEqual(verify({ provider: "tinyposter", secret, headers, body }).payload, JSON.parse(body));
    const ours = sign({ provider: "tinyposter", secret, body })["X-Tinyposter-Signature"];
    assert.deepEqual(Stripe.webhooks.constructEvent(body, ours, secret), JSON.parse(body));
  }
});

test("RFC 4231, test case 2", () => {
  const tag = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
  const body = "what do ya want for nothing?";
  assert.deepEqual(sign({ provider: "github", secret: "Jefe", body }), { "X-Hub-Signature-256": `sha256=${tag}` });
});
