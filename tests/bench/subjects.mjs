// What is measured: each peer, and beside it hookward verifying the very same delivery, with the same
// left to do: where a peer parses the body, ours is read as well. A peer gets its secret and body in the
// form that suits it best.

import { createHmac, createSecretKey, randomBytes, timingSafeEqual } from "node:crypto";

/** The names of all packages measured, ours first. `entry` is what a user imports. */
export const packages = {
  hookward: { entry: 'export { verify } from "hookward";' },
  stripe: { entry: 'import Stripe from "stripe"; export const verify = Stripe.webhooks.constructEvent;' },
  "@octokit/webhooks-methods": { entry: 'export { verify } from "@octokit/webhooks-methods";' },
  standardwebhooks: { entry: 'export { Webhook } from "standardwebhooks";' },
  svix: { entry: 'export { Webhook } from "svix";' },
};

/** What nothing that verifies in Node can be faster than. */
export const BARE = "node:crypto alone";

/** A JSON event of exactly `size` bytes. */
export function eventOf(size, id = `evt_${randomBytes(8).toString("hex")}`) {
  const event = { id, type: "post.published", created: now(), data: { posts: [] } };
  const length = () => Buffer.byteLength(JSON.stringify(event));
  for (let number = 1; length() + 96 < size; number += 1) {
    event.data.posts.push({ number, title: "A post of some length", url: `https://example.com/posts/${number}` });
  }
  event.data.note = "";
  event.data.note = "x".repeat(Math.max(0, size - length()));
  return Buffer.from(JSON.stringify(event));
}

/** A delivery of `body` in every scheme that is measured, plain enough to pass to another process. */
export function deliveries(body) {
  const key = randomBytes(32);
  const secret = `whsec_${key.toString("base64")}`;
  const t = now();
  const id = `msg_${randomBytes(12).toString("hex")}`;
  const mac = (hmacKey, before) => createHmac("sha256", hmacKey).update(before).update(body);
  // What comes along from a server, an application and a proxy in front of it.
  const common = {
    host: "hooks.example.com",
    "user-agent": "bench/1",
    "content-type": "application/json",
    "content-length": String(body.length),
    accept: "*/*",
    "accept-encoding": "gzip",
    "x-forwarded-for": "192.0.2.1",
    "x-forwarded-proto": "https",
  };
  const signed = (prefix) => ({
    ...common,
    [`${prefix}-id`]: id,
    [`${prefix}-timestamp`]: String(t),
    [`${prefix}-signature`]: `v1,${mac(key, `${id}.${t}.`).digest("base64")}`,
  });
  return {
    secret,
    standard: signed("webhook"),
    svix: signed("svix"),
    stripe: { ...common, "stripe-signature": `t=${t},v1=${mac(secret, `${t}.`).digest("hex")}` },
    github: { ...common, "x-hub-signature-256": `sha256=${mac(secret, "").digest("hex")}` },
  };
}

/**
 * What to measure on one body: for each peer its own call and ours.
 *
 * @returns {Promise<{ peer: string, work: string, theirs: () => unknown, ours: () => unknown }[]>}
 */
export async function subjects(body) {
  const [{ verify }, { default: Stripe }, octokit, standard, svix] = await Promise.all([
    import("hookward"),
    import("stripe"),
    import("@octokit/webhooks-methods"),
    import("standardwebhooks"),
    import("svix"),
  ]);
  const { secret, ...headers } = deliveries(body);
  const text = body.toString();
  const standardWebhook = new standard.Webhook(secret);
  const svixWebhook = new svix.Webhook(secret);
  const ours = (provider, sent) => {
    const options = { provider, secret, headers: sent, body };
    return () => verify(options);
  };
  const parsed = (call) => () => call().payload;
  const refuse = () => {
    throw new Error("refused");
  };
  const key = createSecretKey(Buffer.from(secret));
  const tag = Buffer.from(headers.github["x-hub-signature-256"].slice(7), "hex");
  return [
    {
      peer: "stripe",
      work: "`t=,v1=`, JSON parsed",
      theirs: () => Stripe.webhooks.constructEvent(body, headers.stripe["stripe-signature"], secret),
      ours: parsed(ours("stripe", headers.stripe)),
    },
    {
      peer: "@octokit/webhooks-methods",
      work: "the body alone",
      theirs: async () => (await octokit.verify(secret, text, headers.github["x-hub-signature-256"])) || refuse(),
      ours: ours("github", headers.github),
    },
    {
      peer: "standardwebhooks",
      work: "Standard Webhooks, JSON parsed",
      theirs: () => standardWebhook.verify(body, headers.standard),
      ours: parsed(ours("standard-webhooks", headers.standard)),
    },
    {
      peer: "svix",
      work: "Standard Webhooks",
      theirs: () => svixWebhook.verify(body, headers.svix),
      ours: ours("svix", headers.svix),
    },
    {
      peer: BARE,
      work: "the body alone",
      theirs: () => timingSafeEqual(createHmac("sha256", key).update(body).digest(), tag) || refuse(),
      ours: ours("github", headers.github),
    },
  ];
}

function now() {
  return Math.floor(Date.now() / 1000);
}
