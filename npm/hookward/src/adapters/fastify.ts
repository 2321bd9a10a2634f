/**
 * Webhooks in Fastify, 4 and 5.
 *
 * @module
 */

/** @ts-ignore Fastify's types: any, where there are none */
import type { FastifyReply as OwnReply, FastifyRequest as OwnRequest } from "fastify";
import { HookwardError, type Answer, type EventOf, type ProviderId, type WebhookEvent } from "hookward";
import { handled, outcome, send } from "./node-answer.js";
import { nodeBody } from "./node-body.js";
import { header, pairs, type NodeRequestLike, type NodeResponseLike, type NodeStreamLike } from "./node-request.js";
import { isSenders, line, receive, type Body, type Handled } from "./receive.js";
import { prepare, type ReceiverSource } from "./setup.js";

export type { NodeRequestLike, NodeResponseLike, NodeStreamLike } from "./node-request.js";
export type { ReceiverSource, WebhookHooks, WebhookOptions } from "./setup.js";

/** What is used of Fastify's request. */
export interface FastifyRequestLike {
  readonly raw: NodeRequestLike;
  readonly url: string;
  headers: { [name: string]: string | string[] | undefined };
  readonly log: { warn(message: string): void; error(fields: object, message?: string): void };
}

/** What is used of Fastify's reply. */
export interface FastifyReplyLike {
  readonly raw: NodeResponseLike;
  code(status: number): unknown;
  headers(values: Record<string, string>): unknown;
  send(payload?: any): unknown;
  hijack(): unknown;
}

/** Options of a route, which `app.post`, `app.all` and `app.route` take. */
export interface FastifyRoute {
  preParsing(request: any, reply: any, payload: any, done: (error?: any) => void): void;
  preValidation(request: any, reply: any, done: (error?: any) => void): void;
}

/** The same for a route that has its handler. */
export interface FastifyHandledRoute extends FastifyRoute {
  handler(request: any, reply: any): Promise<any>;
}

const CHANGE = `An onRequest or preParsing hook of the application's has read it: have that leave this route alone.`;

/**
 * A route that receives webhooks: `app.post("/webhooks", webhook(options, async (event) => { … }))`.
 *
 * The answer goes out when the handler has finished: 200, or its error goes to Fastify's error handler.
 * It may answer by itself.
 */
export function webhook<
  const P extends ProviderId,
  Request extends FastifyRequestLike = OwnRequest,
  Reply extends FastifyReplyLike = OwnReply,
>(
  given: ReceiverSource<P, [request: Request, reply: Reply]>,
  handler: (event: EventOf<P>, request: Request, reply: Reply) => unknown,
): FastifyHandledRoute;
/**
 * The options of a route that receives webhooks: `app.post("/webhooks", webhook(options), handler)`.
 *
 * The route's handler runs with the event at `request.webhook`, and the event counts as done if that
 * answers with 2xx.
 */
export function webhook<
  const P extends ProviderId,
  Request extends FastifyRequestLike = OwnRequest,
  Reply extends FastifyReplyLike = OwnReply,
>(given: ReceiverSource<P, [request: Request, reply: Reply]>): FastifyRoute;
export function webhook<const P extends ProviderId, Request extends FastifyRequestLike, Reply extends FastifyReplyLike>(
  given: ReceiverSource<P, [request: Request, reply: Reply]>,
  handler?: (event: EventOf<P>, request: Request, reply: Reply) => unknown,
): FastifyRoute | FastifyHandledRoute {
  const prepared = prepare(given, { secretsMayCome: false });
  /** What was read of each request, and the headers to put back. */
  const arrivals = new WeakMap<Request, { readonly body: Body; readonly headers: Request["headers"] }>();
  const verified = new WeakSet<Request>();

  const respond = async (request: Request, reply: Reply, handle: (event: EventOf<P>) => Promise<Handled>): Promise<void> => {
    const { raw, url } = request;
    const arrived = {
      method: raw.method ?? "",
      url,
      headers: pairs(raw),
      encoding: header(raw, "content-encoding"),
      body: (): Body => arrivals.get(request)?.body ?? { refused: replaced() },
    };
    const answer = await receive(prepared, [request, reply], arrived, handle, (error) => {
      if (isSenders(error)) request.log.warn(line(error));
      else request.log.error({ err: error }, line(error));
    });
    if (answer) respondWith(reply, answer, raw);
  };

  /**
   * Reads ahead of every content-type parser. What they would look at is hidden from them, since nothing
   * is left to parse and none may be registered for this type, until they have been passed.
   */
  const read = async (request: Request, payload: NodeStreamLike): Promise<void> => {
    if (request.raw.method !== "POST") return;
    const body = await nodeBody(request.raw, payload, () => CHANGE);
    const { headers } = request;
    arrivals.set(request, { body, headers });
    request.headers = { ...headers, ...HIDDEN };
  };
  const route: FastifyRoute = {
    preParsing(request: Request, reply: Reply, payload: NodeStreamLike, done) {
      const handle = async (event: EventOf<P>): Promise<Handled> => {
        if (reply.raw.destroyed) return "answered with a failure";
        (request as { webhook?: WebhookEvent }).webhook = event;
        verified.add(request);
        const came = outcome(reply.raw);
        done();
        return came;
      };
      read(request, payload)
        .then(() => (handler ? done() : respond(request, reply, handle)))
        .catch(done);
    },
    preValidation(request: Request, _reply, done) {
      const arrival = arrivals.get(request);
      if (arrival) request.headers = arrival.headers;
      done(handler || verified.has(request) ? undefined : replaced());
    },
  };
  if (!handler) return route;
  return {
    ...route,
    async handler(request: Request, reply: Reply) {
      await respond(request, reply, async (event) => {
        await handler(event, request, reply);
        return handled(reply.raw);
      });
      return reply;
    },
  };
}

/** What a content-type parser is found by, and what says that there is a body. */
const HIDDEN = { "content-type": undefined, "content-length": undefined, "transfer-encoding": undefined };

function respondWith(reply: FastifyReplyLike, answer: Answer, stream: NodeStreamLike): void {
  if (answer.status === 413 && !stream.readableEnded) {
    // Fastify would close the connection with the answer still unread.
    reply.hijack();
    send(reply.raw, answer, stream);
  } else if (!reply.raw.headersSent) {
    reply.code(answer.status);
    reply.headers({ ...answer.headers });
    reply.send(answer.body);
  }
}

function replaced(): HookwardError {
  return new HookwardError(
    "body_not_raw",
    "another preParsing hook stands in place of webhook()'s own: add that to the application, not to this route",
  );
}
