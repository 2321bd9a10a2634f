// The WebAssembly core as seen from TypeScript: numbers go in and out of its functions, bytes through
// one buffer in its memory, answers come back as JSON text.

import { hostCrypto, wasmModule } from "hookward:module";
import type { Bytes } from "./body.js";
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
  /** `tags`: who computes them, `OWN`, `ASK`, or `GIVEN` and how many of them. */
  verify(provider: number, secrets: number, bodyLength: number, now: number, tolerance: number, tags: number): number;
  sign(provider: number, secrets: number, bodyLength: number, timestamp: number): number;
  /** A handle, also to secrets that are not well-formed: the call that uses them says so. */
  add_secrets(provider: number, count: number): number;
  drop_secrets(handle: number): void;
}

/** `[most body bytes, most secrets, [[id, name, tolerance in seconds, headers, key prefix], …]]` */
type Catalog = [number, number, [string, string, number, string[], string | null | 0][]];

/** Bytes of a tag. */
const TAG_BYTES = 32;

/** The core hashes; it asks what is to be hashed; it is given the tags. */
const OWN = 0;
const ASK = 1;
const GIVEN = 2;

/**
 * From this size on, in bytes, a body is hashed by the host's HMAC, if it has one: the call costs more,
 * each byte a fraction.
 */
const HOST_BYTES = 1024;

/**
 * How many of those bodies are hashed by the core before the host is asked: loading its crypto takes as
 * long as hashing hundreds of them, which a process that lives for one request should not pay.
 */
const HOST_AFTER = 16;

/** A list of secrets: its handle in the core, and its keys in the host's form once they were needed. */
interface Secrets {
  readonly handle: number;
  keys?: readonly object[];
}

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
  /** What a secret's base64 begins with; `null` if the key is the secret's text; 0 for any other form. */
  readonly prefix: string | null | 0;
  /** Parsed secrets: those given alone, and lists of several under their joined text. */
  readonly single: Map<string, Secrets>;
  readonly several: Map<string, Secrets>;
}

/** Lists of secrets kept parsed for each provider: plenty for a receiver, little for the memory. */
const SECRET_LISTS = 64;

/** Of a longer text this much is passed on, in UTF-16 units: it is over each of the core's caps. */
const TEXT_UNITS = 4096;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

const EMPTY: Uint8Array = new Uint8Array(0);
/** What the core is called with for a provider that is not in the catalogue, so that it says so. */
const NOBODY = { index: -1 };
const NO_SECRETS: Secrets = { handle: -1 };
const NO_HEADERS: readonly string[] = [];

class Core {
  readonly providers: ReadonlyMap<string, Provider>;
  readonly #wasm: Exports;
  readonly bodyBytes: number;
  readonly #mostSecrets: number;
  /** The host's crypto, once it was asked for; `null` if there is none. */
  #host: HostCrypto | null | undefined;
  #large = 0;
  #bytes = EMPTY;

  constructor() {
    const imports = {
      // What wasm-bindgen always imports, for JS values that are never passed here.
      "./hookward_bg.js": { __wbindgen_init_externref_table: () => undefined },
    };
    this.#wasm = new WebAssembly.Instance(wasmModule(), imports).exports as Exports;
    const [bodyBytes, secrets, rows] = JSON.parse(this.#answer(this.#wasm.catalog())) as Catalog;
    this.bodyBytes = bodyBytes;
    this.#mostSecrets = secrets;
    this.providers = new Map(
      rows.map(([id, name, tolerance, headers, prefix], index) => {
        const wanted = headers.map((header) => header.toLowerCase());
        return [id, { index, id, name, tolerance, headers, prefix, wanted, single: new Map(), several: new Map() }];
      }),
    );
  }

  /** JSON: the event's fields, or an error. */
  verify(id: string, texts: readonly string[], headers: readonly Found[], body: Bytes, now: number, tolerance: number): string {
    const provider = this.providers.get(id);
    const { index } = provider ?? NOBODY;
    let secrets = this.#secretsOf(provider, texts);
    const size = body.length;
    if (provider && size >= HOST_BYTES && "buffer" in body && this.#hostIsReady(provider)) {
      this.#write(headers);
      const asked = this.#answer(this.#wasm.verify(index, secrets.handle, size, now, tolerance, ASK));
      if (asked.startsWith("{")) return asked;
      const [before] = JSON.parse(asked) as [string | null];
      const tags = this.#hostTags(provider, secrets, texts, before, body);
      if (tags) {
        // Once more: the host may have called back, and this instance may not hold them any longer.
        const { handle } = this.#secretsOf(provider, texts);
        this.#write(headers, body, tags);
        return this.#answer(this.#wasm.verify(index, handle, size, now, tolerance, GIVEN + texts.length));
      }
      secrets = this.#secretsOf(provider, texts);
    }
    this.#write(headers, this.#capped(body));
    return this.#answer(this.#wasm.verify(index, secrets.handle, size, now, tolerance, OWN));
  }

  /** JSON: pairs of headers, or an error. */
  sign(id: string, secret: string, fields: readonly Found[], body: Bytes, timestamp: number): string {
    const provider = this.providers.get(id);
    const { handle } = this.#secretsOf(provider, [secret]);
    this.#write(fields, this.#capped(body));
    return this.#answer(this.#wasm.sign((provider ?? NOBODY).index, handle, body.length, timestamp));
  }

  /** These secrets, parsed now or before. */
  #secretsOf(provider: Provider | undefined, texts: readonly string[]): Secrets {
    if (provider === undefined) return NO_SECRETS;
    const alone = texts.length === 1;
    const known = alone ? provider.single : provider.several;
    const key = alone ? (texts[0] as string) : texts.map((text) => `${text.length}:${text}`).join("");
    let secrets = known.get(key);
    if (secrets === undefined) {
      if (known.size >= SECRET_LISTS) {
        const [oldest, { handle }] = known.entries().next().value as [string, Secrets];
        known.delete(oldest);
        this.#wasm.drop_secrets(handle);
      }
      // Of a list over the cap the core needs only the count.
      this.#write(texts.length > this.#mostSecrets ? [] : texts);
      secrets = { handle: this.#wasm.add_secrets(provider.index, texts.length) };
      known.set(key, secrets);
    }
    return secrets;
  }

  #hostIsReady({ prefix }: Provider): boolean {
    if (this.#host === undefined && this.#large++ >= HOST_AFTER) this.#host = hostCrypto() ?? null;
    return !!this.#host && prefix !== 0;
  }

  /**
   * The host's tags, one behind the other; nothing if it is the core's to make them. A host that fails,
   * or gives anything but 32 bytes, is not asked again.
   */
  #hostTags({ prefix }: Provider, secrets: Secrets, texts: readonly string[], before: string | null, body: Uint8Array): Uint8Array | undefined {
    if (before === null) return undefined;
    const tags = new Uint8Array(texts.length * TAG_BYTES);
    try {
      const host = this.#host as HostCrypto;
      // The core has found these secrets to be well-formed.
      secrets.keys ??= texts.map((text) =>
        typeof prefix === "string"
          ? host.createSecretKey(text.startsWith(prefix) ? text.slice(prefix.length) : text, "base64")
          : host.createSecretKey(text, "utf8"),
      );
      secrets.keys.forEach((key, at) => {
        const tag = host.createHmac("sha256", key).update(before).update(body).digest();
        if (!ArrayBuffer.isView(tag) || tag.byteLength !== TAG_BYTES) throw new TypeError("not a tag");
        tags.set(tag, at * TAG_BYTES);
      });
    } catch {
      this.#host = null;
      return undefined;
    }
    // An instance that was given up meanwhile holds nothing that can be relied on.
    if (core !== this) throw new TypeError("given up");
    return tags;
  }

  /** The body; or nothing, if the core will refuse it by its length alone. */
  #capped(body: Bytes): Uint8Array {
    return "buffer" in body ? body : EMPTY;
  }

  /** Writes the input: tags, then texts, each behind its length (-1 not there, -2 there twice), then a body. */
  #write(texts: readonly Found[], body = EMPTY, tags = EMPTY): void {
    let most = tags.length + body.length;
    // One UTF-16 unit is at most three bytes of UTF-8.
    for (const text of texts) most += 4 + (text ? Math.min(text.length, TEXT_UNITS) * 3 : 0);
    let at = this.#wasm.reserve(most);
    const memory = this.#memory();
    memory.set(tags, at);
    at += tags.length;
    for (const text of texts) {
      const length = text === undefined ? -1 : text === null ? -2 : writeText(memory, at + 4, text.slice(0, TEXT_UNITS));
      for (let bit = 0; bit < 32; bit += 8) memory[at++] = length >> bit;
      if (length > 0) at += length;
    }
    memory.set(body, at);
  }

  #answer(length: number): string {
    const start = this.#wasm.output();
    const answer = decoder.decode(new Uint8Array(this.#wasm.memory.buffer, start, length));
    // What neither side may let happen: the instance is given up.
    if (answer.startsWith('{"code":"internal_error')) throw new Error(answer);
    return answer;
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

/** The most bytes that a body may have. */
export function bodyLimit(): number {
  return withCore((core) => core.bodyBytes);
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
    throw new HookwardError("internal_error", "the core could not be run; see cause", { cause });
  }
}

/** An answer of the core, which is a list; throws if it is an error. */
export function parsed<T extends readonly unknown[]>(answer: string): T {
  const value = JSON.parse(answer) as T | { code: ErrorCode; message: string };
  if (Array.isArray(value)) return value as T;
  const { code, message } = value as { code: ErrorCode; message: string };
  const hints: { [code in ErrorCode]?: () => string } = {
    no_secret: () => "; is its environment variable set?",
    unknown_provider: () => `; known are: ${withCore((core) => [...core.providers.keys()].join(", "))}`,
  };
  throw new HookwardError(code, message + (hints[code]?.() ?? ""));
}
