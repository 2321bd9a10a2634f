// Answers by way of Node's response, which Express and Fastify have as well.

import type { Answer } from "hookward";
import type { NodeResponseLike, NodeStreamLike } from "./node-request.js";
import type { Handled } from "./receive.js";

/** How long a sender that is cut off in the middle of a body has for reading why, in milliseconds. */
const LINGER_MS = 1000;

/** Sends an answer, unless another has been sent or nobody is there any more. */
export function send(response: NodeResponseLike, { status, headers, body }: Answer, stream: NodeStreamLike): void {
  if (response.headersSent || response.destroyed) return;
  response.statusCode = status;
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  if (status === 413 && !stream.readableEnded) hangUp(response, body);
  else response.end(body);
}

/**
 * The rest of the body will not be read, so the connection is of no more use. It is closed a moment
 * after the answer: at once, the answer would be lost on senders that only read when all is written.
 */
function hangUp(response: NodeResponseLike, body: string): void {
  response.setHeader("connection", "close");
  response.setHeader("content-length", String(body.length));
  response.write(body);
  const timer = setTimeout(() => response.end(), LINGER_MS);
  response.once("close", () => clearTimeout(timer));
}

/** How a response that somebody else sends comes out, once it is out; or that it never will be. */
export function outcome(response: NodeResponseLike): Promise<Handled> {
  return new Promise((resolve) => {
    response.once("finish", () => resolve(judged(response)));
    response.once("close", () => resolve("answered with a failure"));
  });
}

/** What a handler, which may have answered by itself, has made of it. */
export function handled(response: NodeResponseLike): Handled {
  return response.headersSent ? judged(response) : "done";
}

function judged({ statusCode }: NodeResponseLike): Handled {
  return statusCode >= 200 && statusCode < 300 ? "answered" : "answered with a failure";
}

declare function setTimeout(callback: () => void, milliseconds: number): unknown;
declare function clearTimeout(timer: unknown): void;
