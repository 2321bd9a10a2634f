// How a provider writes its headers, learnt from what `sign` writes for it.

import { NOBODY, signed } from "./probe.js";
import type { Target } from "./request.js";

/** The headers of a scheme, and how the signature's is written. */
export interface Shape {
  readonly signature: string;
  readonly timestamp: string | undefined;
  readonly id: string | undefined;
  /** All of them, in the provider's spelling. */
  readonly names: readonly string[];
  /** What stands before the tag, the time left out: `sha256=`, `v1,`, nothing. */
  readonly prefix: string;
  readonly encoding: "hex" | "base64";
  /** Whether the method or the URL is signed. */
  readonly signsTarget: boolean;
}

const ID = "hookwardid";
const TIME = 1_111_111_111;
const TAG = /([0-9a-f]{64}|[A-Za-z0-9+/]{43}=)$/;
const MESSAGE = { body: new Uint8Array(0), id: ID, timestamp: TIME, method: "POST" };
/** Secrets that different forms of keys read differently, or not at all. */
const SECRETS = [NOBODY, "bm9ib2R5", "whsec_bm9ib2R5", "v1,whsec_bm9ib2R5"];

/** Shapes by provider: they never change. */
const known = new Map<string, Shape | undefined>();

/** `undefined` for who is not in the catalogue. */
export function shapeOf(target: Target): Shape | undefined {
  if (!("provider" in target)) return learn(target);
  if (!known.has(target.provider)) known.set(target.provider, learn(target));
  return known.get(target.provider);
}

function learn(target: Target): Shape | undefined {
  const write = (url: string) => signed(target, { ...MESSAGE, secret: NOBODY, url });
  const headers = Object.entries(write("https://a.example/") ?? {});
  const found = headers.find(([, value]) => TAG.test(value));
  if (found === undefined) return undefined;
  const [signature, value] = found;
  const [tag = ""] = TAG.exec(value) ?? [];
  const other = write("https://b.example/")?.[signature];
  return {
    signature,
    timestamp: headers.find(([, text]) => /^\d/.test(text) && isTime(text))?.[0],
    id: headers.find(([, text]) => text === ID)?.[0],
    names: headers.map(([name]) => name),
    prefix: value.slice(0, -tag.length).replace(/^.*\d{9,}[,;]\s*/, ""),
    encoding: tag.length === 64 ? "hex" : "base64",
    signsTarget: other !== undefined && other !== value,
  };
}

/** What two providers have in common if, and only if, they sign alike. */
export function likeness(target: Target): string {
  return JSON.stringify(SECRETS.map((secret) => signed(target, { ...MESSAGE, secret, url: "https://a.example/%41" })));
}

function isTime(text: string): boolean {
  return text === String(TIME) || text === `${TIME}000` || Date.parse(text) === TIME * 1000;
}
