// The platform's Request and Response: the DOM's, Node's, Bun's or a Worker's types, whichever are
// there, and enough to compile with where none are.

/** What is used of a `Request`. */
export interface FetchRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: { get(name: string): string | null };
  readonly body?: unknown;
  readonly bodyUsed: boolean;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** The platform's `Response`. */
export type FetchResponse = typeof globalThis extends { Response: { prototype: infer Response } }
  ? Response
  : { readonly status: number; readonly ok: boolean };
