// Every other provider of the catalogue, described from what vendors publish and apart from the Rust
// rows: who reads a header's name or a separator wrongly in one of the two finds out here.
import assert from "node:assert/strict";

import {
  HEX_CUTS, MADE_HERE, NOW, at, bytes, common, iso, kase, mac, ok, refused, timeInHeader, timed, utf8,
} from "./cases.mjs";
import { published } from "./published.mjs";

const BASE64_CUTS = [2, 3, 4, 40, 42];
const text = (secret) => secret;
const whsec = (secret) => Buffer.from(secret.replace(/^whsec_/, ""), "base64");
const TEXT_SECRETS = ["one_4e3ZKcDIgnKt8uWq", "two_9m0Qz6s1Rr5uXe2a", "other_7Yh2kLw8BdPq0f"];
const WHSEC_SECRETS = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", "whsec_ODE1Y2Q3ZGI4ZTU5NDFhZmE4YTQ1Yjk1"];
const MESSAGE = "msg_2Lh9KRb0pzN4LePd3XiA4v";
const TARGET = { method: "POST", url: "https://gateway.example.com/in/a%20b?x=%3A1" };

/** How a time in seconds is written. */
const WRITTEN = {
  s: (time) => String(time),
  ms: (time) => String(time * 1000),
  rfc3339: (time) => iso(time),
};

/**
 * One provider. `signed(t, body, id)` gives what is signed, piece by piece; `value(tag, t)` the signature
 * header. `unit` is how a time in a header is written (`timestamp` names a header of its own); `dated` a
 * body's time. `event` is a body as the provider sends it, `key` what duplicates are known by.
 */
function provider(o) {
  const {
    header, timestamp, idHeader, unit, dated, encoding = "hex", secrets = TEXT_SECRETS, keyOf = text,
    signed = (t, body) => [body], value = (tag) => tag, event = () => ({ event: "created", data: { name: "wörld" } }),
    key = () => undefined, target,
  } = o;
  const write = (time) => (typeof time === "number" && unit ? WRITTEN[unit](time) : String(time));
  const retag = (headers, f) =>
    headers.map(([n, v]) => {
      if (n !== header) return [n, v];
      const tag = v.match(encoding === "hex" ? /[0-9a-f]{64}/ : /[A-Za-z0-9+/]{43}=/)[0];
      return [n, v.replace(tag, () => f(tag))];
    });
  return {
    secrets, retag, write, target,
    signs: [
      ...(idHeader ? [[idHeader, "missing_id"]] : []),
      ...(timestamp ? [[timestamp, "missing_timestamp"]] : []),
      [header, "missing_signature"],
    ],
    truncations: encoding === "hex" ? HEX_CUTS : BASE64_CUTS,
    defaults: unit || dated ? {} : { freshness: "untimed", timestamp: null },
    body: (time) => utf8(JSON.stringify(event(time))),
    key,
    sign: (secret, time, body, id = MESSAGE) => {
      const t = write(time);
      const tag = mac(keyOf(secret), ...signed(t, bytes(body), id)).toString(encoding);
      return [
        ...(idHeader ? [[idHeader, id]] : []),
        ...(timestamp ? [[timestamp, t]] : []),
        [header, value(tag, t)],
      ];
    },
    withTime: (headers, t) =>
      headers.map(([n, v]) => (timestamp ? [n, n === timestamp ? t : v] : [n, v.replace(/=[^,;]*/, `=${t}`)])),
  };
}

const cases = (p, o) => {
  const list = [...common(p)];
  const { tolerance = 300 } = o;
  if (o.unit || o.dated) list.push(...timed(p, { tolerance, horizon: tolerance }));
  if (o.unit) list.push(...(o.unit === "s" ? timeInHeader(p) : otherTimes(p, o)));
  return p.target ? list.map((c) => ({ ...c, target: p.target })) : list;
};

/** Times in a header that are not Unix seconds. */
function otherTimes(p, { unit }) {
  const [one] = p.secrets;
  const body = p.body(NOW);
  const signed = (name, t, expect) => kase(name, [one], p.sign(one, t, body), body, expect);
  const bad = unit === "ms"
    ? ["+1700000000000", " 1700000000000", "1700000000000.0", "17000000000000", "now", "2023-11-14T22:13:20Z"]
    : ["1700000000", "2023-11-14", "2023-11-14T22:13:20", "2023-11-31T22:13:20Z", " 2023-11-14T22:13:20Z", "2023-11-14T22:13:20Z ", "2023-11-14T22:13:20Z{"];
  const list = bad.map((t) => signed(`a timestamp written ${JSON.stringify(t)}`, t, refused("malformed_timestamp")));
  const good = ok(body, { key: p.key(body) });
  list.push(kase("another timestamp under the same tag", [one], p.withTime(p.sign(one, NOW, body), p.write(NOW + 1)), body, refused("signature_mismatch")));
  if (unit === "ms") {
    list.push(
      signed("seconds for milliseconds", String(NOW), refused("timestamp_too_old")),
      signed("the last millisecond of the second", String(NOW * 1000 + 999), good),
    );
  } else {
    list.push(
      signed("an offset", "2023-11-14T15:13:20-07:00", good),
      signed("nanoseconds", "2023-11-14T22:13:20.999999999Z", good),
    );
  }
  return list;
}

const dot = (t, body) => [`${t}.`, body];
const tv = (name = "v1", t0 = "t", sep = ",") => (tag, t) => `${t0}=${t}${sep}${name}=${tag}`;
const sha256 = (tag) => `sha256=${tag}`;
const string = (pick) => (body) => ["string", pick(JSON.parse(body.utf8))];
const STANDARD = {
  header: "webhook-signature", timestamp: "webhook-timestamp", idHeader: "webhook-id", unit: "s", encoding: "base64",
  secrets: WHSEC_SECRETS, keyOf: whsec, signed: (t, body, id) => [`${id}.${t}.`, body], value: (tag) => `v1,${tag}`,
  key: () => ["header", MESSAGE],
};
const SVIX = { ...STANDARD, header: "svix-signature", timestamp: "svix-timestamp", idHeader: "svix-id" };
const field = (header, more) => ({ header, unit: "s", signed: dot, value: tv(), ...more });
const hexBody = (header, more) => ({ header, ...more });
const base64Body = (header, more) => ({ header, encoding: "base64", ...more });
const UNKEYED = () => null;

const DESCRIBED = {
  anthropic: { ...STANDARD, event: () => ({ type: "event", id: "evt_1", created_at: "2023-11-14T22:13:20Z", data: { type: "session.created" } }) },
  brex: { ...STANDARD, secrets: WHSEC_SECRETS.map((s) => s.slice(6)) },
  clerk: SVIX,
  "dodo-payments": STANDARD,
  finch: { ...STANDARD, header: "Finch-Signature", timestamp: "Finch-Timestamp", idHeader: "Finch-Event-Id", secrets: WHSEC_SECRETS.map((s) => s.slice(6)) },
  gitlab: STANDARD,
  "incident-io": STANDARD,
  lithic: STANDARD,
  liveblocks: STANDARD,
  openai: STANDARD,
  polar: STANDARD,
  "polar-raw": { ...STANDARD, secrets: ["polar_whs_one4e3ZKcDI", "polar_whs_two9m0Qz6s", "polar_whs_other7Yh2"], keyOf: text },
  render: STANDARD,
  replicate: { ...STANDARD, event: () => ({ id: "ufawqhfynnddngldkgtslldrkq", status: "succeeded" }) },
  resend: SVIX,
  supabase: { ...STANDARD, secrets: WHSEC_SECRETS.map((s) => `v1,${s}`), keyOf: (s) => whsec(s.slice(3)) },
  whop: { ...STANDARD, secrets: ["ws_one4e3ZKcDIgnKt", "ws_two9m0Qz6s1Rr5u", "ws_other7Yh2kLw8Bd"], keyOf: text },

  stripe: field("Stripe-Signature", { event: (t) => ({ id: "evt_1NG8Du2eZvKYlo2C", object: "event", created: t, type: "invoice.paid", data: { object: {} } }), key: string((b) => b.id) }),
  buildkite: field("X-Buildkite-Signature", { value: tv("signature", "timestamp") }),
  calendly: field("Calendly-Webhook-Signature", { tolerance: 180 }),
  elevenlabs: field("ElevenLabs-Signature", { value: tv("v0"), tolerance: 1800 }),
  mux: field("Mux-Signature", { event: () => ({ type: "video.asset.ready", id: "3a56ac3d-33da-4366-855b-f592d898409d", attempts: [] }), key: string((b) => b.id) }),
  paddle: field("Paddle-Signature", { value: tv("h1", "ts", ";"), signed: (t, body) => [`${t}:`, body], tolerance: 5, event: () => ({ event_id: "evt_01hv8x29kz0t586xy6zn1a62ny", event_type: "transaction.paid" }), key: string((b) => b.event_id) }),
  rootly: field("X-Rootly-Signature", { signed: (t, body) => [t, body], event: () => ({ event: { id: "9e59e1f5", type: "incident.created" } }), key: string((b) => b.event.id) }),
  workos: field("WorkOS-Signature", { unit: "ms", value: tv("v1", "t", ", "), tolerance: 180, event: () => ({ id: "event_01HV", event: "user.created" }), key: string((b) => b.id) }),

  box: { header: "BOX-SIGNATURE-PRIMARY", timestamp: "BOX-DELIVERY-TIMESTAMP", unit: "rfc3339", encoding: "base64", signed: (t, body) => [body, t], tolerance: 600, event: () => ({ type: "webhook_event", id: "0f00e1be", trigger: "FILE.UPLOADED" }), key: string((b) => b.id) },
  "customer-io": { header: "X-CIO-Signature", timestamp: "X-CIO-Timestamp", unit: "s", signed: (t, body) => [`v0:${t}:`, body], event: () => ({ event_id: "01E4C4CT6YDC7Y5M7FE1GWWPQJ", metric: "delivered" }), key: string((b) => b.event_id) },
  hubspot: { header: "X-HubSpot-Signature-v3", timestamp: "X-HubSpot-Request-Timestamp", unit: "ms", encoding: "base64", target: TARGET, signed: (t, body) => ["POST", TARGET.url.replace("%3A", ":"), body, t], event: () => [{ eventId: 1, subscriptionType: "contact.creation", attemptNumber: 0 }] },
  twitch: { header: "Twitch-Eventsub-Message-Signature", timestamp: "Twitch-Eventsub-Message-Timestamp", idHeader: "Twitch-Eventsub-Message-Id", unit: "rfc3339", signed: (t, body, id) => [id, t, body], value: sha256, tolerance: 600, key: () => ["header", MESSAGE], event: () => ({ subscription: { type: "channel.follow", status: "enabled" }, event: {} }) },
  webflow: { header: "x-webflow-signature", timestamp: "x-webflow-timestamp", unit: "ms", signed: (t, body) => [`${t}:`, body] },
  zendesk: { header: "X-Zendesk-Webhook-Signature", timestamp: "X-Zendesk-Webhook-Signature-Timestamp", unit: "rfc3339", encoding: "base64", signed: (t, body) => [t, body] },
  zoom: { header: "x-zm-signature", timestamp: "x-zm-request-timestamp", unit: "s", signed: (t, body) => [`v0:${t}:`, body], value: (tag) => `v0=${tag}` },

  asana: hexBody("X-Hook-Signature"),
  bitbucket: hexBody("X-Hub-Signature", { value: sha256 }),
  "cal-com": hexBody("X-Cal-Signature-256"),
  "checkout-com": hexBody("Cko-Signature", { event: () => ({ id: "evt_az5sblvku4ge3dwpztvyizgcau", type: "payment_approved" }), key: string((b) => b.id) }),
  circleci: hexBody("circleci-signature", { value: (tag) => `v1=${tag}`, event: () => ({ id: "3888f21b-eaa7-38e3-8f3d-75a63bba8895", type: "workflow-completed" }), key: string((b) => b.id) }),
  clickup: hexBody("X-Signature", { key: UNKEYED }),
  "coinbase-commerce": hexBody("X-CC-Webhook-Signature", { event: () => ({ id: 1, event: { id: "24934862-d980", type: "charge:created" } }), key: string((b) => b.event.id) }),
  dropbox: hexBody("X-Dropbox-Signature", { key: UNKEYED, event: () => ({ list_folder: { accounts: ["dbid:1"] } }) }),
  dub: hexBody("Dub-Signature", { event: () => ({ id: "evt_1", event: "link.created" }), key: string((b) => b.id) }),
  easypost: hexBody("X-Hmac-Signature", { value: (tag) => `hmac-sha256-hex=${tag}`, event: () => ({ id: "evt_1", description: "tracker.updated" }), key: string((b) => b.id) }),
  forgejo: hexBody("X-Forgejo-Signature"),
  gitea: hexBody("X-Gitea-Signature"),
  gocardless: hexBody("Webhook-Signature"),
  jira: hexBody("X-Hub-Signature", { value: sha256 }),
  launchdarkly: hexBody("X-LD-Signature", { event: () => ({ _id: "569f183514f4432160000007", kind: "flag", name: "checkout" }), key: string((b) => b._id) }),
  "lemon-squeezy": hexBody("X-Signature", { event: () => ({ meta: { event_name: "order_created" }, data: { id: "1" } }) }),
  linear: hexBody("Linear-Signature", { dated: true, tolerance: 60, event: (t) => ({ type: "Issue", action: "create", webhookTimestamp: t * 1000 }) }),
  meta: hexBody("X-Hub-Signature-256", { value: sha256, event: () => ({ object: "page", entry: [{ id: "0", time: 1 }] }) }),
  "modern-treasury": hexBody("X-Signature"),
  notion: hexBody("X-Notion-Signature", { value: sha256, event: () => ({ id: "1782edd6", type: "page.created", attempt_number: 1 }), key: string((b) => b.id) }),
  pagerduty: hexBody("X-PagerDuty-Signature", { value: (tag) => `v1=${tag}`, event: () => ({ event: { id: "01BWDWL3", event_type: "incident.triggered" } }), key: string((b) => b.event.id) }),
  pusher: hexBody("X-Pusher-Signature", { event: () => ({ time_ms: 1700000000000, events: [{ name: "channel_occupied" }] }) }),
  razorpay: hexBody("X-Razorpay-Signature", { event: () => ({ event: "payment.captured", created_at: NOW, payload: {} }) }),
  sentry: hexBody("Sentry-Hook-Signature"),
  snyk: hexBody("X-Hub-Signature", { value: sha256 }),

  airtable: { header: "X-Airtable-Content-MAC", secrets: WHSEC_SECRETS.map((s) => s.slice(6)), keyOf: whsec, value: (tag) => `hmac-sha256=${tag}`, event: () => ({ base: { id: "app1" }, webhook: { id: "ach1" }, timestamp: "2023-11-14T22:13:20.000Z" }) },
  docusign: base64Body("X-DocuSign-Signature-1", { event: () => ({ event: "envelope-completed", retryCount: 0, data: { envelopeId: "e1" } }) }),
  envoy: base64Body("X-Envoy-Signature"),
  heroku: base64Body("Heroku-Webhook-Hmac-SHA256", { event: () => ({ action: "create", webhook_metadata: { attempt: { id: "a1" }, event: { id: "e1", include: "api:release" } } }), key: string((b) => b.webhook_metadata.event.id) }),
  hookdeck: base64Body("X-Hookdeck-Signature"),
  shopify: base64Body("X-Shopify-Hmac-Sha256", { event: () => ({ id: 820982911946154508, total_price: "403.00", updated_at: "2023-11-14T22:13:20-05:00" }) }),
  square: base64Body("x-square-hmacsha256-signature", { target: TARGET, signed: (t, body) => [TARGET.url, body], event: () => ({ merchant_id: "M", type: "payment.created", event_id: "13b867cf" }), key: string((b) => b.event_id) }),
  typeform: base64Body("Typeform-Signature", { value: sha256, event: () => ({ event_id: "LtWXD3crgy", event_type: "form_response" }), key: string((b) => b.event_id) }),
  woocommerce: base64Body("X-WC-Webhook-Signature", { event: () => ({ id: 727, status: "processing", number: "727" }) }),
  x: base64Body("x-twitter-webhooks-signature", { value: sha256, event: () => ({ for_user_id: "2244994945", tweet_create_events: [{ id: 1 }] }) }),
  xero: base64Body("x-xero-signature", { event: () => ({ events: [{ resourceId: "r1" }], firstEventSequence: 1, lastEventSequence: 1, entropy: "S0m3r4Nd0mt3xt" }) }),
};

/** What is particular to one provider. */
const OWN = {
  box(p) {
    const [one, two] = p.secrets;
    const body = p.body(NOW);
    const [time, [, primary]] = p.sign(one, NOW, body);
    const [, [, secondary]] = p.sign(two, NOW, body);
    const both = [time, ["BOX-SIGNATURE-PRIMARY", primary], ["BOX-SIGNATURE-SECONDARY", secondary]];
    const good = (secret = 0) => ok(body, { key: p.key(body), secret });
    return [
      kase("two signatures, the primary key", [one], both, body, good()),
      kase("two signatures, the secondary key", [two], both, body, good()),
      kase("only the secondary signature", [two], [time, both[2]], body, good()),
      kase("the secondary signature is not base64", [one], [time, both[1], ["BOX-SIGNATURE-SECONDARY", "!"]], body, refused("malformed_signature")),
      kase("the secondary signature twice", [one], [...both, both[2]], body, refused("malformed_signature")),
    ];
  },
  docusign(p) {
    const [one, two] = p.secrets;
    const body = p.body(NOW);
    const tag = (secret) => p.sign(secret, NOW, body)[0][1];
    const numbered = (list) => list.map(([n, s]) => [`X-DocuSign-Signature-${n}`, tag(s)]);
    const good = ok(body, p.defaults);
    return [
      kase("the third key of the account", [one], numbered([[1, two], [3, one]]), body, good),
      kase("the fifth key of the account", [one], numbered([[5, one]]), body, good),
    ];
  },
  hubspot(p) {
    const [one] = p.secrets;
    const body = p.body(NOW);
    const headers = p.sign(one, NOW, body);
    const to = (name, target, expect) => ({ ...kase(name, [one], headers, body, expect), target });
    return [
      to("another method", { ...TARGET, method: "PUT" }, refused("signature_mismatch")),
      to("another URL", { ...TARGET, url: `${TARGET.url}2` }, refused("signature_mismatch")),
      to("the URL with the escape undone already", { ...TARGET, url: TARGET.url.replace("%3A", ":") }, ok(body, {})),
      to("a space in the URL, which no URL has", { ...TARGET, url: TARGET.url.replace("%20", " ") }, refused("invalid_target")),
      to("another escape undone as well", { ...TARGET, url: TARGET.url.replace("%20", "+") }, refused("signature_mismatch")),
      to("no method and no URL", undefined, refused("invalid_target")),
      to("an empty URL", { ...TARGET, url: "" }, refused("invalid_target")),
    ];
  },
  square(p) {
    const [one] = p.secrets;
    const body = p.body(NOW);
    const headers = p.sign(one, NOW, body);
    const to = (name, target, expect) => ({ ...kase(name, [one], headers, body, expect), target });
    return [
      to("another URL", { ...TARGET, url: "https://attacker.example.com/" }, refused("signature_mismatch")),
      to("no URL", undefined, refused("invalid_target")),
    ];
  },
  paddle(p) {
    const [one, two, other] = p.secrets;
    const body = p.body(NOW);
    const tag = (secret) => p.sign(secret, NOW, body)[0][1].match(/[0-9a-f]{64}/)[0];
    const k = (name, value, expect, secrets = [one]) => kase(name, secrets, [["Paddle-Signature", value]], body, expect);
    const good = ok(body, { key: p.key(body) });
    return [
      k("two h1, the second matches", `ts=${NOW};h1=${tag(other)};h1=${tag(one)}`, good),
      k("two h1 and two secrets", `ts=${NOW};h1=${tag(two)};h1=${tag(one)}`, good, [one, two]),
      k("an h2 beside it is passed over", `ts=${NOW};h2=00;h1=${tag(one)}`, good),
      k("commas", `ts=${NOW},h1=${tag(one)}`, refused("malformed_signature")),
      k("two ts", `ts=${NOW};ts=${NOW};h1=${tag(one)}`, refused("malformed_signature")),
    ];
  },
  workos(p) {
    const [one] = p.secrets;
    const body = p.body(NOW);
    const value = p.sign(one, NOW, body)[0][1];
    const k = (name, v, expect) => kase(name, [one], [["WorkOS-Signature", v]], body, expect);
    return [
      k("no space after the comma", value.replace(", ", ","), ok(body, { key: p.key(body) })),
      k("two spaces after the comma", value.replace(", ", ",  "), refused("malformed_signature")),
      k("two headers joined", `${value}, ${value}`, refused("malformed_signature")),
    ];
  },
  pagerduty(p) {
    const [one, , other] = p.secrets;
    const body = p.body(NOW);
    const tag = (secret) => p.sign(secret, NOW, body)[0][1];
    const k = (name, v, expect) => kase(name, [one], [["X-PagerDuty-Signature", v]], body, expect);
    return [
      k("two v1, the second matches", `${tag(other)},${tag(one)}`, ok(body, { ...p.defaults, key: p.key(body) })),
      k("a v2 beside it is passed over", `v2=00,${tag(one)}`, ok(body, { ...p.defaults, key: p.key(body) })),
      k("two headers joined", `${tag(other)}, ${tag(one)}`, refused("malformed_signature")),
    ];
  },
  twitch(p) {
    const [one] = p.secrets;
    const body = p.body(NOW);
    const [, [, time], tag] = p.sign(one, NOW, body);
    const id = (name, value, expect) => kase(name, [one], p.sign(one, NOW, body, value), body, expect);
    // Nothing parts id, time and body: with a colon in the id, the time could begin in two places.
    const swallowed = `${MESSAGE}${time}${body.utf8.slice(0, 20)}`;
    return [
      id("an id with a colon", `${MESSAGE}:`, refused("malformed_id")),
      id("an id with a full stop", "msg.1", ok(body, { key: ["header", "msg.1"] })),
      kase("an id that holds the time and a piece of the body", [one], [["Twitch-Eventsub-Message-Id", swallowed], ["Twitch-Eventsub-Message-Timestamp", time], tag], body, refused("malformed_id")),
    ];
  },
  shopify(p) {
    const [one] = p.secrets;
    const order = (price) => utf8(JSON.stringify({ id: 820982911946154508, total_price: price }));
    const update = (name, body) => kase(name, [one], [...p.sign(one, NOW, body), ["X-Shopify-Event-Id", "98880550"]], body, ok(body, p.defaults));
    return [update("an update of an order", order("403.00")), update("the next update of the same order", order("404.00"))];
  },
  supabase(p) {
    const [one, two] = p.secrets;
    const body = p.body(NOW);
    const [id, time, [header, tag]] = p.sign(one, NOW, body);
    const [, , [, other]] = p.sign(two, NOW, body);
    return [
      kase("two signatures with a comma and a space between, as with two secrets", [one], [id, time, [header, `${tag}, ${other}`]], body, refused("malformed_signature")),
    ];
  },
  x(p) {
    const [one] = p.secrets;
    const token = (name, body, expect) => kase(name, [one], p.sign(one, NOW, utf8(body)), utf8(body), expect);
    return [
      token("a body that the handshake would have signed", "MDk3ZDE1_-9", refused("malformed_envelope")),
      token("a longer one, which it would not", "a".repeat(129), ok(utf8("a".repeat(129)), p.defaults)),
    ];
  },
  linear(p) {
    const [one] = p.secrets;
    const signed = (name, body, expect) => kase(name, [one], p.sign(one, NOW, utf8(body)), utf8(body), expect);
    return [
      signed("no webhookTimestamp", '{"type":"Issue"}', refused("missing_timestamp")),
      signed("a webhookTimestamp that is text", '{"webhookTimestamp":"1700000000000"}', refused("malformed_timestamp")),
      signed("a webhookTimestamp in seconds", '{"webhookTimestamp":1700000000}', refused("timestamp_too_old")),
      signed("two webhookTimestamp", '{"webhookTimestamp":1700000000000,"webhookTimestamp":1700000000000}', refused("malformed_timestamp")),
    ];
  },
};

/** A vendor's own vector, once it has been computed again. */
function vendors(o, p, { by, secret, headers, body, now, target }) {
  const name = o.header.toLowerCase();
  const given = Object.fromEntries(headers.map(([n, v]) => [n.toLowerCase(), v]));
  const t = o.timestamp ? given[o.timestamp.toLowerCase()] : given[name].match(/=(\d+)/)?.[1];
  const id = o.idHeader && given[o.idHeader.toLowerCase()];
  const described = provider(target ? { ...o, signed: (time, b) => (o.header.includes("HubSpot") ? ["POST", target.url, b, time] : [target.url, b]) } : o);
  const again = described.sign(secret, t, utf8(body), id).at(-1)[1];
  assert.equal(given[name], again, `${by}: the published vector is not what we compute`);
  let key = id ? ["header", id] : undefined;
  try {
    key ??= p.key(utf8(body));
    if (key && typeof key[1] !== "string") key = undefined;
  } catch {
    // Not JSON, or without the id: known by its body.
  }
  const one = kase(`the vendor's own: ${by}`, [secret], headers, utf8(body), ok(utf8(body), { ...p.defaults, ...(o.unit ? { timestamp: now } : {}), key }), at(now));
  return { ...one, published_by: by, ...(target ? { target } : {}) };
}

export const files = {};
for (const [id, o] of Object.entries(DESCRIBED)) {
  const p = provider(o);
  const theirs = published.filter((v) => v.provider === id).map((v) => vendors(o, p, v));
  files[id] = { published_by: MADE_HERE, cases: [...theirs, ...cases(p, o), ...(OWN[id]?.(p) ?? [])] };
}
