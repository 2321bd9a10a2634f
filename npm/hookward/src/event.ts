import type { Verified } from "./verified.js";

/**
 * A delivery that its provider signed. Everything in it is read from the verified bytes when it is first
 * asked for: `{ ...event }` leaves it behind, so copy `event.toJSON()`, or name the fields.
 */
export interface WebhookEvent<Data = unknown> {
  /**
   * The event's own id, where the provider documents one: from the body, where an integer is given as its
   * digits, or from a signed header.
   */
  readonly id: string | undefined;
  /** The event's type from the body, or `undefined`. Types unknown to this package are kept. */
  readonly type: string | undefined;
  /**
   * The event's type from a header that nothing signs, for providers that send it there: whoever has one
   * genuine delivery can send it again under another type. Route by it; decide by the body.
   */
  readonly unverifiedType: string | undefined;
  /** When the event happened, in Unix seconds, if the body says. */
  readonly created: number | undefined;
  /** The body's `data`, parsed; `undefined` if there is none. Its shape is not checked. */
  readonly data: Data;
  /** The whole body, parsed; `undefined` if it is not JSON. */
  readonly payload: unknown;
  /** The verified bytes: a copy of what was passed in. */
  readonly body: ReturnType<Uint8Array["slice"]>;
  /** What was found out about the delivery. */
  readonly verification: Verification;
  /** What `JSON.stringify` takes: all but `body` and `payload`, which repeat the rest. */
  toJSON(): Pick<WebhookEvent<Data>, "id" | "type" | "unverifiedType" | "created" | "data" | "verification">;
}

/** What {@link verify} found out about a delivery. */
export interface Verification {
  /** The provider's id; of a scheme of one's own, its id. */
  readonly provider: string;
  /** Which of the secrets matched, counted from 0. */
  readonly secretIndex: number;
  /**
   * `fresh`: the signed time is within the tolerance. `late`: it is older, and within the horizon of a
   * `Receiver` with a store. `untimed`: nothing that is signed carries a time, so only remembering
   * `eventKey` stops a replay.
   */
  readonly freshness: "fresh" | "late" | "untimed";
  /** The signed time, in Unix seconds. */
  readonly timestamp: number | undefined;
  /**
   * What to recognise duplicates by: 64 hex digits, made from signed content only, the same for every
   * delivery of one event and different between providers. `undefined` where identical bodies are
   * different events.
   */
  readonly eventKey: string | undefined;
}

/**
 * Where an event keeps what its getters need: under a symbol and not in private fields, so that a Proxy
 * around an event works as the event does; and in a function, so that nothing of it is printed.
 */
const KEPT: unique symbol = /* @__PURE__ */ Symbol("hookward");

/** By which Node, Bun and Deno ask an object what to print. */
const INSPECT = /* @__PURE__ */ Symbol.for("nodejs.util.inspect.custom");

/** What `console.log` shows: getters would show nothing. */
function inspected(this: VerifiedEvent<unknown>): unknown {
  try {
    return this.toJSON();
  } catch (error) {
    return error;
  }
}

/** @internal */
export class VerifiedEvent<Data> implements WebhookEvent<Data> {
  readonly [KEPT]: () => Verified;

  constructor(verified: Verified) {
    this[KEPT] = () => verified;
    // Here and not in the class, which bundlers would keep for it.
    if (!(INSPECT in this)) Object.defineProperty(VerifiedEvent.prototype, INSPECT, { value: inspected });
  }

  get id(): string | undefined {
    return this[KEPT]().fields()[0] ?? undefined;
  }

  get type(): string | undefined {
    return this[KEPT]().fields()[1] ?? undefined;
  }

  get unverifiedType(): string | undefined {
    return this[KEPT]().call.unverifiedType;
  }

  get created(): number | undefined {
    return this[KEPT]().fields()[2] ?? undefined;
  }

  get data(): Data {
    const verified = this[KEPT]();
    return (verified.fields()[3] ? (verified.payload() as { data: unknown }).data : undefined) as Data;
  }

  get payload(): unknown {
    return this[KEPT]().payload();
  }

  get body(): WebhookEvent["body"] {
    return this[KEPT]().body();
  }

  get verification(): Verification {
    return this[KEPT]().verification;
  }

  toJSON(): ReturnType<WebhookEvent<Data>["toJSON"]> {
    const { id, type, unverifiedType, created, data, verification } = this;
    return { id, type, unverifiedType, created, data, verification };
  }
}
