// Node's requests and responses, as much of them as is used: described here, so that the types hold
// without Node's.

/** What `http.IncomingMessage` has, and every framework's request that is one. */
export interface NodeRequestLike extends NodeStreamLike {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly headers: { readonly [name: string]: string | readonly string[] | undefined };
  /** Names and values by turns, as they came. */
  readonly rawHeaders: readonly string[];
}

/** What `stream.Readable` has. */
export interface NodeStreamLike {
  readonly destroyed: boolean;
  readonly readableDidRead: boolean;
  readonly readableEnded: boolean;
  readonly readableEncoding: string | null;
  on(event: string, listener: (...values: any[]) => void): unknown;
  removeListener(event: string, listener: (...values: any[]) => void): unknown;
  pause(): unknown;
  resume(): unknown;
}

/** What `http.ServerResponse` has. */
export interface NodeResponseLike {
  statusCode: number;
  readonly headersSent: boolean;
  readonly writableEnded: boolean;
  readonly destroyed: boolean;
  setHeader(name: string, value: string): unknown;
  write(chunk: string): unknown;
  end(chunk?: string): unknown;
  destroy(): unknown;
  once(event: string, listener: (...values: any[]) => void): unknown;
}

/**
 * All headers, twice if they came twice: `req.headers` joins some of those and drops others. Where a
 * request was put together by hand, as that of a serverless function is, there are no others.
 */
export function pairs({ headers, rawHeaders }: NodeRequestLike): NodeRequestLike["headers"] | [string, string][] {
  if (!rawHeaders?.length) return headers;
  const all: [string, string][] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) all.push([rawHeaders[at] as string, rawHeaders[at + 1] as string]);
  return all;
}

/** The one value of a header that decides nothing on its own. */
export function header({ headers }: NodeRequestLike, name: string): string | undefined {
  const value = headers[name];
  return typeof value === "object" ? value.join(",") : value;
}
