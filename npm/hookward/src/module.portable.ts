// The modules inside the bundle, and nothing of the host: for places where the package must not look
// around, such as community nodes and pasted snippets.

export { fullModule, wasmModule } from "./module.inline.js";

export const hostHash = (): undefined => undefined;
