// The demo's output: headings and rows with a verdict, at most 100 columns wide.

const WIDTHS = [32, 33, 28];
const coloured = process.stdout.isTTY && !process.env.NO_COLOR;
const paint = (code) => (text) => (coloured ? `\x1b[${code}m${text}\x1b[0m` : text);

export const bold = paint("1");
export const dim = paint("2");
const green = paint("32");
const red = paint("31");

const counts = { good: 0, bad: 0 };

/** How many rows were as they should be, and how many were not. */
export const tally = () => ({ ...counts });

export function say(text = "") {
  process.stdout.write(`${text}\n`);
}

/** A heading with a note beside it. */
export function heading(title, note = "") {
  say();
  say(`${bold(title)}${note ? `  ${dim(note)}` : ""}`);
}

/** The columns' names. */
export function columns(...names) {
  say(dim(`  ${cells(names)}`));
}

/**
 * One row. `right` says whether it is as it should be; where it is not, `expected` is shown below it.
 *
 * @param {string[]} texts one for each column
 * @param {boolean} right
 * @param {string} expected
 */
export function row(texts, right, expected) {
  counts[right ? "good" : "bad"] += 1;
  say(`  ${cells(texts)} ${right ? green("✓") : red("✗")}`);
  if (!right) say(red(`    should have been: ${expected}`));
}

function cells(texts) {
  return texts.map((text, index) => text.padEnd(WIDTHS[index] ?? 0)).join(" ");
}
