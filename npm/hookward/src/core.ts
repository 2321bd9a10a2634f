// The module that verifies.

import { hostHash, wasmModule } from "hookward:module";
import type { Bytes } from "./body.js";
import { HookwardError, type ErrorCode } from "./errors.js";
import type { Found } from "./headers.js";
import { Instance, type Exports } from "./instance.js";
import { ids, type Sender } from "./rows.js";

interface CoreExports extends Exports {
  /** The verdict, or, below 0, minus the length of an error. */
  verify(
    provider: number,
    secrets: number,
    bodyLength: number,
    now: number,
    tolerance: number,
    horizon: number,
    retention: number,
    remembersSince: number,
  ): number;
  timestamp(): number;
  /** The address of 32 bytes, or 0. */
  event_key(): number;
  /** The address of seven doubles. */
  fields(): number;
}

/** @internal What a memory of events allows: all of it in seconds. */
export interface Late {
  /** How old a delivery may be. */
  readonly horizon: number;
  /** How long the store keeps a key. */
  readonly retention: number;
  /** See the store's; `undefined` for one that loses nothing. */
  readonly remembersSince: number | undefined;
}

/** @internal A delivery, as it is read from the options of a call. */
export interface Call {
  /** Not a row for a provider that cannot be verified: the core says so, in its order of checks. */
  readonly row: Sender;
  readonly secrets: readonly string[];
  /** The row's headers, then method and URL. */
  readonly texts: readonly Found[];
  readonly body: Bytes;
  readonly now: number;
  readonly tolerance: number;
  readonly late: Late | undefined;
  /** The event's type from a header that nothing signs. */
  readonly unverifiedType: string | undefined;
}

/** No store: only the tolerance counts. */
const NEVER = [-1, 0, -1] as const;

/** Bytes of a SHA-256. */
const HASH_BYTES = 32;

/**
 * How many hashes are left to the core before the host is asked: loading its crypto takes as long as
 * hundreds of them, which a process that lives for one request should not pay.
 */
const HOST_AFTER = 16;

let hashes = 0;
/** The host's SHA-256, once it was asked for; `null` if there is none, or it failed. */
let host: HostHash | null | undefined;

/** @internal */
export class Core extends Instance<CoreExports> {
  constructor() {
    super(wasmModule(), (start, length, out) => this.#hash(start, length, out));
  }

  verify({ row, secrets, texts, body, now, tolerance, late }: Call): number {
    let handle = -1;
    let list = -1;
    if (typeof row === "object") {
      const provider = this.provider(row.line, row.columns, row.headers);
      handle = provider.handle;
      list = this.secrets(provider, secrets);
    }
    this.write(texts, body);
    const [horizon, retention, since] = late ? [late.horizon, late.retention, late.remembersSince ?? -1] : NEVER;
    return this.wasm.verify(handle, list, body.length, now, tolerance, horizon, retention, since);
  }

  /** Called by the module: writes a hash to its memory if the host makes one. */
  #hash(start: number, length: number, out: number): boolean {
    if (host === undefined && hashes++ >= HOST_AFTER) host = hostHash() ?? null;
    const hash = host;
    if (!hash) return false;
    // Should the host call back, it finds another instance, without a host.
    host = null;
    core = undefined;
    try {
      const { memory } = this;
      const digest = hash("sha256", memory.subarray(start, start + length), "latin1");
      if (typeof digest !== "string" || digest.length !== HASH_BYTES) return false;
      let bits = 0;
      for (let at = 0; at < HASH_BYTES; at++) bits |= memory[out + at] = digest.charCodeAt(at);
      if (bits > 255) return false;
      host = hash;
      return true;
    } catch {
      return false;
    } finally {
      core = this;
    }
  }
}

let core: Core | undefined;

/**
 * Runs `work` on the core. If it throws, which no input should bring about (a stack or a memory used up
 * outside might), the instance is given up, since its memory may be half-written; the next call makes
 * a fresh one from the module that is still there. So `work` throws no error of its own.
 *
 * With `anew`, a full instance is given up first: not for work on what already stands in it.
 *
 * @internal
 */
export function withCore<T>(work: (core: Core) => T, anew = false): T {
  try {
    if (anew && core?.isFull) core = undefined;
    return work((core ??= new Core()));
  } catch (cause) {
    core = undefined;
    throw new HookwardError("internal_error", "the core could not be run; see cause", { cause });
  }
}

/** @internal A list that a module answered with; throws if the answer is an error. */
export function parsed<T extends readonly unknown[]>(answer: string, sender?: Sender): T {
  if (answer.startsWith("[")) return JSON.parse(answer) as T;
  throw refused(answer, sender);
}

/** @internal The error that a module answered with. */
export function refused(answer: string, sender: Sender): HookwardError {
  const end = answer.indexOf(" ");
  let code = answer.slice(0, end) as ErrorCode;
  let message = answer.slice(end + 1);
  if (code === "no_secret") message += "; is its environment variable set?";
  if (code === "unknown_provider") {
    if (typeof sender === "string") {
      code = "unsupported_provider";
      message = `this provider uses ${sender}, and only HMAC-SHA256 over the payload is verified here`;
    } else {
      message += `; known are: ${ids().join(", ")}`;
    }
  }
  return new HookwardError(code, message);
}
