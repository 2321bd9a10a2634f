// What a user may write, and what must not compile. Checked as a module, as CommonJS and as plain TypeScript.

import { HookwardError, customScheme, handshake, providers, sign, verify } from "hookward";
import type { CustomScheme, ErrorCode, HandshakeReply, ProviderId, RawBody, RequestHeaders, SignOptions, Verification, VerifyOptions, WebhookEvent } from "hookward";

// Node's own type of headers, since its types are not installed here.
interface IncomingHttpHeaders { [name: string]: string | string[] | undefined; "set-cookie"?: string[]; host?: string }
declare const node: IncomingHttpHeaders;
declare const request: Request;
declare const bytes: Uint8Array;
declare const buffer: ArrayBuffer;
declare const view: DataView;
declare const environment: { [name: string]: string | undefined };

const options: VerifyOptions = { provider: "tinyposter", secret: environment["S"], headers: node, body: bytes };
const event: WebhookEvent<{ post: { id: string } }> = verify<{ post: { id: string } }>(options);
const post: string = event.data.post.id;
const id: string | undefined = event.id;
const created: number | undefined = event.created;
const verification: Verification = event.verification;
const key: string | undefined = verification.eventKey;
const freshness: "fresh" | "late" | "untimed" = verification.freshness;
const raw: Uint8Array = event.body;
new Request("https://example.com", { method: "POST", body: event.body });
new Blob([event.body]);
crypto.subtle.digest("SHA-256", event.body);
const status: number = new HookwardError("no_secret", "x").status;
void status;

verify({ provider: "svix", secrets: ["a", "b"] as const, headers: request.headers, body: "text", now: 1, tolerance: 5 });
verify({ provider: "svix", secret: "a", headers: [["a", "b"], ["c", ["d"]]], body: buffer });
verify({ provider: "svix", secret: "a", headers: new Map([["a", "b"]]), body: view });
verify({ provider: "svix", secret: "a", headers: Object.entries({ a: "b" }), body: new Uint16Array(2) });
verify({ provider: "svix", secret: "a", headers: { a: null, b: undefined, c: ["d"] }, body: new SharedArrayBuffer(1) });
const body: RawBody = bytes;
const headers: RequestHeaders = request.headers;

const signing: SignOptions = { provider: "letmepost", secret: "a", body, id: undefined, timestamp: 1, eventType: "a", deliveryId: "b" };
const signed: Record<string, string> = sign(signing);
new Request("https://example.com", { headers: signed });

try {
  verify({ ...options, headers });
} catch (error) {
  if (error instanceof HookwardError) {
    const code: ErrorCode = error.code;
    if (code === "signature_mismatch") throw error;
  }
}
for (const { id, name, tolerance, headers } of providers()) {
  const row: [string, string, number, readonly string[]] = [id, name, tolerance, headers];
  void row;
}
const ids: ProviderId[] = ["tinyposter", "tinysend", "letmepost", "letmepost-v1", "letmepost-body", "standard-webhooks", "svix"];

const scheme: CustomScheme = customScheme({ signature: "X-Acme", format: "sha256={signature}", encoding: "hex", time: undefined });
const acme: WebhookEvent = verify({ scheme, secret: "a", headers: {}, body: "", method: "POST", url: "https://example.com/" });
sign({ scheme, secret: "a", body: "" });
const reply: HandshakeReply | undefined = handshake({ provider: "meta", secret: "a", verifyToken: "b", method: "GET", url: "/", headers: {}, body: "" });
if (reply !== undefined) new Response(reply.body, { status: reply.status, headers: reply.headers });
const arrived: string | undefined = reply?.secret;

// @ts-expect-error a scheme that was not checked
verify({ scheme: { signature: "X-Acme" }, secret: "a", headers: {}, body: "" });
// @ts-expect-error a provider and a scheme
verify({ provider: "svix", scheme, secret: "a", headers: {}, body: "" });
// @ts-expect-error a scheme without a signature header
customScheme({ format: "sha256={signature}" });
// @ts-expect-error an encoding that is none
customScheme({ signature: "X-Acme", encoding: "base58" });
// @ts-expect-error a handshake without the URL
handshake({ provider: "meta", secret: "a", method: "GET", headers: {}, body: "" });
// @ts-expect-error a reply that may be none
handshake({ provider: "meta", secret: "a", method: "GET", url: "/", headers: {}, body: "" }).body;
// @ts-expect-error a provider that is not in the catalogue
verify({ provider: "stripes", secret: "a", headers: {}, body: "" });
// @ts-expect-error a parsed body
verify({ provider: "svix", secret: "a", headers: {}, body: { parsed: true } });
// @ts-expect-error neither secret nor secrets
verify({ provider: "svix", headers: {}, body: "" });
// @ts-expect-error both
verify({ provider: "svix", secret: "a", secrets: ["b"], headers: {}, body: "" });
// @ts-expect-error a misspelt option
verify({ provider: "svix", secret: "a", headers: {}, body: "", tolerence: 5 });
// @ts-expect-error no headers
verify({ provider: "svix", secret: "a", body: "" });
// @ts-expect-error milliseconds as a Date
verify({ provider: "svix", secret: "a", headers: {}, body: "", now: new Date() });
// @ts-expect-error the shape of data is for the user to say
const unknown: string = verify({ provider: "svix", secret: "a", headers: {}, body: "" }).data;
// @ts-expect-error no such code
const code: ErrorCode = "no_such_code";
// @ts-expect-error nothing of the inside is typed
import { withCore } from "hookward";
// @ts-expect-error nothing of the inside can be imported
import type {} from "hookward/dist/core.js";

export { acme, arrived, code, created, freshness, id, ids, key, post, raw, unknown, withCore };
