// What each provider's sending side puts on the wire, written afresh from its documentation with
// node:crypto. It shares no code with Hookward, so that it can contradict it.

import { createHmac, randomBytes } from "node:crypto";

const hmacHex = (secret, ...parts) => hmac(secret, parts).digest("hex");

function hmac(key, parts) {
  const mac = createHmac("sha256", key);
  for (const part of parts) mac.update(part);
  return mac;
}

const ident = () => randomBytes(10).toString("hex");
const isoMs = (unixS) => new Date(unixS * 1000).toISOString();
const isoS = (unixS) => isoMs(unixS).replace(".000Z", "Z");

/**
 * A provider as its own servers behave.
 *
 * @typedef {object} Sender
 * @property {string} id the provider's id in Hookward
 * @property {() => string} secret a fresh signing secret in the provider's form
 * @property {(event: { id?: string, type?: string, atS: number, data?: unknown }) => object} event
 *   the JSON envelope of one event
 * @property {(send: { body: Uint8Array | string, secret: string, atS: number, id?: string, type?: string }) =>
 *   [string, string][]} headers the headers it sends; `id` is the message's own, where one is signed
 * @property {string} signatureHeader
 * @property {boolean} timed whether a timestamp is signed apart from the body
 */

/** @type {Record<string, Sender>} */
export const senders = {
  tinyposter: {
    id: "tinyposter",
    timed: true,
    signatureHeader: "X-Tinyposter-Signature",
    secret: () => `whsec_${randomBytes(24).toString("hex")}`,
    event: ({ id = ident(), type = "post.published", atS, data }) => ({
      id: `evt_${id}`,
      type,
      created: isoMs(atS),
      data: data ?? { post: { id: "p_1", status: "published", text: "Grüße 👋", platforms: ["x"] } },
    }),
    headers: ({ body, secret, atS, type = "post.published" }) => [
      ["Content-Type", "application/json"],
      ["User-Agent", "tinyposter-webhooks/1"],
      ["X-Tinyposter-Event", type],
      ["X-Tinyposter-Delivery", `del_${ident()}`],
      ["X-Tinyposter-Signature", `t=${atS},v1=${hmacHex(secret, `${atS}.`, body)}`],
    ],
  },
  tinysend: {
    id: "tinysend",
    timed: false,
    signatureHeader: "X-Tinysend-Signature",
    secret: () => randomBytes(24).toString("hex"),
    event: ({ id = ident(), type = "email.delivered", atS, data }) => ({
      id: `01jx${id}`,
      type,
      created_at: isoS(atS),
      data: data ?? { post_id: "p_1", list_id: "l_1", subject: "Hello" },
    }),
    headers: ({ body, secret, type = "email.delivered" }) => [
      ["Content-Type", "application/json"],
      ["X-Tinysend-Event", type],
      ["X-Tinysend-Delivery-Id", `dlv_${ident()}`],
      ["X-Tinysend-Signature", hmacHex(secret, body)],
    ],
  },
  letmepost: {
    id: "letmepost",
    timed: true,
    signatureHeader: "X-LMP-Signature",
    secret: () => `lmp_${randomBytes(24).toString("hex")}`,
    event: ({ id = ident(), type = "post.published", atS, data }) => ({
      id: `evt_${id}`,
      type,
      created: isoMs(atS),
      status: "published",
      error: null,
      request_id: `req_${ident()}`,
      data: data ?? { post: { id: "p_1" } },
    }),
    headers: ({ body, secret, atS }) => [
      ["Content-Type", "application/json"],
      ["X-LMP-Timestamp", String(atS)],
      ["X-LMP-Signature", hmacHex(secret, `${atS}.`, body)],
    ],
  },
  "letmepost-v1": {
    id: "letmepost-v1",
    timed: true,
    signatureHeader: "X-Letmepost-Signature",
    secret: () => `whsec_${randomBytes(24).toString("hex")}`,
    event: letmepostDocsEvent,
    headers: ({ body, secret, atS }) => [
      ["Content-Type", "application/json"],
      ["X-Letmepost-Signature", `t=${atS},v1=${hmacHex(secret, `${atS}.`, body)}`],
    ],
  },
  "letmepost-body": {
    id: "letmepost-body",
    timed: false,
    signatureHeader: "X-Letmepost-Signature",
    secret: () => randomBytes(24).toString("hex"),
    event: letmepostDocsEvent,
    headers: ({ body, secret }) => [
      ["Content-Type", "application/json"],
      ["X-Letmepost-Signature", `sha256=${hmacHex(secret, body)}`],
    ],
  },
  "standard-webhooks": {
    id: "standard-webhooks",
    timed: true,
    signatureHeader: "webhook-signature",
    secret: () => `whsec_${randomBytes(24).toString("base64")}`,
    event: ({ type = "invoice.paid", atS, data }) => ({
      type,
      timestamp: isoMs(atS),
      data: data ?? { id: `inv_${ident()}` },
    }),
    headers: ({ body, secret, atS, id = `msg_${ident()}` }) => [
      ["Content-Type", "application/json"],
      ["webhook-id", id],
      ["webhook-timestamp", String(atS)],
      ["webhook-signature", `v1,${standardTag(secret, id, atS, body)}`],
    ],
  },
};

function letmepostDocsEvent({ id = ident(), type = "post.published", atS, data }) {
  return {
    id: `evt_${id}`,
    type,
    createdAt: isoMs(atS),
    organizationId: "org_1",
    data: data ?? { postId: "p_1" },
  };
}

/** The base64 tag of Standard Webhooks over `{id}.{timestamp}.{body}`. */
export function standardTag(secret, id, timestamp, body) {
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  return hmac(key, [`${id}.${timestamp}.`, body]).digest("base64");
}

/**
 * One signed delivery, ready to be posted.
 *
 * @param {string} provider
 * @param {string} secret
 * @param {object} [how]
 * @param {number} [how.atS] when the provider says that it sent it; now by default
 * @param {string} [how.id] the event's own id, without its prefix
 * @param {string} [how.type]
 * @param {unknown} [how.data]
 * @param {string | Uint8Array} [how.body] sent in place of the provider's envelope
 * @returns {{ headers: [string, string][], body: string | Uint8Array, event?: object }}
 */
export function delivery(provider, secret, { atS = nowS(), id, type, data, body } = {}) {
  const sender = senders[provider];
  const event = body === undefined ? sender.event({ id, type, atS, data }) : undefined;
  const bytes = body ?? JSON.stringify(event);
  const messageId = provider === "standard-webhooks" && id ? `msg_${id}` : undefined;
  return { headers: sender.headers({ body: bytes, secret, atS, id: messageId, type }), body: bytes, event };
}

export const nowS = () => Math.floor(Date.now() / 1000);
