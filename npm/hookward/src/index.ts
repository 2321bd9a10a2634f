/**
 * Verify and sign webhooks: synchronous, byte-exact, without dependencies.
 *
 * @module
 */

export { verify, type OneOrMoreSecrets, type VerifyOptions } from "./verify.js";
export type { Verification, WebhookEvent } from "./event.js";
export { sign, type SignOptions } from "./sign.js";
export { providers, type ProviderInfo } from "./providers.js";
export { HookwardError, type ErrorCode } from "./errors.js";
export type { CommonOptions, ProviderId } from "./options.js";
export type { RawBody } from "./body.js";
export type { RequestHeaders } from "./headers.js";
export { Receiver, type Received, type WebhookRequest } from "./receiver.js";
export type { ReceiverOptions } from "./receiver-options.js";
export type { TimedSecret } from "./secrets.js";
export type { Answer } from "./answer.js";
export type { Clock } from "./clock.js";
export { MemoryStore, type MemoryStoreOptions } from "./stores/memory.js";
export type { Awaitable, Claim, Store } from "./stores/store.js";
export type { EventOf } from "./types/events.js";
