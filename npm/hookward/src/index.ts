/**
 * Verify and sign webhooks: synchronous, byte-exact, without dependencies.
 *
 * @module
 */

export { verify, type OneOrMoreSecrets, type VerifyOptions } from "./verify.js";
export type { Verification, WebhookEvent } from "./event.js";
export { handshake, type HandshakeOptions, type HandshakeReply } from "./handshake.js";
export { customScheme, type CustomScheme, type SchemeOptions } from "./scheme.js";
export { sign, type SignOptions } from "./sign.js";
export { providers, type ProviderInfo } from "./providers.js";
export { HookwardError, type ErrorCode } from "./errors.js";
export type { CommonOptions, ProviderId, Sent } from "./options.js";
export type { RawBody } from "./body.js";
export type { RequestHeaders } from "./headers.js";
export { Receiver, type Received, type WebhookRequest } from "./receiver.js";
export type { ReceiverOptions } from "./receiver-options.js";
export type { TimedSecret } from "./secrets.js";
export type { Answer } from "./answer.js";
export type { Clock } from "./clock.js";
export { MemoryStore, type MemoryStoreOptions } from "./stores/memory.js";
export type { Awaitable, Claim, Store } from "./stores/store.js";
export type { EventOf, LetmepostApiEvent, LetmepostEvent, TinyposterEvent, TinysendEvent } from "./types/events.js";
export type { LetmepostEvents, LetmepostFailure, LetmepostPost, LetmepostToken } from "./types/letmepost.js";
export type { TinyposterAccount, TinyposterEvents, TinyposterPost } from "./types/tinyposter.js";
export type { TinysendEvents, TinysendPost } from "./types/tinysend.js";
export type { EventUnion, ListedEvent, OtherFields, UnlistedEvent, UnlistedType } from "./types/typed.js";
