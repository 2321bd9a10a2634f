// What the host has built in: asked for, not imported, since a bundle in a format without imports could not.

/** Node's own modules, where it can be asked for them: Bun and Deno have them, too. */
export function builtin(): ((id: string) => unknown) | undefined {
  try {
    const { process } = globalThis as { process?: { getBuiltinModule?(id: string): unknown } };
    return process?.getBuiltinModule && ((id) => process.getBuiltinModule?.(id));
  } catch {
    return undefined;
  }
}

/** `crypto.hash` of Node, where it can be had synchronously. */
export function hostHash(): HostHash | undefined {
  try {
    const { hash } = builtin()?.("node:crypto") as { hash?: HostHash };
    return hash;
  } catch {
    return undefined;
  }
}

/** Bytes of base64, by Node's own means. */
export function bytesOf(base64: string): Uint8Array {
  const host = node("node:buffer") as { Buffer: { from(text: string, encoding: "base64"): Uint8Array } };
  return host.Buffer.from(base64, "base64");
}

/** More than a module has, so that it is unpacked in one go. */
const CHUNK_BYTES = 1024 * 1024;

/** Bytes of base64 that were compressed with Brotli, by Node's own means. */
export function unpacked(base64: string): Uint8Array {
  const { brotliDecompressSync } = node("node:zlib") as {
    brotliDecompressSync(packed: Uint8Array, options: { chunkSize: number }): Uint8Array;
  };
  return brotliDecompressSync(bytesOf(base64), { chunkSize: CHUNK_BYTES });
}

function node(id: string): unknown {
  const found = builtin()?.(id);
  if (!found) throw new Error("it takes Node 20.16 or 22.3, or else hookward/portable");
  return found;
}
