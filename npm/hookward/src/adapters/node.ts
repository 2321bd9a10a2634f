/**
 * Webhooks with plain `node:http`, and in whatever hands out its requests and responses: Next.js pages
 * routes, Google Cloud Functions, Firebase.
 *
 * @module
 */

/** @ts-ignore Node's types: any, where there are none */
import type { IncomingMessage, ServerResponse } from "node:http";
import { HookwardError, type EventOf, type ProviderId } from "hookward";
import { refusal } from "../answer.js";
import { handled, send } from "./node-answer.js";
import { nodeBody } from "./node-body.js";
import { header, pairs, type NodeRequestLike, type NodeResponseLike } from "./node-request.js";
import { receive, report } from "./receive.js";
import { prepare, type ReceiverSource, type WebhookHooks, type Setup } from "./setup.js";

export type { NodeRequestLike, NodeResponseLike } from "./node-request.js";
export type { ReceiverSource, WebhookHooks, WebhookOptions } from "./setup.js";

/** What `createServer` takes, and what a Next.js pages route exports. It never rejects. */
export type NodeHandler<Request, Response> = (request: Request, response: Response) => Promise<void>;

/**
 * A request listener that receives webhooks: `createServer(webhook(options, async (event) => { … }))`.
 *
 * The answer goes out when the handler has finished: 200, or 500 if it threw, which `onError` is told of
 * as `handler_failed` with the thrown value as `cause`. The handler may answer by itself.
 */
export function webhook<
  const P extends ProviderId,
  Request extends NodeRequestLike = IncomingMessage,
  Response extends NodeResponseLike = ServerResponse,
>(
  given: ReceiverSource<P, [request: Request, response: Response]>,
  handler: (event: EventOf<P>, request: Request, response: Response) => unknown,
): NodeHandler<Request, Response> {
  const prepared = prepare(given, { secretsMayCome: true });
  return async (request, response) => {
    const context: [Request, Response] = [request, response];
    let hooks: WebhookHooks<[Request, Response]> = {};
    const arrived = {
      method: request.method ?? "",
      url: request.url ?? "",
      headers: pairs(request),
      encoding: header(request, "content-encoding"),
      body: () => nodeBody(request, request, () => change(request)),
    };
    try {
      const remembered = async (): Promise<Setup<P, [Request, Response]>> => {
        const setup = await prepared(context);
        hooks = setup;
        return setup;
      };
      const answer = await receive(remembered, context, arrived, async (event) => {
        await handler(event, request, response);
        return handled(response);
      });
      if (answer) send(response, answer, request);
    } catch (cause) {
      const error = new HookwardError("handler_failed", "the handler failed; see cause", { cause });
      report(hooks, context, error);
      if (response.headersSent && !response.writableEnded) response.destroy();
      send(response, refusal(error), request);
    }
  };
}

/** What to change where the body was read before. */
function change(request: object): string {
  if ("preview" in request || "draftMode" in request) {
    return `In this Next.js pages route: export const config = { api: { bodyParser: false } }.`;
  }
  return `Call this before anything else reads the request, or have that keep the bytes as req.rawBody.`;
}
