// The modules inside the bundle, compressed: for Node, and what has Node's own modules. Unpacked by the
// host they are there sooner than read by any code of ours, and the text is smaller.

import { Buffer } from "node:buffer";
import { brotliDecompressSync } from "node:zlib";
import { compiled } from "./compiled.js";

// Replaced by the build with the compressed modules in base64.
declare const HOOKWARD_WASM: string;
declare const HOOKWARD_FULL: string;

/** More than a module has, so that it is unpacked in one go. */
const CHUNK_BYTES = 1024 * 1024;

const unpacked = (text: string) => brotliDecompressSync(Buffer.from(text, "base64"), { chunkSize: CHUNK_BYTES });

export const wasmModule = /* @__PURE__ */ compiled(() => unpacked(HOOKWARD_WASM));

// Rarely used: the start does not wait for it.
export const fullModule = /* @__PURE__ */ compiled(() => unpacked(HOOKWARD_FULL), true);

export { hostHash } from "./host-hash.js";
