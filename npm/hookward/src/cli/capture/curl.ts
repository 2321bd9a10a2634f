// A curl command, as browsers and webhook inspectors offer it to be copied.

import { UsageError } from "../usage.js";
import type { Captured } from "./request.js";

export const isCurl = (text: string): boolean => /^\s*(?:\$\s+)?curl\s/.test(text);

/** Options of curl that have a value, and say nothing of the request. */
const IGNORED = new Set(["-o", "--output", "-m", "--max-time", "--connect-timeout", "-x", "--proxy", "--cacert", "-w", "--write-out", "--retry", "--resolve"]);
const FLAGS_WITH_VALUE = /^-[XHdAebu]./;

export function parseCurl(command: string): Captured {
  const words = shellWords(command.replace(/^\s*(?:\$\s+)?curl\s/, ""));
  const headers: [string, string][] = [];
  const parts: string[] = [];
  const notes: string[] = [];
  let method: string | undefined;
  let url: string | undefined;
  const has = (name: string) => headers.some(([one]) => one.toLowerCase() === name);
  for (let at = 0; at < words.length; at++) {
    let word = words[at] as string;
    let value: string | undefined;
    const take = () => {
      value ??= words[++at];
      if (value === undefined) throw new UsageError(`the curl command ends after ${word}`);
      return value;
    };
    // `-XPOST`, `--request=POST`.
    if (FLAGS_WITH_VALUE.test(word)) [word, value] = [word.slice(0, 2), word.slice(2)];
    else if (/^--[\w-]+=/.test(word)) [word, value] = [word.slice(0, word.indexOf("=")), word.slice(word.indexOf("=") + 1)];
    switch (word) {
      case "-X":
      case "--request":
        method = take();
        break;
      case "-H":
      case "--header": {
        const [, name, text] = /^([^:]+):\s*(.*)$/s.exec(take()) ?? [];
        if (name !== undefined && text !== undefined) headers.push([name, text]);
        break;
      }
      case "-A":
      case "--user-agent":
        headers.push(["User-Agent", take()]);
        break;
      case "-b":
      case "--cookie":
        headers.push(["Cookie", take()]);
        break;
      case "-e":
      case "--referer":
        headers.push(["Referer", take()]);
        break;
      case "-u":
      case "--user":
        take();
        break;
      case "--json":
        for (const name of ["Content-Type", "Accept"]) if (!has(name.toLowerCase())) headers.push([name, "application/json"]);
        parts.push(data(take()));
        break;
      case "-d":
      case "--data":
      case "--data-ascii":
      case "--data-binary":
        parts.push(data(take()));
        break;
      case "--data-raw":
        parts.push(take());
        break;
      case "--data-urlencode":
        parts.push(encodeURIComponent(data(take())));
        notes.push("--data-urlencode is taken as one encoded value.");
        break;
      case "--url":
        url = take();
        break;
      default:
        if (IGNORED.has(word)) take();
        else if (!word.startsWith("-")) url ??= word;
    }
  }
  const body = parts.length > 0 ? Buffer.from(parts.join("&"), "utf8") : undefined;
  return { method: method ?? (body ? "POST" : "GET"), url, headers, body, notes };
}

function data(value: string): string {
  if (!value.startsWith("@")) return value;
  throw new UsageError("the curl command reads its body from a file: give that file by --body");
}

/** The words of a command in a shell's quoting. */
function shellWords(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let at = 0;
  while (at < text.length) {
    const rest = text.slice(at);
    const [whole = "", quoted, ansi, double, escaped, blank] =
      /^(?:'([^']*)'|\$'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|\\(\r?\n|.)|(\s+))/s.exec(rest) ?? [];
    if (whole === "") {
      if (/^['"]/.test(rest) || rest.startsWith("$'")) throw new UsageError("the curl command has a quote that does not end");
      word = (word ?? "") + rest.charAt(0);
      at += 1;
      continue;
    }
    at += whole.length;
    if (blank !== undefined) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (escaped !== undefined) {
      // A line that goes on.
      if (!escaped.endsWith("\n")) word = (word ?? "") + escaped;
    } else {
      word = (word ?? "") + (quoted ?? (ansi !== undefined ? unescaped(ansi) : (double ?? "").replace(/\\(["\\$`]|\n)/g, (_, one: string) => (one === "\n" ? "" : one))));
    }
  }
  if (word !== undefined) words.push(word);
  return words;
}

const NAMED: { readonly [letter: string]: string } = { n: "\n", r: "\r", t: "\t", a: "\x07", b: "\b", e: "\x1b", f: "\f", v: "\v", 0: "\0" };

/** The escapes of `$'…'`. */
function unescaped(text: string): string {
  return text.replace(/\\(?:u([0-9a-f]{4})|x([0-9a-f]{1,2})|(.))/gis, (_, unicode?: string, hex?: string, one?: string) =>
    one !== undefined ? (NAMED[one] ?? one) : String.fromCharCode(parseInt(unicode ?? hex ?? "", 16)),
  );
}
