// The module as a file, for runtimes that compile it themselves when they deploy.

import compiled from "./hookward.wasm?module";

export const wasmModule = (): WebAssembly.Module => compiled;

/** None: where this entry is used, the core's is what there is without a flag. */
export const hostCrypto = (): undefined => undefined;
