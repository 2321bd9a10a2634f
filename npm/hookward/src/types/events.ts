import type { WebhookEvent } from "../event.js";
import type { LetmepostEvents } from "./letmepost.js";
import type { TinyposterEvents } from "./tinyposter.js";
import type { TinysendEvents } from "./tinysend.js";
import type { EventUnion } from "./typed.js";

/** An event of tinyposter's. */
export type TinyposterEvent = EventUnion<TinyposterEvents>;

/** An event of tinysend's. */
export type TinysendEvent = EventUnion<TinysendEvents>;

/** An event of letmepost's. */
export type LetmepostEvent = EventUnion<LetmepostEvents>;

/**
 * An event of letmepost's in the format of its HTTP API, of which no more than the event types is
 * documented: there may be no `data`.
 */
export type LetmepostApiEvent = EventUnion<{ [Type in keyof LetmepostEvents]: LetmepostEvents[Type] | undefined }>;

interface Events {
  tinyposter: TinyposterEvent;
  tinysend: TinysendEvent;
  letmepost: LetmepostApiEvent;
  "letmepost-v1": LetmepostEvent;
  "letmepost-body": LetmepostEvent;
}

/** The events of a provider: a union by `type` for those whose events are known, else any event. */
export type EventOf<Provider> = [Provider] extends [keyof Events] ? Events[Provider] : WebhookEvent;
