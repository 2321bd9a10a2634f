// The modules inside the bundle, for everything that can neither import a .wasm file nor unpack one as
// Node does.

import { compiled } from "./compiled.js";
import { builtin } from "./host.js";

// Replaced by the build with the modules' bytes as text.
declare const HOOKWARD_WASM: string;
declare const HOOKWARD_FULL: string;

// Gzip cannot find repetitions in base64, where four characters stand for three bytes. Here a byte is
// one character, or two if it is none of the 89 most frequent, and the compressed text is about as small
// as the compressed module. Which those are is said by the first 64 characters, a bit for each byte. The
// characters are those from # to ~ but \\: none of them needs an escape. The last two of them say how
// many times 89 to add to the character behind them.
function decode(text: string): Uint8Array {
  const [frequent, rare]: [number[], number[]] = [[], []];
  for (let byte = 0; byte < 256; byte++) {
    const bits = parseInt(text[byte >> 2] as string, 16);
    ((bits >> (byte & 3)) & 1 ? frequent : rare).push(byte);
  }
  const order = [...frequent, ...rare];
  const bytes = new Uint8Array(text.length);
  let length = 0;
  for (let at = 64; at < text.length; at++) {
    let code = text.charCodeAt(at);
    let more = 0;
    if (code > 124) {
      more = (code - 124) * 89;
      code = text.charCodeAt(++at);
    }
    bytes[length++] = order[more + code - (code > 92 ? 36 : 35)] as number;
  }
  return bytes.subarray(0, length);
}

/** Whether a module can be compiled at any time, and not only when the code around it is loaded. */
function compilesLater(): boolean {
  try {
    const { navigator } = globalThis as { navigator?: { userAgent?: string } };
    return builtin() !== undefined && navigator?.userAgent !== "Cloudflare-Workers";
  } catch {
    return false;
  }
}

// Edge runtimes compile at load, synchronously, and refuse to inside a request handler.
export const wasmModule = /* @__PURE__ */ compiled(() => decode(HOOKWARD_WASM));

// Rarely used: where it can be had later, the start does not wait for it.
export const fullModule = /* @__PURE__ */ compiled(() => decode(HOOKWARD_FULL), /* @__PURE__ */ compilesLater());

export { hostHash } from "./host.js";
