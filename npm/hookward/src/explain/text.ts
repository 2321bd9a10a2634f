// An explanation as text for people.

import type { Explanation, Finding } from "./finding.js";

/** How parts of the text are set off, on a terminal for example. */
export interface Paint {
  good(text: string): string;
  bad(text: string): string;
  strong(text: string): string;
  faint(text: string): string;
}

const asItIs = (text: string): string => text;
const PLAIN: Paint = { good: asItIs, bad: asItIs, strong: asItIs, faint: asItIs };

/** Columns of a line. */
const WIDTH = 96;

/** The explanation as text, without a line end behind it. */
export function format({ ok, code, message, findings, tried, complete }: Omit<Explanation, "toString">, paint: Paint = PLAIN): string {
  const head = ok ? `${paint.good("verified")}: ${message}` : `${paint.bad(code)}: ${message}`;
  const parts = findings.map((one) => finding(one, paint));
  const effort = `${tried} variations were tried${complete ? "" : ", not all there are: the body is large, or there is much to combine"}.`;
  return [head, ...parts, ...(ok ? [] : [paint.faint(effort)])].join("\n\n");
}

function finding({ kind, certainty, evidence, fix }: Finding, paint: Paint): string {
  const certain = certainty === "proven" ? paint.good("proven") : paint.faint("likely");
  return [`${certain}  ${paint.strong(kind)}`, ...wrap(evidence), ...wrap(`Fix: ${fix}`)].join("\n");
}

function wrap(text: string): string[] {
  const lines: string[] = [];
  let line = " ";
  for (const word of text.split(" ")) {
    if (line.length + 1 + word.length > WIDTH && line !== " ") {
      lines.push(line);
      line = " ";
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}
