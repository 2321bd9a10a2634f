// The module inside the bundle, for everything that cannot import a .wasm file. Compiled at load,
// synchronously: edge runtimes allow it there and refuse it inside a request handler.

// Replaced by the build with the module's bytes in hex, which gzip packs a fifth smaller than base64.
declare const HOOKWARD_WASM_HEX: string;

function compile(hex: string): () => WebAssembly.Module {
  try {
    const bytes = new Uint8Array(hex.length / 2);
    for (let at = 0; at < bytes.length; at++) {
      bytes[at] = parseInt(hex.slice(at * 2, at * 2 + 2), 16);
    }
    const module = new WebAssembly.Module(bytes);
    return () => module;
  } catch (cause) {
    // Importing must not throw: one broken module can take a host's other code down with it.
    return () => {
      throw cause;
    };
  }
}

export const wasmModule = /* @__PURE__ */ compile(HOOKWARD_WASM_HEX);
