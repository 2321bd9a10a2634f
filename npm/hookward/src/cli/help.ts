// The texts of the help.

import type { Command } from "./command.js";
import { COMMON, type Option, type Options } from "./options.js";
import { table } from "./output.js";

export function overview(commands: readonly Command[]): string {
  return `hookward: verify, sign and send webhooks, and say why one is refused.

Usage: hookward COMMAND [options]

${table([...commands.map(({ name, summary }): [string, string] => [name, summary]), ["help COMMAND", "what a command does, and its options"]])}

Exit codes: 0 ok; 1 refused, or not as expected; 2 the command line cannot be run as it is written.
Results go to standard output, errors to standard error. --json prints one JSON document to standard
output for each command. Colours are used on terminals only, and not if NO_COLOR is set.`;
}

export function commandHelp({ name, synopsis, description, examples, exits, options }: Command): string {
  return `Usage: hookward ${name} ${synopsis}

${description}

Options:
${optionList({ ...options, ...COMMON })}

Exit codes: ${wrapped(`0 ${exits[0]}; 1 ${exits[1]}; 2 the command line cannot be run as it is written.`, 12)}

Examples:
${examples.map((line) => `  ${line}`).join("\n")}`;
}

function optionList(options: Options): string {
  const rows = Object.entries(options).map(([name, option]): [string, string] => [title(name, option), option.help]);
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, text]) => `  ${left.padEnd(width)}  ${wrapped(text, width + 4)}`).join("\n");
}

function title(name: string, { value, multiple }: Option): string {
  return `--${name}${value === undefined ? "" : ` ${value}`}${multiple ? " …" : ""}`;
}

/** Lines of at most 100 columns, those after the first indented. */
function wrapped(text: string, indent: number): string {
  const lines: string[] = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1) as string;
    if (line !== "" && indent + line.length + 1 + word.length > 100) lines.push(word);
    else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
  }
  return lines.join(`\n${" ".repeat(indent)}`);
}
