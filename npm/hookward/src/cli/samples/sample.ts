// What a sample event is.

/** The moment of a sample event, in the forms in which providers write it, and ids made for it. */
export interface Moment {
  readonly seconds: number;
  readonly ms: number;
  /** RFC 3339 with milliseconds, and without. */
  readonly iso: string;
  readonly isoSeconds: string;
  /** 24 hex digits, new for each event. */
  readonly id: string;
  /** The same as a UUID, and as a number. */
  readonly uuid: string;
  readonly number: number;
}

/** An event as a provider sends it. */
export interface Sample {
  /** The type it has unless told otherwise. */
  readonly type: string;
  /** The body: text as it is, anything else as JSON. */
  body(type: string, moment: Moment): unknown;
  /** By default JSON's. */
  readonly contentType?: string;
  /** Further headers that the provider sends, which are not signed. */
  headers?(type: string, moment: Moment): { readonly [name: string]: string };
}

export type Samples = { readonly [provider: string]: Sample };

export function momentAt(seconds: number, id: string): Moment {
  const date = new Date(seconds * 1000);
  const iso = date.toISOString();
  const hex = id.padEnd(32, "0");
  return {
    seconds,
    ms: seconds * 1000,
    iso,
    isoSeconds: iso.replace(".000Z", "Z"),
    id,
    uuid: [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join("-"),
    number: parseInt(id.slice(0, 10), 16),
  };
}
