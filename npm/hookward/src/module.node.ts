// The modules inside the bundle, compressed: for Node, and what has Node's own modules. Unpacked by the
// host they are there sooner than read by any code of ours, and the text is smaller.
//
// The host's modules are asked for, not imported: a bundle in a format without imports could not.

import { builtin, compiled } from "./compiled.js";

// Replaced by the build with the compressed modules in base64.
declare const HOOKWARD_WASM: string;
declare const HOOKWARD_FULL: string;

interface Host {
  (id: "node:buffer"): { Buffer: { from(text: string, encoding: "base64"): Uint8Array } };
  (id: "node:zlib"): { brotliDecompressSync(packed: Uint8Array, options: { chunkSize: number }): Uint8Array };
}

/** More than a module has, so that it is unpacked in one go. */
const CHUNK_BYTES = 1024 * 1024;

function unpacked(text: string): Uint8Array {
  const host = builtin() as Host | undefined;
  if (!host) throw new Error("it takes Node 20.16 or 22.3, or else hookward/portable");
  const packed = host("node:buffer").Buffer.from(text, "base64");
  return host("node:zlib").brotliDecompressSync(packed, { chunkSize: CHUNK_BYTES });
}

export const wasmModule = /* @__PURE__ */ compiled(() => unpacked(HOOKWARD_WASM));

// Rarely used: the start does not wait for it.
export const fullModule = /* @__PURE__ */ compiled(() => unpacked(HOOKWARD_FULL), true);

export { hostHash } from "./host-hash.js";
