// The other module: it signs, answers handshakes and reads schemes. Bundles that do none of it are
// without it.

import { fullModule } from "hookward:module";
import type { Bytes } from "./body.js";
import { HookwardError } from "./errors.js";
import type { Found } from "./headers.js";
import { Instance, type Exports } from "./instance.js";
import type { Sender } from "./rows.js";

interface FullExports extends Exports {
  /** Each of these gives the length of its answer. */
  check_scheme(): number;
  sign(provider: number, secrets: number, bodyLength: number, timestamp: number): number;
  handshake(
    provider: number,
    secrets: number,
    bodyLength: number,
    now: number,
    tolerance: number,
    takesSecret: number,
  ): number;
}

/** @internal What a call is about. */
export interface FullCall {
  readonly row: Sender;
  /** The same, as people write it; nothing if the sender is not known. */
  readonly line: string;
  readonly secrets: readonly string[];
  readonly texts: readonly Found[];
  readonly body: Bytes;
}

/** @internal The header in which a secret may arrive. */
export const SECRET_HEADER = "X-Hook-Secret";

/** @internal */
export class Full extends Instance<FullExports> {
  constructor() {
    // Little is hashed here, and none of it in a hurry.
    super(fullModule(), () => 0);
  }

  /** JSON: a scheme's columns, or an error. */
  check(line: string): string {
    this.write([line]);
    return this.answer(this.wasm.check_scheme());
  }

  /** JSON: pairs of headers, or an error. */
  sign(call: FullCall, timestamp: number): string {
    const [provider, secrets] = this.#prepare(call);
    return this.answer(this.wasm.sign(provider, secrets, call.body.length, timestamp));
  }

  /** JSON: the reply, if it is a handshake, or an error. */
  handshake(call: FullCall, now: number, tolerance: number, open: boolean): string {
    const [provider, secrets] = this.#prepare(call);
    return this.answer(this.wasm.handshake(provider, secrets, call.body.length, now, tolerance, Number(open)));
  }

  #prepare({ row, line, secrets, texts, body }: FullCall): [provider: number, secrets: number] {
    let handle = -1;
    let list = -1;
    if (typeof row === "object") {
      const provider = this.provider(line, [line], [...row.headers, SECRET_HEADER]);
      handle = provider.handle;
      list = this.secrets(provider, secrets);
    }
    this.write(texts, body);
    return [handle, list];
  }
}

let full: Full | undefined;

/** @internal Runs `work` on the module, under the same rule as on the other. */
export function withFull<T>(work: (full: Full) => T): T {
  try {
    if (full?.isFull) full = undefined;
    return work((full ??= new Full()));
  } catch (cause) {
    full = undefined;
    throw new HookwardError("internal_error", "the core could not be run; see cause", { cause });
  }
}
