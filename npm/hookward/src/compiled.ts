// Compiling the modules that come as bytes.

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
