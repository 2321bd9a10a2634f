// The platform's Request and Response: the DOM's, Node's, Bun's or a Worker's types, whichever are
// there, and enough to compile with where none are.

/** What is used of a `Request`. */
export interface RequestLike {
  readonly method: string;
  readonly url: string;
  readonly headers: { get(name: string): string | null };
  readonly body?: unknown;
  readonly bodyUsed: boolean;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** The platform's `Request`. */
export type PlatformRequest = typeof globalThis extends { Request: { prototype: infer Request extends RequestLike } }
  ? Request
  : RequestLike;

/** The platform's `Response`. */
export type PlatformResponse = typeof globalThis extends { Response: { prototype: infer Response } }
  ? Response
  : { readonly status: number; readonly ok: boolean };
