// What the commands work on: files, standard input, the environment.

import { readFileSync } from "node:fs";
import { customScheme, type CustomScheme, type SchemeOptions } from "hookward";
import { parseCapture, type Captured } from "./capture/index.js";
import type { Given } from "./options.js";
import { UsageError } from "./usage.js";

/** A delivery as the options describe it. */
export interface Delivery {
  readonly headers: [string, string][];
  /** Bytes; or what a capture has in parsed form. */
  readonly body: unknown;
  readonly method?: string;
  readonly url?: string;
  /** About the capture. */
  readonly notes: readonly string[];
}

/** Reads files, and standard input at most once. */
export class Input {
  #stdin: string | undefined;

  /** The bytes of a file; `-` is standard input. */
  read(path: string, option: string): Buffer {
    if (path === "-" && this.#stdin !== undefined) {
      throw new UsageError(`standard input cannot be both ${this.#stdin} and ${option}`);
    }
    if (path === "-") this.#stdin = option;
    try {
      return readFileSync(path === "-" ? 0 : path);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      const why = code === "ENOENT" ? "there is no such file" : code === "EACCES" ? "it may not be read" : code === "EISDIR" ? "it is a folder" : (code ?? "it cannot be read");
      throw new UsageError(`${option} ${path}: ${why}`);
    }
  }

  /** The secrets named by `--{prefix}-env`, `-file`, `-stdin` and by `--{prefix}` itself, in this order. */
  secrets(given: Given, prefix: "secret" | "candidate"): string[] {
    const fromEnvironment = given.list(`${prefix}-env`).map((name) => {
      const value = process.env[name];
      if (value === undefined) throw new UsageError(`the environment variable ${name} is not set`);
      return value;
    });
    const fromFiles = given.list(`${prefix}-file`).map((path) => withoutLineEnd(this.read(path, `--${prefix}-file`)));
    const fromStdin = given.flag(`${prefix}-stdin`) ? [withoutLineEnd(this.read("-", `--${prefix}-stdin`))] : [];
    return [...fromEnvironment, ...fromFiles, ...fromStdin, ...given.list(prefix)];
  }

  /** `{ provider }` or `{ scheme }`. */
  target(given: Given): { provider: string } | { scheme: CustomScheme } {
    const [provider, scheme] = [given.text("provider"), given.text("scheme")];
    if (provider !== undefined && scheme !== undefined) throw new UsageError("give --provider or --scheme, not both");
    if (provider !== undefined) return { provider };
    if (scheme === undefined) throw new UsageError("--provider is missing; `hookward providers` lists the ids");
    return { scheme: this.scheme(scheme).scheme };
  }

  /** A scheme of one's own, from a file: as it is written there, and checked. */
  scheme(path: string): { options: SchemeOptions; scheme: CustomScheme } {
    let options: SchemeOptions;
    try {
      options = JSON.parse(this.read(path, "--scheme").toString("utf8")) as SchemeOptions;
    } catch (error) {
      if (error instanceof UsageError) throw error;
      throw new UsageError(`--scheme ${path}: it is no JSON`);
    }
    try {
      return { options, scheme: customScheme(options) };
    } catch (error) {
      throw new UsageError(`--scheme ${path}: ${(error as Error).message}`);
    }
  }

  delivery(given: Given): Delivery {
    const path = given.text("request");
    const entry = given.count("entry", 1);
    if (path === undefined && entry !== undefined) throw new UsageError("--entry goes with --request");
    const captured: Captured = path === undefined ? { headers: [], notes: [] } : parseCapture(this.read(path, "--request"), entry);
    const own = headers(given);
    const names = new Set(own.map(([name]) => name.toLowerCase()));
    const bodyPath = given.text("body");
    const body = bodyPath === undefined ? (captured.body ?? captured.parsedBody) : this.read(bodyPath, "--body");
    if (body === undefined) {
      throw new UsageError(path === undefined ? "--body is missing, or --request" : "the request has no body in it: give it by --body");
    }
    const method = given.text("method") ?? captured.method;
    const url = given.text("url") ?? captured.url;
    return {
      headers: [...own, ...captured.headers.filter(([name]) => !names.has(name.toLowerCase())).map(([name, value]): [string, string] => [name, value])],
      body,
      ...(method === undefined ? {} : { method }),
      ...(url === undefined ? {} : { url }),
      notes: captured.notes,
    };
  }
}

/** The headers given by `--header`. */
export function headers(given: Given): [string, string][] {
  return given.list("header").map((line) => {
    const [, name, value] = /^([^\s:]+):[ \t]*(.*)$/s.exec(line) ?? [];
    if (name === undefined || value === undefined) throw new UsageError(`--header must be written 'Name: value'`);
    return [name, value];
  });
}

/** Unix seconds: `--now`, `--timestamp`. */
export function time(given: Given, name: string): number | undefined {
  const value = given.text(name);
  if (value === undefined) return undefined;
  const seconds = /^\d{1,11}$/.test(value) ? Number(value) : /^\d{4}-\d\d-\d\dT.*(?:Z|[+-]\d\d:\d\d)$/i.test(value) ? Date.parse(value) / 1000 : NaN;
  if (!(seconds >= 0 && seconds < 1e11)) throw new UsageError(`--${name} must be Unix seconds, or a time such as 2026-01-02T03:04:05Z`);
  return Math.floor(seconds);
}

function withoutLineEnd(bytes: Buffer): string {
  return bytes.toString("utf8").replace(/\r?\n$/, "");
}
