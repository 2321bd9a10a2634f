// By tinysend.com/developers/webhooks, which lists the events, and shows the data of post.sent only. Shapes
// are the provider's promise: nothing checks them at run time.

import type { OtherFields } from "./typed.js";

/** The data of `post.sent`. */
export interface TinysendPost extends OtherFields {
  readonly post_id: string;
  readonly list_id: string;
  readonly subject: string;
}

/** The data of tinysend's events, by type. */
export interface TinysendEvents {
  "post.created": OtherFields;
  "post.updated": OtherFields;
  "post.sent": TinysendPost;
  "post.delivered": OtherFields;
  "post.paused": OtherFields;
  "post.resumed": OtherFields;
  "post.cancelled": OtherFields;
  "post.viewed": OtherFields;
  "post.liked": OtherFields;
  "email.received": OtherFields;
  "email.sent": OtherFields;
  "email.delivered": OtherFields;
  "email.bounced": OtherFields;
  "email.opened": OtherFields;
  "email.clicked": OtherFields;
  "email.complained": OtherFields;
  "email.replied": OtherFields;
  "subscriber.created": OtherFields;
  "subscriber.confirmed": OtherFields;
  "subscriber.unsubscribed": OtherFields;
  "subscriber.deleted": OtherFields;
  "contact.created": OtherFields;
  "contact.updated": OtherFields;
  "contact.deleted": OtherFields;
  "list.created": OtherFields;
  "list.updated": OtherFields;
  "list.deleted": OtherFields;
  "mailbox.created": OtherFields;
  "mailbox.updated": OtherFields;
  "mailbox.deleted": OtherFields;
}
