// The module inside the bundle, for everything that cannot import a .wasm file. Compiled at load,
// synchronously: edge runtimes allow it there and refuse it inside a request handler.

// Replaced by the build with the module's bytes as text.
declare const HOOKWARD_WASM: string;

// Gzip cannot find repetitions in base64, where four characters stand for three bytes. Here a byte is
// one character, or two if it is one of the rarer, and the compressed text is a third smaller: about as
// small as the compressed module. The characters are those from # to ~ but \\: none of them needs an
// escape. The last two of them say how many times 89 to add to the character behind them.
function decode(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  let length = 0;
  for (let at = 0; at < text.length; at++) {
    let code = text.charCodeAt(at);
    let more = 0;
    if (code > 124) {
      more = (code - 124) * 89;
      code = text.charCodeAt(++at);
    }
    bytes[length++] = more + code - (code > 92 ? 36 : 35);
  }
  return bytes.subarray(0, length);
}

function compile(text: string): () => WebAssembly.Module {
  try {
    const module = new WebAssembly.Module(decode(text));
    return () => module;
  } catch (cause) {
    // Importing must not throw: one broken module can take a host's other code down with it.
    return () => {
      throw cause;
    };
  }
}

export const wasmModule = /* @__PURE__ */ compile(HOOKWARD_WASM);

/** `node:crypto`, where it can be had synchronously and without an import. */
export function hostCrypto(): HostCrypto | undefined {
  try {
    const { process } = globalThis as { process?: { getBuiltinModule?(id: string): unknown } };
    return process?.getBuiltinModule?.("node:crypto") as HostCrypto | undefined;
  } catch {
    return undefined;
  }
}
