// What each provider sends, signed by the package as the provider would.

const DAY_SECONDS = 86_400;

const iso = (seconds) => new Date(seconds * 1000).toISOString();

/** Secrets, bodies, and headers beside the signature. */
export const PROVIDERS = {
  tinyposter: {
    secret: "whsec_tinyposter_of_this_test",
    body: (id, at) => ({ id, type: "post.published", created: iso(at), data: { post: { id: "p1", text: "Grüße" } } }),
    says: "Published: Grüße",
  },
  tinysend: {
    secret: "tinysend_secret_of_this_test",
    body: (id, at) => ({ id, type: "post.sent", created_at: iso(at), data: { post_id: "p1", list_id: "l1", subject: "Grüße" } }),
    says: "Sent: Grüße",
  },
  letmepost: {
    secret: "letmepost_secret_of_this_test",
    body: (id, at) => ({ id, type: "post.failed", created: iso(at), data: { error: { code: "x", message: "Grüße" } } }),
    says: "A post failed: ",
  },
  stripe: {
    secret: "whsec_stripe_of_this_test",
    body: (id, at) => ({ id, object: "event", type: "invoice.paid", created: at, data: { object: { id: "in_1" } } }),
  },
  github: {
    secret: "github_secret_of_this_test",
    body: (id) => ({ ref: `refs/heads/${id}`, repository: { full_name: "a/b" } }),
    headers: { "x-github-event": "push" },
    untimed: true,
  },
};

/** A delivery, `age` seconds old. */
export function delivery(hookward, provider, id, { age = 0 } = {}) {
  const { secret, body: make, headers = {} } = PROVIDERS[provider];
  const timestamp = Math.floor(Date.now() / 1000) - age;
  const body = JSON.stringify(make(id, timestamp));
  const signed = hookward.sign({ provider, secret, body, timestamp });
  return { headers: { "content-type": "application/json", ...headers, ...signed }, body };
}

/** What must be refused, and with which code; of GitHub nothing signed says how old it is. */
export function forgeries(hookward, provider, id) {
  const good = delivery(hookward, provider, id);
  const forged = [
    ["tampered with", { ...good, body: good.body.replace(id, `${id}x`) }, "signature_mismatch"],
    ["unsigned", { headers: { "content-type": "application/json" }, body: good.body }, "missing_signature"],
  ];
  if (!PROVIDERS[provider].untimed) {
    forged.push(["stale", delivery(hookward, provider, id, { age: 2 * DAY_SECONDS }), "timestamp_too_old"]);
  }
  return forged;
}
