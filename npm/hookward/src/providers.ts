import { withCore } from "./core.js";

/** A provider of the catalogue. */
export interface ProviderInfo {
  /** What `provider` is set to. */
  readonly id: string;
  /** The vendor's name, and which of its formats. */
  readonly name: string;
  /** How far the signed time may be from now unless told otherwise, in seconds. */
  readonly tolerance: number;
  /** The headers that verifying looks at. */
  readonly headers: readonly string[];
}

/** Every provider of the catalogue. */
export function providers(): ProviderInfo[] {
  return withCore((core) =>
    [...core.providers.values()].map(({ id, name, tolerance, headers }) => ({
      id,
      name,
      tolerance,
      headers: [...headers],
    })),
  );
}
