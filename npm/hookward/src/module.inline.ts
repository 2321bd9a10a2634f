// The modules inside the bundle, for everything that cannot import a .wasm file.

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

/** What the host has built in, where it says so: Node, Bun and Deno do. */
function builtin(): ((id: string) => unknown) | undefined {
  try {
    const { process } = globalThis as { process?: { getBuiltinModule?(id: string): unknown } };
    return process?.getBuiltinModule && ((id) => process.getBuiltinModule?.(id));
  } catch {
    return undefined;
  }
}

/** Whether a module can be compiled at any time, and not only when the code around it is loaded. */
function compilesLater(): boolean {
  const { navigator } = globalThis as { navigator?: { userAgent?: string } };
  return builtin() !== undefined && navigator?.userAgent !== "Cloudflare-Workers";
}

/** The module, compiled now, or if that can be done at first use. */
function compiled(text: string, later?: () => boolean): () => WebAssembly.Module {
  let module: WebAssembly.Module | undefined;
  const compile = () => (module ??= new WebAssembly.Module(decode(text)));
  try {
    if (!later?.()) compile();
  } catch (cause) {
    // Importing must not throw: one broken module can take a host's other code down with it.
    return () => {
      throw cause;
    };
  }
  return compile;
}

// Edge runtimes compile at load, synchronously, and refuse to inside a request handler.
export const wasmModule = /* @__PURE__ */ compiled(HOOKWARD_WASM);

// Rarely used: where it can be had later, the start does not wait for it.
export const fullModule = /* @__PURE__ */ compiled(HOOKWARD_FULL, compilesLater);

/** `crypto.hash` of Node, where it can be had synchronously and without an import. */
export function hostHash(): HostHash | undefined {
  try {
    const { hash } = builtin()?.("node:crypto") as { hash?: HostHash };
    return hash;
  } catch {
    return undefined;
  }
}
