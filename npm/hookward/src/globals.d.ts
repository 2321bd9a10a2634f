// The few globals of the platform that this package stands on. Declared here, so that neither the
// DOM's types nor Node's are needed, and nothing else of either can slip in.

declare class TextEncoder {
  encode(text?: string): Uint8Array;
  encodeInto(text: string, target: Uint8Array): { read: number; written: number };
}

declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
  decode(bytes: Uint8Array): string;
}

declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array);
  }
  class Instance {
    constructor(module: Module, imports: Record<string, Record<string, unknown>>);
    readonly exports: unknown;
  }
}

declare module "*.wasm?module" {
  const module: WebAssembly.Module;
  export default module;
}

// Which of the two module.*.ts this is, the build decides for each entry.
declare module "hookward:module" {
  /** The compiled core; throws what compiling it threw. */
  export function wasmModule(): WebAssembly.Module;
  /** A faster HMAC than the core's, where there is one. */
  export function hostCrypto(): HostCrypto | undefined;
}

/** As much of `node:crypto` as is used. */
interface HostCrypto {
  createSecretKey(key: string, encoding: "utf8" | "base64"): object;
  createHmac(algorithm: "sha256", key: object): HostHmac;
}

interface HostHmac {
  update(data: string | Uint8Array): HostHmac;
  digest(): Uint8Array;
}
