import type { WebhookEvent } from "./event.js";
import type { ProviderInfo } from "./providers.js";
import { verify, type VerifyOptions } from "./verify.js";

/** @internal What a memory of events allows: all of it in seconds. */
export interface Late {
  /** How old a delivery may be. */
  readonly horizon: number;
  /** How long the store keeps a key. */
  readonly retention: number;
  /** See the store's; `undefined` for one that loses nothing. */
  readonly remembersSince: number | undefined;
}

/** @internal Verifies a delivery, which with `late` may be as old as the horizon. */
export function verifyFor(options: VerifyOptions, _late: Late | undefined): WebhookEvent {
  return verify(options);
}

/** @internal How long a provider goes on retrying one signature, in seconds. */
export function retryHorizon(row: ProviderInfo): number {
  return row.tolerance;
}
