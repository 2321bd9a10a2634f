import { builtin } from "./compiled.js";

/** `crypto.hash` of Node, where it can be had synchronously and without an import. */
export function hostHash(): HostHash | undefined {
  try {
    const { hash } = builtin()?.("node:crypto") as { hash?: HostHash };
    return hash;
  } catch {
    return undefined;
  }
}
