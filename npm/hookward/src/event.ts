/**
 * A delivery that its provider signed. `data`, `payload` and `body` are getters, which `{ ...event }`
 * leaves behind: copy `event.toJSON()`, or name the fields.
 */
export interface WebhookEvent<Data = unknown> {
  /** The event's own id from the body, or `undefined`. An integer is given as its digits. */
  readonly id: string | undefined;
  /** The event's type from the body, or `undefined`. Types unknown to this package are kept. */
  readonly type: string | undefined;
  /** When the event happened, in Unix seconds, if the body says. */
  readonly created: number | undefined;
  /**
   * The body's `data`, parsed at first use; `undefined` if there is none. Its shape is not checked.
   */
  readonly data: Data;
  /** The whole body, parsed at first use; `undefined` if it is not JSON. */
  readonly payload: unknown;
  /** The verified bytes: a copy of what was passed in. */
  readonly body: ReturnType<Uint8Array["slice"]>;
  /** What was found out about the delivery. */
  readonly verification: Verification;
  /** What `JSON.stringify` takes: all but `body` and `payload`, which repeat the rest. */
  toJSON(): Pick<WebhookEvent<Data>, "id" | "type" | "created" | "data" | "verification">;
}

/** What {@link verify} found out about a delivery. */
export interface Verification {
  readonly provider: string;
  /** Which of the secrets matched, counted from 0. */
  readonly secretIndex: number;
  /**
   * `fresh`: the signed time is within the tolerance. `untimed`: nothing that is signed carries a time,
   * so only remembering `eventKey` stops a replay.
   */
  readonly freshness: "fresh" | "untimed";
  /** The signed time, in Unix seconds. */
  readonly timestamp: number | undefined;
  /**
   * What to recognise duplicates by: 64 hex digits, made from signed content only, the same for every
   * delivery of one event and different between providers. `undefined` where identical bodies are
   * different events.
   */
  readonly eventKey: string | undefined;
}

/** @internal The core's answer to a verified delivery. */
export type Fields = [
  secretIndex: number,
  timestamp: number | null,
  freshness: "fresh" | "untimed",
  eventKey: string | null,
  id: string | null,
  type: string | null,
  created: number | null,
  hasData: number,
];

const encoder = new TextEncoder();
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Where an event keeps what its getters need: under a symbol and not in private fields, so that a Proxy
 * around an event works as the event does.
 */
const KEPT = Symbol("hookward");

interface Kept {
  readonly hasData: number;
  /** The verified body, unless it is no text; and the same as bytes, once it was asked for. */
  readonly text: string | undefined;
  body: WebhookEvent["body"] | undefined;
  payload: unknown;
  unread: boolean;
}

/** @internal */
export class VerifiedEvent<Data> implements WebhookEvent<Data> {
  readonly id: string | undefined;
  readonly type: string | undefined;
  readonly created: number | undefined;
  readonly verification: Verification;
  readonly [KEPT]: Kept;

  /** `bytes` are the verified ones, and may change once this is done. */
  constructor(fields: Fields, provider: string, bytes: Uint8Array) {
    const [secretIndex, timestamp, freshness, eventKey, id, type, created, hasData] = fields;
    this.id = id ?? undefined;
    this.type = type ?? undefined;
    this.created = created ?? undefined;
    this.verification = {
      provider,
      secretIndex,
      freshness,
      timestamp: timestamp ?? undefined,
      eventKey: eventKey ?? undefined,
    };
    // Kept as text, which nobody can change: what was verified is what is read later. Text gives back
    // the same bytes; what is none is kept as bytes.
    let text: string | undefined;
    let body: WebhookEvent["body"] | undefined;
    try {
      text = utf8.decode(bytes);
    } catch {
      body = bytes.slice();
    }
    this[KEPT] = { hasData, text, body, payload: undefined, unread: true };
  }

  get body(): WebhookEvent["body"] {
    const kept = this[KEPT];
    return (kept.body ??= encoder.encode(kept.text) as WebhookEvent["body"]);
  }

  get data(): Data {
    return (this[KEPT].hasData ? (this.payload as { data: unknown }).data : undefined) as Data;
  }

  get payload(): unknown {
    const kept = this[KEPT];
    if (kept.unread) {
      kept.unread = false;
      try {
        kept.payload = JSON.parse(kept.text as string);
      } catch {
        // Not JSON: there is no payload.
      }
    }
    return kept.payload;
  }

  toJSON(): Pick<WebhookEvent<Data>, "id" | "type" | "created" | "data" | "verification"> {
    const { id, type, created, data, verification } = this;
    return { id, type, created, data, verification };
  }
}
