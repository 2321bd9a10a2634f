import { refused, withCore, type Call, type Core } from "./core.js";
import { HookwardError } from "./errors.js";
import type { Verification } from "./event.js";
import type { Row } from "./rows.js";

/** @internal What is in a verified body. */
export type Fields = readonly [id: string | null, type: string | null, created: number | null, hasData: number];

/** The numbers that the core tells them in: see there. */
const NUMBERS = [0, 1, 2, 3, 4, 5, 6] as const;
type Numbers = [number, number, number, number, number, number, number];

/** Bytes of an event's key. */
const KEY_BYTES = 32;

const FRESHNESS = ["fresh", "late", "untimed"] as const;

/** Made at first use: most processes start by verifying, not by reading. */
let utf8: TextDecoder | undefined;

/**
 * A delivery that was verified, and what it takes to read it later: what is read is what was verified.
 *
 * It stands in the core's memory until the next call needs the place. What is asked later than that is
 * read from the caller's bytes, after they have been verified once more. Nothing is copied for it.
 *
 * @internal
 */
export class Verified {
  readonly call: Call;
  /** The secret, the signature that matched, and the freshness: see the core's. */
  #verdict: number | undefined;
  #timestamp = -1;
  #core: Core | undefined;
  #turn = 0;
  #verification: Verification | undefined;
  #fields: Fields | undefined;
  #eventKey: readonly [string | undefined] | undefined;
  #payload: readonly [unknown] | undefined;
  #body: ReturnType<Uint8Array["slice"]> | undefined;

  /** @throws HookwardError what the core refuses */
  constructor(call: Call) {
    this.call = call;
    this.#verify();
  }

  get verification(): Verification {
    if (this.#verification === undefined) {
      const eventKey = () => this.#key();
      const verdict = this.#verdict as number;
      this.#verification = {
        provider: (this.call.row as Row).id,
        secretIndex: verdict & 7,
        freshness: FRESHNESS[verdict >> 8] as Verification["freshness"],
        timestamp: this.#timestamp < 0 ? undefined : this.#timestamp,
        get eventKey() {
          return eventKey();
        },
      };
    }
    return this.#verification;
  }

  fields(): Fields {
    return (this.#fields ??= this.#read((core) => {
      const view = new DataView(core.wasm.memory.buffer, core.wasm.fields());
      const [id, idEnd, type, typeEnd, created, hasData, idIsPlain] = NUMBERS.map((at) => view.getFloat64(8 * at, true)) as Numbers;
      const text = (start: number, end: number) => (start === end ? null : core.text(start, end));
      const unescaped = (text: string | null) => text && JSON.parse(`"${text}"`);
      const idText = text(id, idEnd);
      return [idIsPlain ? idText : unescaped(idText), unescaped(text(type, typeEnd)), created < 0 ? null : created, hasData];
    }));
  }

  #key(): string | undefined {
    this.#eventKey ??= this.#read((core) => {
      const at = core.wasm.event_key();
      if (at === 0) return [undefined];
      let key = "";
      for (const byte of core.memory.subarray(at, at + KEY_BYTES)) key += (byte + 256).toString(16).slice(1);
      return [key];
    });
    return this.#eventKey[0];
  }

  /** The body as JSON; `undefined` if it is none. */
  payload(): unknown {
    if (this.#payload === undefined) {
      const bytes = this.#bytes();
      try {
        utf8 ??= new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
        this.#payload = [JSON.parse(utf8.decode(bytes))];
      } catch {
        this.#payload = [undefined];
      }
    }
    return this.#payload[0];
  }

  body(): ReturnType<Uint8Array["slice"]> {
    return (this.#body ??= this.#bytes().slice());
  }

  /** The body as it stands in the core's memory, good until the next call. */
  #bytes(): Uint8Array {
    return this.#read(({ memory, at, length }) => memory.subarray(at, at + length));
  }

  #read<T>(what: (core: Core) => T): T {
    const isGone = (core: Core) => core !== this.#core || core.turn !== this.#turn;
    if (withCore(isGone)) {
      try {
        this.#verify();
      } catch (cause) {
        if ((cause as HookwardError).code === "internal_error") throw cause;
      }
      if (withCore(isGone)) {
        throw new HookwardError(
          "body_changed",
          "the body's bytes were changed after they had been verified: read the event before, or pass on a copy of them",
        );
      }
    }
    return withCore(what);
  }

  #verify(): void {
    const { call } = this;
    const refusal = withCore((core) => {
      const verdict = core.verify(call);
      if (verdict < 0) return core.answer(-verdict);
      // Under another secret or another signature of the same header, these would be other bytes.
      if ((this.#verdict ??= verdict) === verdict) {
        this.#core = core;
        this.#turn = core.turn;
        this.#timestamp = core.wasm.timestamp();
      }
      return undefined;
    }, true);
    if (refusal !== undefined) throw refused(refusal, call.row);
  }
}
