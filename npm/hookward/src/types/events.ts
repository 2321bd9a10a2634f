import type { WebhookEvent } from "../event.js";

/** The event of a provider. */
export type EventOf<_P> = WebhookEvent;
