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

// Which of the module.*.ts this is, the build decides for each entry.
declare module "hookward:module" {
  /** The module that verifies, compiled; throws what compiling it threw. */
  export function wasmModule(): WebAssembly.Module;
  /** The module that signs, likewise. */
  export function fullModule(): WebAssembly.Module;
  /** A faster SHA-256 than the core's, where there is one. */
  export function hostHash(): HostHash | undefined;
}

/** `hash` of `node:crypto`: should give a text, a character for each byte. */
type HostHash = (algorithm: "sha256", data: Uint8Array, encoding: "latin1") => unknown;
