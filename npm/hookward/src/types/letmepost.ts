// The events by letmepost.dev/api/webhooks, the data by the provider's public source. Shapes are the
// provider's promise: nothing checks them at run time.

import type { OtherFields } from "./typed.js";

/** What the events of a post have in common. Times are RFC 3339. */
export interface LetmepostPost {
  readonly id: string;
  readonly platform: string;
  readonly accountId: string;
  readonly profileId: string;
}

/** Why a post was not published. */
export interface LetmepostFailure {
  readonly code: string;
  readonly message: string;
  readonly rule?: string;
  readonly platform?: string;
  readonly platformResponse?: unknown;
  readonly remediation?: string;
}

/** What the events of an account's token have in common. */
export interface LetmepostToken {
  readonly platform: string;
  readonly accountId: string;
  readonly platformAccountId: string;
}

/** The data of letmepost's events, by type. */
export interface LetmepostEvents {
  "post.queued": LetmepostPost & { readonly scheduledAt?: string; readonly queuedAt?: string };
  "post.validated": LetmepostPost & { readonly scheduledAt?: string };
  "post.published": LetmepostPost & { readonly uri?: string; readonly cid?: string; readonly publishedAt: string };
  "post.failed": LetmepostPost & { readonly error: LetmepostFailure; readonly rejectedAt?: string };
  "post.rejected": LetmepostPost & { readonly error: LetmepostFailure; readonly rejectedAt?: string };
  "token.expiring": LetmepostToken & { readonly displayName?: string | null; readonly tokenExpiresAt: string | null };
  "token.revoked": LetmepostToken & { readonly reason: string };
  "version.deprecated": OtherFields;
}
