// By tinyposter.app/docs/webhooks. Shapes are the provider's promise: nothing checks them at run time.

/** A post, as tinyposter's events carry it. Times are RFC 3339. */
export interface TinyposterPost {
  readonly id: string;
  readonly status: string;
  readonly text: string;
  /** In capitals, like `TWITTER`. */
  readonly platforms: readonly string[];
  readonly title: string | null;
  readonly scheduled_at: string | null;
  readonly published_at: string | null;
  readonly error: string | null;
  readonly brand_id: string | null;
}

/** A connected account, as tinyposter's events carry it. */
export interface TinyposterAccount {
  readonly platform: string;
  readonly username: string | null;
  readonly status: string;
  readonly brand_id: string | null;
}

/** The data of tinyposter's events, by type. */
export interface TinyposterEvents {
  "post.created": { readonly post: TinyposterPost };
  "post.published": { readonly post: TinyposterPost };
  "post.failed": { readonly post: TinyposterPost };
  "post.canceled": { readonly post: TinyposterPost };
  "account.connected": { readonly account: TinyposterAccount };
  "account.disconnected": { readonly account: TinyposterAccount };
  /** Sent by the "Send test" button only. */
  ping: unknown;
}
