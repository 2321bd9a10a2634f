// The WebAssembly core as seen from TypeScript: numbers go in and out of its functions, bytes through
// one buffer in its memory, answers come back as JSON text.

import { wasmModule } from "hookward:module";
import { HookwardError, type ErrorCode } from "./errors.js";
import type { Found } from "./headers.js";

/** What crates/hookward-wasm exports. Every length is in bytes. */
interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  /** Makes room for the input of the next call; its address. */
  reserve(length: number): number;
  /** Address of the last call's answer. */
  output(): number;
  /** Each of these gives the length of its answer. */
  catalog(): number;
  verify(provider: number, secrets: number, bodyLength: number, now: number, tolerance: number): number;
  sign(provider: number, secrets: number, bodyLength: number, timestamp: number): number;
  /** A handle, also to secrets that are not well-formed: the call that uses them says so. */
  add_secrets(provider: number, count: number): number;
  drop_secrets(handle: number): void;
}

/** `[most body bytes, most secrets, [[id, name, tolerance in seconds, headers], …]]` */
type Catalog = [number, number, [string, string, number, string[]][]];

/** A provider of the catalogue, with the secrets that the core holds parsed for it. */
export interface Provider {
  readonly index: number;
  readonly id: string;
  readonly name: string;
  /** In seconds. */
  readonly tolerance: number;
  /** All the headers that verifying may look at, in the order in which the core reads them. */
  readonly headers: readonly string[];
  /** The same in lower case. */
  readonly wanted: readonly string[];
  /** Handles to parsed secrets: those given alone, and lists of several under their joined text. */
  readonly single: Map<string, number>;
  readonly several: Map<string, number>;
}

/** Lists of secrets kept parsed for each provider: plenty for a receiver, little for the memory. */
const SECRET_LISTS = 64;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

const EMPTY = new Uint8Array(0);
const NO_HEADERS: readonly string[] = [];

class Core {
  readonly providers: ReadonlyMap<string, Provider>;
  readonly #wasm: Exports;
  readonly #bodyBytes: number;
  readonly #secrets: number;
  #bytes = EMPTY;

  constructor() {
    const imports = {
      // What wasm-bindgen always imports, for JS values that are never passed here.
      "./hookward_bg.js": { __wbindgen_init_externref_table: () => undefined },
    };
    this.#wasm = new WebAssembly.Instance(wasmModule(), imports).exports as Exports;
    const [bodyBytes, secrets, rows] = JSON.parse(this.#answer(this.#wasm.catalog())) as Catalog;
    this.#bodyBytes = bodyBytes;
    this.#secrets = secrets;
    this.providers = new Map(
      rows.map(([id, name, tolerance, headers], index) => {
        const wanted = headers.map((header) => header.toLowerCase());
        return [id, { index, id, name, tolerance, headers, wanted, single: new Map(), several: new Map() }];
      }),
    );
  }

  /** JSON: the event's fields, or an error. */
  verify(id: string, secrets: readonly string[], headers: readonly Found[], body: Uint8Array, now: number, tolerance: number): string {
    const [provider, handle] = this.#prepare(id, secrets);
    this.#write(headers, this.#capped(body));
    return this.#answer(this.#wasm.verify(provider, handle, body.length, now, tolerance));
  }

  /** JSON: pairs of headers, or an error. */
  sign(id: string, secret: string, fields: readonly Found[], body: Uint8Array, timestamp: number): string {
    const [provider, handle] = this.#prepare(id, [secret]);
    this.#write(fields, this.#capped(body));
    return this.#answer(this.#wasm.sign(provider, handle, body.length, timestamp));
  }

  /** What the core calls the provider, -1 if there is none; and these secrets, parsed now or before. */
  #prepare(id: string, secrets: readonly string[]): [provider: number, handle: number] {
    const provider = this.providers.get(id);
    if (provider === undefined) return [-1, -1];
    const { index } = provider;
    const alone = secrets.length === 1;
    const handles = alone ? provider.single : provider.several;
    const key = alone ? (secrets[0] as string) : secrets.map((secret) => `${secret.length}:${secret}`).join("");
    let handle = handles.get(key);
    if (handle === undefined) {
      if (handles.size >= SECRET_LISTS) {
        const [oldest, freed] = handles.entries().next().value as [string, number];
        handles.delete(oldest);
        this.#wasm.drop_secrets(freed);
      }
      // Of a list over the cap the core needs only the count.
      this.#write(secrets.length > this.#secrets ? [] : secrets, EMPTY);
      handle = this.#wasm.add_secrets(index, secrets.length);
      handles.set(key, handle);
    }
    return [index, handle];
  }

  /** The body; or nothing, if the core will refuse it by its length alone. */
  #capped(body: Uint8Array): Uint8Array {
    return body.length > this.#bodyBytes ? EMPTY : body;
  }

  /** Writes the input: texts, each behind its length (-1 not there, -2 there twice), then bytes. */
  #write(texts: readonly Found[], bytes: Uint8Array): void {
    // One UTF-16 unit is at most three bytes of UTF-8.
    let most = bytes.length;
    for (const text of texts) most += 4 + (text ? text.length * 3 : 0);
    let at = this.#wasm.reserve(most);
    const memory = this.#memory();
    for (const text of texts) {
      const length = text === undefined ? -1 : text === null ? -2 : writeText(memory, at + 4, text);
      for (let bit = 0; bit < 32; bit += 8) memory[at++] = length >> bit;
      if (length > 0) at += length;
    }
    memory.set(bytes, at);
  }

  #answer(length: number): string {
    const start = this.#wasm.output();
    return decoder.decode(new Uint8Array(this.#wasm.memory.buffer, start, length));
  }

  /** All of the core's memory; anew when it has grown, since that detaches the old buffer. */
  #memory(): Uint8Array {
    if (this.#bytes.length === 0) this.#bytes = new Uint8Array(this.#wasm.memory.buffer);
    return this.#bytes;
  }
}

/** Writes a text's UTF-8; how many bytes that is. */
function writeText(memory: Uint8Array, at: number, text: string): number {
  const { length } = text;
  for (let i = 0; i < length; i++) {
    const unit = text.charCodeAt(i);
    if (unit > 127) return encoder.encodeInto(text, memory.subarray(at, at + length * 3)).written;
    memory[at + i] = unit;
  }
  return length;
}

/** The names, in lower case, of the headers that verifying may look up; none for who is not known. */
export function wantedHeaders(provider: string): readonly string[] {
  return withCore((core) => core.providers.get(provider)?.wanted) ?? NO_HEADERS;
}

let core: Core | undefined;

/**
 * Runs `work` on the core. If it throws, which no input should bring about (a stack or a memory used up
 * outside might), the instance is given up, since its memory may be half-written; the next call makes
 * a fresh one from the module that is still there. So `work` throws no error of its own.
 */
export function withCore<T>(work: (core: Core) => T): T {
  try {
    return work((core ??= new Core()));
  } catch (cause) {
    core = undefined;
    throw new HookwardError("internal_error", "the WebAssembly core could not be run; see cause", { cause });
  }
}

/** An answer of the core, which is a list; throws if it is an error. */
export function parsed<T extends readonly unknown[]>(answer: string): T {
  const value = JSON.parse(answer) as T | { code: ErrorCode; message: string };
  if (!("code" in value)) return value;
  const { code, message } = value;
  const hints: { [code in ErrorCode]?: () => string } = {
    no_secret: () => "; is the environment variable set that it should come from?",
    unknown_provider: () => `; known are: ${withCore((core) => [...core.providers.keys()].join(", "))}`,
  };
  throw new HookwardError(code, message + (hints[code]?.() ?? ""));
}
