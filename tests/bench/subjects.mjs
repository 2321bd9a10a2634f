// What is measured: hookward and its peers, each verifying a delivery of its own scheme that this file
// signs. A peer gets its secret and body in the form that suits it best.

import { createHmac, randomBytes } from "node:crypto";

/** The names of everything measured, ours first. `entry` is what a user imports. */
export const packages = {
  hookward: { entry: 'export { verify } from "hookward";' },
  stripe: { entry: 'import Stripe from "stripe"; export const verify = Stripe.webhooks.constructEvent;' },
  "@octokit/webhooks-methods": { entry: 'export { verify } from "@octokit/webhooks-methods";' },
  standardwebhooks: { entry: 'export { Webhook } from "standardwebhooks";' },
  svix: { entry: 'export { Webhook } from "svix";' },
};

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
  const mac = (hmacKey, prefix) => createHmac("sha256", hmacKey).update(prefix).update(body);
  const common = { "content-type": "application/json", "user-agent": "bench/1", host: "localhost" };
  return {
    secret,
    standard: {
      ...common,
      "webhook-id": id,
      "webhook-timestamp": String(t),
      "webhook-signature": `v1,${mac(key, `${id}.${t}.`).digest("base64")}`,
    },
    // Stripe's header is `t=…,v1=…` over `t.body`, and so is tinyposter's; both key with the whole secret.
    timestamped: `t=${t},v1=${mac(secret, `${t}.`).digest("hex")}`,
    common,
    bodyOnly: `sha256=${mac(secret, "").digest("hex")}`,
  };
}

/**
 * What to measure on one body. `like` names the subject of ours that does the same work: some peers also
 * parse the body as JSON, so ours is measured with and without.
 */
export async function subjects(body) {
  const [{ verify }, { default: Stripe }, octokit, standard, svix] = await Promise.all([
    import("hookward"),
    import("stripe"),
    import("@octokit/webhooks-methods"),
    import("standardwebhooks"),
    import("svix"),
  ]);
  const { secret, standard: headers, timestamped, common, bodyOnly } = deliveries(body);
  const tinyposterHeaders = { ...common, "x-tinyposter-signature": timestamped };
  const text = body.toString();
  const standardWebhook = new standard.Webhook(secret);
  const svixWebhook = new svix.Webhook(secret);
  const viaStandard = { provider: "standard-webhooks", secret, headers, body };
  const viaTinyposter = { provider: "tinyposter", secret, headers: tinyposterHeaders, body };
  return [
    { name: "hookward", scheme: "standard-webhooks", parses: false, run: () => verify(viaStandard) },
    { name: "hookward", scheme: "standard-webhooks", parses: true, run: () => verify(viaStandard).payload },
    { name: "hookward", scheme: "t=,v1=", parses: false, run: () => verify(viaTinyposter) },
    { name: "hookward", scheme: "t=,v1=", parses: true, run: () => verify(viaTinyposter).payload },
    {
      name: "stripe",
      scheme: "t=,v1=",
      parses: true,
      run: () => Stripe.webhooks.constructEvent(body, timestamped, secret),
    },
    {
      name: "@octokit/webhooks-methods",
      scheme: "t=,v1=",
      note: "signs the body alone; asynchronous",
      parses: false,
      run: async () => {
        if (!(await octokit.verify(secret, text, bodyOnly))) throw new Error("refused");
      },
    },
    {
      name: "standardwebhooks",
      scheme: "standard-webhooks",
      parses: true,
      run: () => standardWebhook.verify(body, headers),
    },
    { name: "svix", scheme: "standard-webhooks", parses: false, run: () => svixWebhook.verify(body, headers) },
  ];
}

function now() {
  return Math.floor(Date.now() / 1000);
}
