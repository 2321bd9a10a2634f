import { lineOf } from "./lines.js";
import { CHECKED, sender } from "./options.js";
import type { Sender } from "./rows.js";
import type { CustomScheme } from "./scheme.js";

/** @internal Who sends, with all that is known of it. */
export function fullSender(options: Record<string, unknown>): { row: Sender; line: string } {
  const row = sender(options);
  const scheme = options["scheme"] as CustomScheme | undefined;
  return { row, line: scheme ? scheme[CHECKED].line : typeof row === "object" ? lineOf(row.id) : "" };
}
