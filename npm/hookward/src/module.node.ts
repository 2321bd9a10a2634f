// The modules inside the package, for Node and what has Node's own modules: read by the host they are there
// sooner than by any code of ours. Most processes only verify, so that module need not be unpacked first.

import { compiled } from "./compiled.js";
import { bytesOf, unpacked } from "./host.js";

// Replaced by the build with the modules in base64, the second one compressed.
declare const HOOKWARD_WASM: string;
declare const HOOKWARD_FULL: string;

// Not in the function: its text would be read again when that is called.
const LEAN = HOOKWARD_WASM;

export const wasmModule = /* @__PURE__ */ compiled(() => bytesOf(LEAN));

// Rarely used: the start does not wait for it.
export const fullModule = /* @__PURE__ */ compiled(() => unpacked(HOOKWARD_FULL), true);

export { hostHash } from "./host.js";
