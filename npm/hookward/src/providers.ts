import { allLines } from "./lines.js";
import { rowOf, type Row } from "./rows.js";
import { COLUMNS, type SchemeOptions } from "./scheme.js";

/** A provider of the catalogue. */
export interface ProviderInfo {
  /** What `provider` is set to. */
  readonly id: string;
  /** The vendor's name, and which of its formats. */
  readonly name: string;
  /** How far the signed time may be from now unless told otherwise, in seconds. */
  readonly tolerance: number;
  /** How long the provider goes on sending one signature, in seconds. */
  readonly retryHorizon: number;
  /** The headers that verifying looks at. */
  readonly headers: readonly string[];
  /** How it signs, as the data that `customScheme` takes. */
  readonly scheme: SchemeOptions;
}

/** Every provider of the catalogue. */
export function providers(): ProviderInfo[] {
  return allLines().map((columns) => {
    const given = COLUMNS.map((column, at) => [column, columns[at]] as const).slice(0, -2).filter(([, value]) => value);
    const number = ([column, value]: readonly [string, unknown]) => [column, /^tol|^hor/.test(column) ? Number(value) : value];
    const scheme = Object.fromEntries(given.map(number)) as unknown as SchemeOptions;
    const { id, tolerance, horizon, headers } = rowOf(columns[0] as string) as Row;
    return { id, name: scheme.name ?? id, tolerance, retryHorizon: horizon, headers: [...headers], scheme };
  });
}
