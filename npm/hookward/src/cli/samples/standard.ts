// Senders of Standard Webhooks: `{ type, timestamp, data }`, and what some make of it.

import type { Sample, Samples } from "./sample.js";

/** An event of the specification's own form, with this data. */
const standard = (type: string, data: object): Sample => ({
  type,
  body: (name, at) => ({ type: name, timestamp: at.iso, data }),
});

const user = { id: "user_1", first_name: "Ada", last_name: "Lovelace", object: "user" };

export const standards: Samples = {
  "standard-webhooks": standard("invoice.paid", { id: "inv_1", amount: 1200, currency: "eur" }),
  svix: standard("invoice.paid", { id: "inv_1", amount: 1200, currency: "eur" }),
  anthropic: {
    type: "session.created",
    body: (type, at) => ({ type: "event", id: `evt_${at.id}`, created_at: at.isoSeconds, data: { type, id: "sess_1" } }),
  },
  brex: { type: "TRANSFER_PROCESSED", body: (type) => ({ event_type: type, transfer_id: "dptx_1", company_id: "cuacc_1" }) },
  clerk: {
    type: "user.created",
    body: (type, at) => ({
      data: { ...user, created_at: at.ms, email_addresses: [{ email_address: "ada@example.com", id: "idn_1" }] },
      object: "event",
      timestamp: at.ms,
      type,
    }),
  },
  "dodo-payments": {
    type: "payment.succeeded",
    body: (type, at) => ({
      business_id: "bus_1",
      type,
      timestamp: at.iso,
      data: { payload_type: "Payment", payment_id: "pay_1", total_amount: 1200, currency: "EUR" },
    }),
  },
  finch: {
    type: "company.updated",
    body: (type) => ({ company_id: "720be419-0293-4d32-a707-32179b0827ab", account_id: "acc_1", event_type: type, data: {} }),
  },
  gitlab: {
    type: "push",
    body: (type) => ({
      object_kind: type,
      event_name: type,
      ref: "refs/heads/main",
      checkout_sha: "da1560886d4f094c3e6c9ef40349f7d38b5d27d7",
      user_username: "ada",
      project: { id: 15, name: "Diaspora", path_with_namespace: "mike/diaspora" },
      commits: [],
      total_commits_count: 0,
    }),
  },
  "incident-io": {
    type: "public_incident.incident_created_v2",
    body: (type, at) => ({
      event_type: type,
      [type]: { id: "01FCNDV6P870EA6S7TK1DSYDG0", name: "The database is sad", created_at: at.isoSeconds },
    }),
  },
  lithic: {
    type: "card_transaction.updated",
    body: (type, at) => ({ event_type: type, token: at.uuid, amount: 1000, status: "SETTLED", created: at.isoSeconds }),
  },
  liveblocks: {
    type: "storageUpdated",
    body: (type, at) => ({ type, data: { appId: "app_1", projectId: "prj_1", roomId: "room-1", updatedAt: at.iso } }),
  },
  openai: {
    type: "response.completed",
    body: (type, at) => ({ id: `evt_${at.id}`, object: "event", created_at: at.seconds, type, data: { id: "resp_1" } }),
  },
  polar: standard("order.paid", { id: "ord_1", amount: 1200, currency: "eur", customer_id: "cus_1" }),
  "polar-raw": standard("order.paid", { id: "ord_1", amount: 1200, currency: "eur", customer_id: "cus_1" }),
  render: standard("deploy_ended", { id: "evj-1", serviceId: "srv-1", serviceName: "api", status: "succeeded" }),
  replicate: {
    type: "completed",
    body: (_, at) => ({
      id: `p${at.id}`,
      version: "5c7d5dc6",
      status: "succeeded",
      input: { prompt: "a hook" },
      output: ["https://example.com/out.png"],
      created_at: at.iso,
      completed_at: at.iso,
    }),
  },
  resend: {
    type: "email.delivered",
    body: (type, at) => ({
      type,
      created_at: at.iso,
      data: { email_id: at.uuid, from: "Acme <a@example.com>", to: ["ada@example.com"], subject: "Grüße", created_at: at.iso },
    }),
  },
  supabase: {
    type: "send-email",
    body: (_, at) => ({
      metadata: { uuid: at.uuid, time: at.isoSeconds, name: "send-email" },
      user: { id: at.uuid, email: "ada@example.com" },
      email_data: { token: "305805", email_action_type: "signup" },
    }),
  },
  whop: {
    type: "payment.succeeded",
    body: (type, at) => ({
      id: `msg_${at.id}`,
      api_version: "v1",
      timestamp: at.iso,
      type,
      data: { id: "pay_1", total: 12, currency: "eur", user: { id: "user_1" } },
    }),
  },
};
