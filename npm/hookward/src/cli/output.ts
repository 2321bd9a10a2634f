// What the commands print, and how.

import type { Paint } from "hookward/explain";

export const OK = 0;
/** Refused, or not as expected. */
export const FAILED = 1;
/** The command line cannot be run as it is written. */
export const USAGE = 2;

/** Whether text to this stream may be coloured. */
function coloured(stream: NodeJS.WriteStream): boolean {
  const { NO_COLOR, TERM } = process.env;
  return stream.isTTY && (NO_COLOR === undefined || NO_COLOR === "") && TERM !== "dumb";
}

export function paint(stream: NodeJS.WriteStream): Paint {
  const colour = (code: number) => (text: string) => (coloured(stream) ? `\x1b[${code}m${text}\x1b[0m` : text);
  return { good: colour(32), bad: colour(31), strong: colour(1), faint: colour(2) };
}

/** Text from elsewhere as it can stand on a terminal: what would move the cursor, or turn letters around, is written out. */
export function visible(text: string): string {
  return text.replace(/[^\P{C}\n\t]/gu, (one) => `\\u{${(one.codePointAt(0) as number).toString(16)}}`);
}

/** On one line. */
export const visibleLine = (text: string): string => visible(text).replaceAll("\n", "\\n").replaceAll("\t", "\\t");

export const print = (text: string): void => void process.stdout.write(`${text}\n`);
export const complain = (text: string): void => void process.stderr.write(`${text}\n`);
export const printJson = (value: unknown): void => print(JSON.stringify(value, null, 2));

/** Rows of two columns. */
export function table(rows: readonly (readonly [string, string])[], indent = "  "): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, text]) => `${indent}${name.padEnd(width)}  ${text}`).join("\n");
}
