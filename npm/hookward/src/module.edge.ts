// The modules as files, for runtimes that compile them themselves when they deploy.

import full from "./hookward-full.wasm?module";
import lean from "./hookward.wasm?module";

export const wasmModule = (): WebAssembly.Module => lean;
export const fullModule = (): WebAssembly.Module => full;

/** None: where this entry is used, the core's is what there is without a flag. */
export const hostHash = (): undefined => undefined;
