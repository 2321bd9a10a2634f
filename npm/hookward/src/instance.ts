// An instance of one of the two modules: numbers go in and out of its functions, texts and bytes through
// one buffer in its memory. crates/hookward-wasm says how.

import type { Bytes } from "./body.js";
import type { Found } from "./headers.js";

/** @internal What both modules export. Every length is in bytes. */
export interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  /** Makes room for the input of the next call; the body's address. */
  reserve(bodyLength: number, textLength: number): number;
  /** Address of the last text. */
  output(): number;
  add_provider(): number;
  /** A handle, also to secrets that are not well-formed: the call that uses them says so. */
  add_secrets(provider: number, count: number): number;
  /** After each of these: wipes what passed over the module's stack. */
  wipe_stack(): void;
  drop_secrets(provider: number, secrets: number): void;
}

/** @internal A provider that an instance holds, and the secrets that it holds parsed for it. */
export interface Provider {
  readonly handle: number;
  /** Handles of those given alone by their text, and of lists of several under their joined texts. */
  readonly single: Map<string, number>;
  readonly several: Map<string, number>;
}

/** Bytes between the body and the texts. */
const ROOM = 4096;

/** Bytes before each text that say how long it is, or one of the numbers that no length is. */
const LENGTH_BYTES = 2;
const MISSING = 0xffff;
const TWICE = 0xfffe;

/** Of a longer text this much is passed on, in UTF-16 units: it is over each of the core's caps. */
export const TEXT_UNITS = 4096;

/** Lists of secrets kept parsed for each provider: plenty for a receiver, little for the memory. */
const SECRET_LISTS = 64;

/** Providers of an instance: more than there are in the catalogue. */
const MOST_PROVIDERS = 512;

/** More secrets than the core takes: of a longer list it needs only the count. */
const MOST_SECRETS = 8;

/** The most bytes that a body may have: of a longer one the core needs only the length. */
export const MOST_BYTES = 1024 * 1024;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Writes a text and, before it, its length in bytes; gives back where it ends. */
function put(memory: Uint8Array, at: number, text: Found): number {
  const start = at + LENGTH_BYTES;
  let length = 0;
  if (text) {
    if (text.length > TEXT_UNITS) text = text.slice(0, TEXT_UNITS);
    length = text.length;
    let units = 0;
    // Nearly all are short and ASCII: written here, they are there before a call of the host's would be.
    for (let i = 0; i < length; i++) units |= memory[start + i] = text.charCodeAt(i);
    if (units > 127) length = encoder.encodeInto(text, memory.subarray(start)).written;
  }
  const written = typeof text === "string" ? length : text === null ? TWICE : MISSING;
  memory[at] = written;
  memory[at + 1] = written >> 8;
  return start + length;
}

/** @internal */
export class Instance<E extends Exports> {
  readonly wasm: E;
  /** Counts what was written: what was there before is gone. */
  turn = 0;
  /** Where the body is, and how long. */
  at = 0;
  length = 0;
  #bytes = new Uint8Array(0);
  readonly #providers = new Map<string, Provider>();

  constructor(module: WebAssembly.Module, hash: (start: number, length: number, out: number) => unknown) {
    this.wasm = new WebAssembly.Instance(module, { host: { hash } }).exports as E;
  }

  /** All of the memory; anew when it has grown, since that detaches the old buffer. */
  get memory(): Uint8Array {
    if (this.#bytes.length === 0) this.#bytes = new Uint8Array(this.wasm.memory.buffer);
    return this.#bytes;
  }

  /** Writes the input: a body and texts, of which some may not be there (`undefined`) or be there twice. */
  write(texts: readonly Found[], body?: Bytes): void {
    // What is over the cap stays outside.
    const bytes = body && "buffer" in body ? body : undefined;
    this.length = bytes ? bytes.length : 0;
    let room = LENGTH_BYTES;
    // One UTF-16 unit is at most three bytes of UTF-8.
    for (const text of texts) room += LENGTH_BYTES + 3 * (text ? Math.min(text.length, TEXT_UNITS) : 0);
    this.at = this.wasm.reserve(this.length, room);
    this.turn++;
    const { memory } = this;
    // A buffer that was given away since has no length, and cannot be copied either.
    if (bytes && this.length > 0) memory.set(bytes, this.at);
    let at = this.at + this.length + ROOM;
    for (const text of texts) at = put(memory, at, text);
    put(memory, at, undefined);
  }

  /** The last text, which has that length. */
  answer(length: number): string {
    const start = this.wasm.output();
    return this.text(start, start + length);
  }

  /** The text that stands there. */
  text(start: number, end: number): string {
    return decoder.decode(this.memory.subarray(start, end));
  }

  /** Whether it holds so many providers that they cannot all be wanted: none is ever given back. */
  get isFull(): boolean {
    return this.#providers.size > MOST_PROVIDERS;
  }

  /** The provider of these columns, with the names of the headers that are looked up for it. */
  provider(key: string, columns: readonly string[], headers: readonly string[]): Provider {
    let provider = this.#providers.get(key);
    if (provider === undefined) {
      this.write([...columns, ...headers]);
      provider = { handle: this.wasm.add_provider(), single: new Map(), several: new Map() };
      this.#providers.set(key, provider);
    }
    return provider;
  }

  /** The handle of these secrets, parsed now or before. */
  secrets({ handle, single, several }: Provider, texts: readonly string[]): number {
    const alone = texts.length === 1;
    const known = alone ? single : several;
    const key = alone ? (texts[0] as string) : texts.map((text) => `${text.length}:${text}`).join("");
    let list = known.get(key);
    if (list === undefined) {
      if (known.size >= SECRET_LISTS) {
        const [oldest, dropped] = known.entries().next().value as [string, number];
        known.delete(oldest);
        this.wasm.drop_secrets(handle, dropped);
      }
      this.write(texts.length > MOST_SECRETS ? [] : texts);
      list = this.wasm.add_secrets(handle, texts.length);
      this.wasm.wipe_stack();
      known.set(key, list);
    }
    return list;
  }
}
