// tinyposter, tinysend and letmepost: publishing and mailing services.

import type { Moment, Samples } from "./sample.js";

const post = (type: string, { id }: Moment) => ({
  id: `post_${id.slice(0, 8)}`,
  status: type.split(".")[1] ?? "published",
  text: "Hello from hookward – grüße 👋",
  platforms: ["x", "bluesky"],
  title: null,
  scheduled_at: null,
  published_at: null,
  error: null,
  brand_id: "brand_1",
});

const letmepost = (type: string, at: Moment) => ({
  id: `evt_${at.id}`,
  type,
  createdAt: at.iso,
  organizationId: "org_1",
  data: { postId: `post_${at.id.slice(0, 8)}`, platform: "x" },
});

export const posting: Samples = {
  tinyposter: {
    type: "post.published",
    body: (type, at) => ({
      id: `evt_${at.id}`,
      type,
      created: at.iso,
      data: type.startsWith("account.")
        ? { account: { platform: "x", username: "hookward", status: "connected", brand_id: "brand_1" } }
        : { post: post(type, at) },
    }),
    headers: () => ({ "User-Agent": "tinyposter-webhooks/1" }),
  },
  tinysend: {
    type: "email.delivered",
    body: (type, at) => ({
      id: `01jx${at.id.slice(0, 22)}`,
      type,
      created_at: at.isoSeconds,
      data: { post_id: "p_1", list_id: "l_1", email: "ada@example.com", subject: "Grüße" },
    }),
  },
  letmepost: {
    type: "post.published",
    body: (type, at) => ({
      id: `evt_${at.id}`,
      type,
      created: at.iso,
      status: "published",
      error: null,
      request_id: `req_${at.id.slice(0, 8)}`,
      data: { post: { id: `post_${at.id.slice(0, 8)}`, platform: "x" } },
    }),
  },
  "letmepost-v1": { type: "post.published", body: letmepost },
  "letmepost-body": { type: "post.published", body: letmepost },
};
