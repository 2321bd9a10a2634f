// Compiling the modules that come as bytes.

/** What the host has built in, where it says so: Node, Bun and Deno do. */
export function builtin(): ((id: string) => unknown) | undefined {
  try {
    const { process } = globalThis as { process?: { getBuiltinModule?(id: string): unknown } };
    return process?.getBuiltinModule && ((id) => process.getBuiltinModule?.(id));
  } catch {
    return undefined;
  }
}

/** The module of these bytes, compiled now, or if `isLater` at first use. */
export function compiled(bytes: () => Uint8Array, isLater = false): () => WebAssembly.Module {
  let module: WebAssembly.Module | undefined;
  const compile = () => (module ??= new WebAssembly.Module(bytes()));
  try {
    if (!isLater) compile();
  } catch (cause) {
    // Importing must not throw: one broken module can take a host's other code down with it.
    return () => {
      throw cause;
    };
  }
  return compile;
}
