// Posting an event, and what comes back.

import { request as http } from "node:http";
import { request as https } from "node:https";
import type { Outgoing } from "./outgoing.js";

export interface Answer {
  /** Nothing if there was no answer. */
  readonly status?: number;
  readonly statusText?: string;
  readonly headers?: { readonly [name: string]: string | readonly string[] | undefined };
  readonly body?: string;
  /** Whether there was more of it. */
  readonly truncated?: boolean;
  readonly ms: number;
  /** Why there was none. */
  readonly error?: string;
}

/** As much of an answer's body as is read, in bytes. */
const ANSWER_BYTES = 64 * 1024;

export const isLoopback = (host: string): boolean => /^(?:localhost|.*\.localhost|127(?:\.\d{1,3}){3}|\[::1\])$/i.test(host);

/** Posts once, follows nothing. Resolves whatever happens. */
export function post(url: URL, { headers, body }: Outgoing, timeoutS: number): Promise<Answer> {
  const started = performance.now();
  const ms = () => Math.round(performance.now() - started);
  return new Promise((resolve) => {
    const fields: Record<string, string | string[]> = {};
    for (const [name, value] of headers) {
      const before = fields[name];
      fields[name] = before === undefined ? value : [before, value].flat();
    }
    const failed = (error: Error & { code?: string }) => resolve({ ms: ms(), error: reason(error) });
    // Not fetch: it refuses some ports, and headers that providers send.
    const call = url.protocol === "https:" ? https : http;
    let request: ReturnType<typeof call>;
    try {
      request = call(url, { method: "POST", headers: { ...fields, "Content-Length": body.length }, signal: AbortSignal.timeout(timeoutS * 1000) });
    } catch (error) {
      failed(error as Error);
      return;
    }
    request.once("error", failed);
    request.once("response", (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      const done = (truncated: boolean) =>
        resolve({
          status: response.statusCode ?? 0,
          statusText: response.statusMessage ?? "",
          headers: response.headers,
          body: Buffer.concat(chunks).subarray(0, ANSWER_BYTES).toString("utf8"),
          truncated,
          ms: ms(),
        });
      response.on("data", (chunk: Buffer) => {
        chunks.push(chunk);
        size += chunk.length;
        if (size > ANSWER_BYTES) {
          done(true);
          response.destroy();
        }
      });
      response.once("end", () => done(false));
      response.once("error", () => done(true));
    });
    request.end(body);
  });
}

function reason(error: Error & { code?: string }): string {
  if (error.name === "TimeoutError" || error.name === "AbortError") return "it took too long";
  switch (error.code) {
    case "ECONNREFUSED":
      return "nothing listens there (ECONNREFUSED)";
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `the host is not known (${error.code})`;
    case "ECONNRESET":
      return "the connection was closed before there was an answer (ECONNRESET)";
    default:
      return error.message;
  }
}
