// The options of the commands: what parseArgs is told, and what the help says, from one table.

import { parseArgs } from "node:util";
import { UsageError } from "./usage.js";

export interface Option {
  readonly type: "string" | "boolean";
  readonly multiple?: boolean;
  /** What stands for the value in the help. */
  readonly value?: string;
  readonly help: string;
}

export type Options = { readonly [name: string]: Option };

/** What was given, by name: text, lists of texts for those that may be repeated, or true. */
export interface Given {
  readonly positionals: readonly string[];
  text(name: string): string | undefined;
  list(name: string): readonly string[];
  flag(name: string): boolean;
  /** A whole number from `least` on. */
  count(name: string, least: number): number | undefined;
}

export const COMMON: Options = {
  json: { type: "boolean", help: "print one JSON document to standard output, whatever comes of it" },
  help: { type: "boolean", help: "print this" },
};

export const PROVIDER: Options = {
  provider: { type: "string", value: "ID", help: "who sends; `hookward providers` lists them" },
  scheme: { type: "string", value: "FILE", help: "in its place: a scheme of your own, as JSON" },
};

export const SECRETS: Options = {
  "secret-env": { type: "string", multiple: true, value: "NAME", help: "an environment variable that holds the secret" },
  "secret-file": { type: "string", multiple: true, value: "FILE", help: "a file that holds it; one line end behind it is left out" },
  "secret-stdin": { type: "boolean", help: "read it from standard input, likewise" },
  secret: { type: "string", multiple: true, value: "TEXT", help: "the secret itself. It will be in your shell's history and in the list of processes: prefer the others" },
};

export const DELIVERY: Options = {
  request: { type: "string", value: "FILE", help: "a captured request: raw HTTP, a HAR file, JSON, or a curl command; - is standard input" },
  entry: { type: "string", value: "N", help: "which request of a HAR file, counted from 1" },
  header: { type: "string", multiple: true, value: "'NAME: VALUE'", help: "a header; goes before one of that name in the request" },
  body: { type: "string", value: "FILE", help: "the body, byte for byte; - is standard input" },
  method: { type: "string", value: "METHOD", help: "the method, for providers that sign it" },
  url: { type: "string", value: "URL", help: "the URL as registered, for providers that sign it" },
  now: { type: "string", value: "TIME", help: "the time to judge by: Unix seconds, or RFC 3339; by default the clock's" },
  tolerance: { type: "string", value: "SECONDS", help: "how far the signed time may be from it; by default the provider's" },
};

/** Reads the arguments of a command. */
export function readArguments(args: readonly string[], options: Options, positionals: number): Given {
  const config = Object.fromEntries(Object.entries(options).map(([name, { type, multiple = false }]) => [name, { type, multiple }]));
  let parsed: { values: Record<string, unknown>; positionals: string[] };
  try {
    parsed = parseArgs({ args: [...args], options: config, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError((error as Error).message.split(". To specify")[0] as string);
  }
  const { values } = parsed;
  if (parsed.positionals.length > positionals) throw new UsageError(`there is no argument ${JSON.stringify(parsed.positionals[positionals])}`);
  const list = (name: string) => {
    const value = values[name];
    return Array.isArray(value) ? (value as string[]) : typeof value === "string" ? [value] : [];
  };
  return {
    positionals: parsed.positionals,
    list,
    text: (name) => list(name).at(-1),
    flag: (name) => values[name] === true,
    count: (name, least) => {
      const value = list(name).at(-1);
      if (value === undefined) return undefined;
      const number = /^\d{1,10}$/.test(value) ? Number(value) : NaN;
      if (!(number >= least)) throw new UsageError(`--${name} must be a whole number from ${least} on`);
      return number;
    },
  };
}
