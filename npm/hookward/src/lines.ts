// The catalogue as people write it: each row with all that is known of its provider. Bundles that only
// verify are without it.

// Replaced by the build: a line for each provider, with `|` between its columns.
declare const HOOKWARD_LINES: string;

/** @internal The columns of every line. */
export const allLines = (): string[][] => HOOKWARD_LINES.split("\n").map((line) => line.split("|"));

let lines: ReadonlyMap<string, string> | undefined;

/** @internal The line of a provider. */
export function lineOf(id: string): string {
  lines ??= new Map(allLines().map((columns) => [columns[0] as string, columns.join("|")]));
  return lines.get(id) ?? "";
}
