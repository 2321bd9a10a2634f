/** A request that was captured earlier. */
export interface Captured {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Nothing where the capture holds none. */
  readonly body?: Uint8Array | undefined;
  /** A body that the capture has only in parsed form: what comes of it is not what was sent. */
  readonly parsedBody?: unknown;
  /** What the reader should know of the capture, in whole sentences. */
  readonly notes: readonly string[];
}
