import { providers, type ProviderInfo } from "hookward";
import type { Command } from "../command.js";
import { complain, FAILED, OK, paint, print, printJson } from "../output.js";

export const providersCommand: Command = {
  name: "providers",
  summary: "list the providers that are known",
  synopsis: "[TEXT] [options]",
  description: "Lists the catalogue: the id of each provider, its name, its tolerance and the headers that are read.\nTEXT leaves those that have it in their id, their name or a header.",
  examples: ["hookward providers", "hookward providers stripe", "hookward providers x-hub-signature --json"],
  exits: ["there are such providers", "there is none"],
  options: {},
  positionals: 1,
  run(given) {
    const wanted = (given.positionals[0] ?? "").toLowerCase();
    const texts = ({ id, name, headers }: ProviderInfo) => [id, name, ...headers].map((text) => text.toLowerCase());
    const rows = providers().filter((row) => texts(row).some((text) => text.includes(wanted)));
    if (given.flag("json")) printJson({ ok: rows.length > 0, providers: rows });
    else if (rows.length > 0) print(list(rows));
    else complain("no provider has that in its id, its name or a header; `hookward providers` lists them all");
    return rows.length > 0 ? OK : FAILED;
  },
};

function list(rows: readonly ProviderInfo[]): string {
  const { strong, faint } = paint(process.stdout);
  const cells = rows.map(({ id, name, tolerance, headers }) => [id, name, `${tolerance} s`, headers.join(", ")] as const);
  const widths = [0, 1, 2].map((at) => Math.max(...cells.map((row) => (row[at] as string).length)));
  return cells
    .map(([id, name, tolerance, headers]) =>
      [strong(id.padEnd(widths[0] as number)), name.padEnd(widths[1] as number), tolerance.padStart(widths[2] as number), faint(headers)].join("  "),
    )
    .join("\n");
}
