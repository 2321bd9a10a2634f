// Payments, shops and books.

import type { Samples } from "./sample.js";

export const commerce: Samples = {
  stripe: {
    type: "checkout.session.completed",
    body: (type, at) => ({
      id: `evt_${at.id}`,
      object: "event",
      api_version: "2025-01-27.acacia",
      created: at.seconds,
      data: { object: { id: "cs_test_1", object: "checkout.session", amount_total: 1200, currency: "eur", payment_status: "paid" } },
      livemode: false,
      pending_webhooks: 1,
      request: { id: null, idempotency_key: null },
      type,
    }),
  },
  "checkout-com": {
    type: "payment_approved",
    body: (type, at) => ({ id: `evt_${at.id}`, type, created_on: at.isoSeconds, data: { id: "pay_1", amount: 1200, currency: "EUR" } }),
  },
  "coinbase-commerce": {
    type: "charge:confirmed",
    body: (type, at) => ({
      id: at.number,
      attempt_number: 1,
      scheduled_for: at.isoSeconds,
      event: { id: at.uuid, type, api_version: "2018-03-22", created_at: at.isoSeconds, resource: "event", data: { code: "66BEOV2A" } },
    }),
  },
  easypost: {
    type: "tracker.updated",
    body: (type, at) => ({
      id: `evt_${at.id}`,
      object: "Event",
      description: type,
      mode: "test",
      created_at: at.isoSeconds,
      result: { id: "trk_1", object: "Tracker", status: "delivered" },
    }),
  },
  gocardless: {
    type: "payments",
    body: (type, at) => ({
      events: [{ id: `EV${at.id}`, created_at: at.iso, resource_type: type, action: "confirmed", links: { payment: "PM1" } }],
      meta: { webhook_id: `WB${at.id}` },
    }),
  },
  "lemon-squeezy": {
    type: "order_created",
    body: (type) => ({
      meta: { event_name: type, test_mode: true },
      data: { type: "orders", id: "1", attributes: { status: "paid", total: 1200, currency: "EUR", user_email: "ada@example.com" } },
    }),
  },
  "modern-treasury": {
    type: "completed",
    body: (type, at) => ({ event: type, data: { id: at.uuid, object: "payment_order", status: "completed", amount: 1200 } }),
  },
  paddle: {
    type: "transaction.completed",
    body: (type, at) => ({
      event_id: `evt_${at.id}`,
      event_type: type,
      occurred_at: at.iso,
      notification_id: `ntf_${at.id}`,
      data: { id: "txn_1", status: "completed", currency_code: "EUR" },
    }),
  },
  razorpay: {
    type: "payment.captured",
    body: (type, at) => ({
      entity: "event",
      account_id: "acc_1",
      event: type,
      contains: ["payment"],
      payload: { payment: { entity: { id: "pay_1", amount: 1200, currency: "INR", status: "captured" } } },
      created_at: at.seconds,
    }),
  },
  shopify: {
    type: "orders/create",
    body: (_, at) => ({
      id: at.number,
      admin_graphql_api_id: `gid://shopify/Order/${at.number}`,
      created_at: at.isoSeconds,
      updated_at: at.isoSeconds,
      email: "ada@example.com",
      total_price: "12.00",
      currency: "EUR",
      line_items: [{ id: 1, title: "Hook", quantity: 1, price: "12.00" }],
    }),
    headers: () => ({ "X-Shopify-Shop-Domain": "example.myshopify.com", "X-Shopify-API-Version": "2025-01" }),
  },
  square: {
    type: "payment.updated",
    body: (type, at) => ({
      merchant_id: "6SSW7HV8K2ST5",
      type,
      event_id: at.uuid,
      created_at: at.iso,
      data: { type: "payment", id: "pay_1", object: { payment: { id: "pay_1", status: "COMPLETED" } } },
    }),
  },
  woocommerce: {
    type: "order.updated",
    body: (_, at) => ({ id: 727, number: "727", status: "processing", currency: "EUR", total: "12.00", date_modified_gmt: at.isoSeconds.slice(0, 19) }),
    headers: (type) => ({ "X-WC-Webhook-Resource": type.split(".")[0] ?? "order", "X-WC-Webhook-Event": type.split(".")[1] ?? "updated" }),
  },
  xero: {
    type: "UPDATE",
    body: (type, at) => ({
      events: [
        {
          resourceUrl: "https://api.xero.com/api.xro/2.0/Invoices/1",
          resourceId: at.uuid,
          eventDateUtc: at.iso.slice(0, 23),
          eventType: type,
          eventCategory: "INVOICE",
          tenantType: "ORGANISATION",
        },
      ],
      firstEventSequence: 1,
      lastEventSequence: 1,
      entropy: at.id.toUpperCase(),
    }),
  },
};
