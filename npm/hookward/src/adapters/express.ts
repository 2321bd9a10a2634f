/**
 * Webhooks in Express, 4 and 5.
 *
 * @module
 */

/** @ts-ignore Express's types: any, where there are none */
import type { Request as OwnRequest, Response as OwnResponse } from "express";
import type { EventOf, ProviderId, WebhookEvent } from "hookward";
import { handled, outcome, send } from "./node-answer.js";
import { nodeBody } from "./node-body.js";
import { header, pairs, type NodeRequestLike, type NodeResponseLike } from "./node-request.js";
import { receive, type Handled } from "./receive.js";
import { prepare, type ReceiverSource } from "./setup.js";

export type { NodeRequestLike, NodeResponseLike } from "./node-request.js";
export type { ReceiverSource, WebhookHooks, WebhookOptions } from "./setup.js";

declare global {
  namespace Express {
    interface Request {
      /** The verified event, in what runs after `webhook(options)` of `hookward/express`. */
      webhook?: WebhookEvent;
    }
  }
}

/** What Express's request has besides Node's. */
export type ExpressRequestLike = NodeRequestLike & { readonly originalUrl?: string | undefined; webhook?: WebhookEvent };

/** What `app.all` and `app.post` take. */
export type ExpressHandler<Request, Response> = (request: Request, response: Response, next: (error?: any) => void) => void;

const CHANGE = `Either register this route above app.use(express.json()), or keep the bytes: \
express.json({ verify: (req, res, bytes) => { req.rawBody = bytes } }). \
NestJS: NestFactory.create(AppModule, { rawBody: true }).`;

/**
 * A route that receives webhooks: `app.all("/webhooks", webhook(options, async (event) => { … }))`.
 *
 * With a handler, the answer goes out when that has finished: 200, or its error goes to `next`. It may
 * answer by itself. Without one, the route's next handler runs with the event at `req.webhook`, and the
 * event counts as done if that answers with 2xx.
 */
export function webhook<
  const P extends ProviderId,
  Request extends ExpressRequestLike = OwnRequest,
  Response extends NodeResponseLike = OwnResponse,
>(
  given: ReceiverSource<P, [request: Request, response: Response]>,
  handler?: (event: EventOf<P>, request: Request, response: Response) => unknown,
): ExpressHandler<Request, Response> {
  const prepared = prepare(given, { secretsMayCome: false });
  return (request, response, next) => {
    const handle = async (event: EventOf<P>): Promise<Handled> => {
      if (handler) {
        await handler(event, request, response);
        return handled(response);
      }
      // Nobody would be told of how it went.
      if (response.destroyed) return "answered with a failure";
      request.webhook = event;
      const came = outcome(response);
      next();
      return came;
    };
    const run = async (): Promise<void> => {
      const context: [Request, Response] = [request, response];
      const arrived = {
        method: request.method ?? "",
        url: request.originalUrl ?? request.url ?? "",
        headers: pairs(request),
        encoding: header(request, "content-encoding"),
        body: () => nodeBody(request, request, () => CHANGE),
      };
      const answer = await receive(prepared, context, arrived, handle);
      if (answer) send(response, answer, request);
    };
    // Express 4 does not look at promises.
    run().catch(next);
  };
}
