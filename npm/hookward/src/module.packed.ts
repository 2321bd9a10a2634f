// The modules inside a bundle for Node, and what has Node's own modules: as small as text can hold them,
// for a little more time at the start.

import { compiled } from "./compiled.js";
import { unpacked } from "./host.js";

// Replaced by the build with the compressed modules in base64.
declare const HOOKWARD_WASM: string;
declare const HOOKWARD_FULL: string;

export const wasmModule = /* @__PURE__ */ compiled(() => unpacked(HOOKWARD_WASM));

export const fullModule = /* @__PURE__ */ compiled(() => unpacked(HOOKWARD_FULL), true);

export { hostHash } from "./host.js";
