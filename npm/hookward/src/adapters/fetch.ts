/**
 * Webhooks wherever a Request goes in and a Response comes out: Next.js route handlers, Bun, Deno,
 * Workers, SvelteKit, Remix, Astro.
 *
 * @module
 */

import { HookwardError, type EventOf, type ProviderId } from "hookward";
import { isResponse, toResponse } from "./fetch-answer.js";
import { fetchBody, isUnread } from "./fetch-body.js";
import type { PlatformRequest, PlatformResponse, RequestLike } from "./fetch-types.js";
import { receive, type Body, type Handled } from "./receive.js";
import { prepare, type ReceiverSource } from "./setup.js";

export type { PlatformRequest, PlatformResponse, RequestLike } from "./fetch-types.js";
export type { ReceiverSource, WebhookHooks, WebhookOptions } from "./setup.js";

/**
 * A function from Request to Response that receives webhooks:
 * `export const POST = webhook(options, async (event) => { … })`.
 *
 * The response comes when the handler has finished: 200, or the handler's own if it returns one. What it
 * throws is passed on. The event counts as done unless the handler threw or returned another status than
 * 2xx. What the platform gives beside the request (`env` and `ctx` of a Worker) follows it.
 */
export function webhook<const P extends ProviderId, Request extends RequestLike = PlatformRequest, More extends unknown[] = any[]>(
  given: ReceiverSource<P, [request: Request, ...more: More]>,
  handler: (event: EventOf<P>, request: Request, ...more: More) => unknown,
): (request: Request, ...more: More) => Promise<PlatformResponse> {
  const prepared = prepare(given, { secretsMayCome: true });
  return async (request, ...more) => {
    if (typeof request?.headers?.get !== "function") {
      throw new HookwardError("invalid_option", "this takes a Request; for Node's (req, res), import webhook from hookward/node");
    }
    let own: PlatformResponse | undefined;
    const arrived = {
      method: request.method,
      url: request.url,
      headers: request.headers,
      encoding: request.headers.get("content-encoding") ?? undefined,
      body: (): Body | Promise<Body> => (isUnread(request) ? fetchBody(request) : { refused: alreadyRead() }),
    };
    const context: [Request, ...More] = [request, ...more];
    const answer = await receive(prepared, context, arrived, async (event): Promise<Handled> => {
      const result = await handler(event, request, ...more);
      if (!isResponse(result)) return "done";
      own = result;
      return result.ok ? "answered" : "answered with a failure";
    });
    return answer ? toResponse(answer, request.method) : (own as PlatformResponse);
  };
}

function alreadyRead(): HookwardError {
  return new HookwardError(
    "body_not_raw",
    `the request's body has been read before: the signature covers its bytes as they arrived, and they can be read only once. \
Call this first, and take what you need from the event (event.payload is the parsed body); or have whoever reads before it \
read request.clone().`,
  );
}
