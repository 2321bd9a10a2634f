// The call that is to be explained, in one form, whatever form it was made in.

import type { Repair } from "./finding.js";
import { readBody } from "./read-body.js";
import { readHeaders, type Pair } from "./read-headers.js";
import { textOf } from "./bytes.js";

/** Who is taken to send: a provider's id, or a scheme of one's own. */
export type Target = { readonly provider: string } | { readonly scheme: unknown };

const schemes = new WeakMap<object, string>();
let count = 0;

/** What tells targets apart: a scheme of one's own is known by being the same object. */
export function keyOf(target: Target): string {
  if ("provider" in target) return `provider ${target.provider}`;
  const { scheme } = target;
  if (typeof scheme !== "object" || scheme === null) return `scheme ${String(scheme)}`;
  let key = schemes.get(scheme);
  if (key === undefined) schemes.set(scheme, (key = `scheme ${++count}`));
  return key;
}

/** What is judged, as far as it could be read. */
export interface Request {
  readonly target: Target;
  readonly pairs: readonly Pair[];
  readonly body: Uint8Array;
  /** Whether the body was given as an object that something parsed. */
  readonly parsed: boolean;
  readonly secrets: readonly string[];
  readonly candidates: readonly string[];
  /** The clock and the target of the request, without what verify would not take. */
  readonly circumstances: Circumstances;
  /** What had to be put right to read the call at all. */
  readonly repairs: readonly Repair[];
}

export interface Circumstances {
  readonly now: number;
  readonly tolerance?: number;
  readonly method?: string;
  readonly url?: string;
}

/** A property of whatever it is; a getter that throws has none. */
export function property(of: unknown, name: string): unknown {
  try {
    return (of as Record<string, unknown> | null | undefined)?.[name];
  } catch {
    return undefined;
  }
}

export function readRequest(options: unknown, names: readonly string[]): Request {
  const get = (name: string) => property(options, name);
  const repairs: Repair[] = [];
  const { pairs, repair: ofHeaders } = readHeaders(get("headers"), names);
  const { bytes, parsed, repair: ofBody } = readBody(get("body"));
  for (const repair of [ofHeaders, ofBody]) if (repair) repairs.push(repair);
  const several = get("secrets");
  const given = Array.isArray(several) ? several : several === undefined ? [get("secret")] : [several];
  const secrets = given.map((one, at) => {
    const text = secretText(one);
    if (text !== undefined && typeof one !== "string") {
      repairs.push({
        kind: "option_invalid",
        evidence: `Secret ${at + 1} is given as ${typeof one === "object" ? "an object" : `a ${typeof one}`}, not as text.`,
        fix: "Give each secret as the text that the provider shows.",
      });
    }
    return text ?? "";
  });
  const candidates = get("candidates");
  const scheme = get("scheme");
  return {
    target: scheme === undefined ? { provider: String(get("provider") ?? "") } : { scheme },
    pairs,
    body: bytes,
    parsed,
    secrets,
    candidates: Array.isArray(candidates) ? candidates.map(secretText).filter((text) => text !== undefined) : [],
    circumstances: readCircumstances(get, repairs),
    repairs,
  };
}

/** The text of a secret: given as such, as bytes, or as a Receiver takes it, with its times beside it. */
function secretText(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  if (ArrayBuffer.isView(value)) return textOf(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
  const inner = property(value, "secret");
  return typeof inner === "string" ? inner : undefined;
}

function readCircumstances(get: (name: string) => unknown, repairs: Repair[]): Circumstances {
  const [now, tolerance, method, url] = ["now", "tolerance", "method", "url"].map(get);
  const isTime = typeof now === "number" && now >= 0 && now < 1e11;
  if (typeof now === "number" && now >= 1e11 && now < 1e14) {
    const evidence = "`now` is given in milliseconds; it is taken in Unix seconds.";
    repairs.push({ kind: "option_invalid", evidence, fix: "Give Math.floor(Date.now() / 1000), or leave `now` out." });
  }
  return {
    now: Math.floor(isTime ? now : typeof now === "number" && now < 1e14 && now > 0 ? now / 1000 : Date.now() / 1000),
    ...(typeof tolerance === "number" && Number.isInteger(tolerance) && tolerance >= 1 && tolerance <= 86_400 ? { tolerance } : {}),
    ...(typeof method === "string" ? { method } : {}),
    ...(typeof url === "string" ? { url } : {}),
  };
}
