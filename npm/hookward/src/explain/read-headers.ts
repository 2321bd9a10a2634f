// Headers in every container that people have them in, verify's own among them.

import type { Repair } from "./finding.js";

export type Pair = readonly [name: string, value: string];

export interface ReadHeaders {
  readonly pairs: Pair[];
  /** Where verify does not take them as they are. */
  readonly repair?: Repair | undefined;
}

/** Names that a container without a way to list them is asked for, besides those that are looked for. */
const COMMON = ["host", "content-type", "content-length", "content-encoding", "date"];

const invalid = (evidence: string): Repair => ({
  kind: "option_invalid",
  evidence,
  fix: "Give the request's headers as a Headers, as Node's req.headers, as [name, value] pairs or as a Map.",
});

export function readHeaders(headers: unknown, names: readonly string[] = []): ReadHeaders {
  try {
    if (headers === undefined || headers === null) return { pairs: [] };
    if (typeof headers === "string") {
      return { pairs: headerLines(headers), repair: invalid("The headers are given as one text.") };
    }
    if (typeof headers !== "object") return { pairs: [] };
    const { get } = headers as { get?: unknown };
    if (typeof (headers as Partial<Iterable<unknown>>)[Symbol.iterator] === "function") {
      return fromIterable([...(headers as Iterable<unknown>)]);
    }
    if (typeof get === "function") {
      const asked = [...new Set([...names, ...COMMON])];
      return { pairs: asked.flatMap((name) => values(name, get.call(headers, name))) };
    }
    return { pairs: Object.entries(headers).flatMap(([name, value]) => values(name, value)) };
  } catch {
    return { pairs: [], repair: invalid("The headers cannot be read: reading them throws.") };
  }
}

function fromIterable(list: unknown[]): ReadHeaders {
  if (list.length > 0 && list.every((one) => typeof one === "string")) {
    // Node's req.rawHeaders: names and values in turn.
    const pairs = list.flatMap((name, at): Pair[] => (at % 2 === 0 ? values(name, list[at + 1]) : []));
    return { pairs, repair: invalid("The headers are a flat list of names and values, as Node's req.rawHeaders.") };
  }
  if (list.some((one) => !Array.isArray(one))) {
    // As HAR files and some platforms have them.
    const pairs = list.flatMap((one) => {
      const { name, key, value } = Object(one) as Record<string, unknown>;
      return values(typeof name === "string" ? name : key, value);
    });
    return { pairs, repair: invalid("The headers are a list of objects.") };
  }
  return { pairs: (list as unknown[][]).flatMap(([name, value]) => values(name, value)) };
}

function values(name: unknown, value: unknown): Pair[] {
  if (typeof name !== "string") return [];
  return (Array.isArray(value) ? value : [value]).flatMap((one): Pair[] =>
    typeof one === "string" ? [[name, one]] : typeof one === "number" ? [[name, String(one)]] : [],
  );
}

/** Lines such as `Name: value`, with either line end. */
export function headerLines(text: string): Pair[] {
  return text.split(/\r?\n/).flatMap((line): Pair[] => {
    const [, name, value] = /^([^\s:]+):[ \t]*(.*?)[ \t]*$/.exec(line) ?? [];
    return name === undefined || value === undefined ? [] : [[name, value]];
  });
}
