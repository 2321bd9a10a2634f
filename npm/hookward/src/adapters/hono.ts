/**
 * Webhooks in Hono, on every runtime that it has.
 *
 * @module
 */

/** @ts-ignore Hono's types: any, where there are none */
import type { Context as OwnContext } from "hono";
import { HookwardError, type EventOf, type ProviderId, type RawBody } from "hookward";
import { isResponse } from "./fetch-answer.js";
import { fetchBody, isUnread } from "./fetch-body.js";
import type { PlatformResponse, RequestLike } from "./fetch-types.js";
import { receive, type Body, type Handled } from "./receive.js";
import { prepare, type ReceiverSource } from "./setup.js";

export type { PlatformResponse, RequestLike } from "./fetch-types.js";
export type { ReceiverSource, WebhookHooks, WebhookOptions } from "./setup.js";

/** What is used of Hono's `Context`. */
export interface HonoContextLike {
  readonly req: {
    readonly raw: RequestLike;
    /** What `c.req.json()` and its like have read before, by their names. */
    readonly bodyCache: object;
  };
  readonly res: { readonly ok: boolean };
  set(name: any, value: any): void;
  body(data: any, status?: any, headers?: any): any;
}

/** For `new Hono<{ Variables: WebhookVariables<"github"> }>()`: what `webhook(options)` sets. */
export interface WebhookVariables<P extends ProviderId = ProviderId> {
  /** The verified event. */
  webhook: EventOf<P>;
}

/**
 * A route that receives webhooks: `app.all("/webhooks", webhook(options, async (event, c) => { … }))`.
 *
 * With a handler, the answer goes out when that has finished: 200, or the handler's own if it returns a
 * Response; its error goes to `app.onError`. Without one, the route's next handler runs with the event at
 * `c.get("webhook")`, and the event counts as done if that answers with 2xx.
 */
export function webhook<const P extends ProviderId, Context extends HonoContextLike = OwnContext>(
  given: ReceiverSource<P, [c: Context]>,
  handler?: (event: EventOf<P>, c: Context) => unknown,
): (c: Context, next: () => Promise<void>) => Promise<PlatformResponse | undefined> {
  const prepared = prepare(given, { secretsMayCome: true });
  return async (c, next) => {
    const { raw } = c.req;
    let own: PlatformResponse | undefined;
    const handle = async (event: EventOf<P>): Promise<Handled> => {
      if (handler) {
        const result = await handler(event, c);
        if (!isResponse(result)) return "done";
        own = result;
        return result.ok ? "answered" : "answered with a failure";
      }
      c.set("webhook", event);
      await next();
      return c.res.ok ? "answered" : "answered with a failure";
    };
    const arrived = {
      method: raw.method,
      url: raw.url,
      headers: raw.headers,
      encoding: raw.headers.get("content-encoding") ?? undefined,
      body: () => honoBody(c.req),
    };
    const answer = await receive(prepared, [c], arrived, handle);
    if (answer) return c.body(raw.method === "HEAD" ? null : answer.body, answer.status, answer.headers) as PlatformResponse;
    return own;
  };
}

/** What Hono keeps of a body that was read through it. */
type Cache = { [read in "arrayBuffer" | "blob" | "text"]?: unknown };

async function honoBody({ raw, bodyCache }: HonoContextLike["req"]): Promise<Body> {
  const cache: Cache = bodyCache;
  if (isUnread(raw)) {
    const body = await fetchBody(raw);
    // So that c.req.json() goes on working in what runs next, on what was verified.
    if (body !== "gone" && "bytes" in body) cache.arrayBuffer = Promise.resolve(new Uint8Array(body.bytes as Uint8Array).buffer);
    return body;
  }
  try {
    // Not by c.req.arrayBuffer(): after c.req.json(), some versions give the JSON written anew.
    const kept = (await (cache.arrayBuffer ?? cache.text ?? cache.blob)) as RawBody | Blob | undefined;
    if (kept === undefined) return { refused: alreadyRead() };
    const bytes = typeof kept === "object" && "arrayBuffer" in kept ? await kept.arrayBuffer() : kept;
    return { bytes };
  } catch {
    return "gone";
  }
}

interface Blob {
  arrayBuffer(): Promise<ArrayBuffer>;
}

function alreadyRead(): HookwardError {
  return new HookwardError(
    "body_not_raw",
    `the request's body has been read before, and its bytes were not kept: the signature covers exactly those. Register webhook() ahead of the middleware that reads it (parseBody, formData, c.req.raw.json()), or have that call c.req.text() or c.req.arrayBuffer(), which Hono keeps.`,
  );
}
