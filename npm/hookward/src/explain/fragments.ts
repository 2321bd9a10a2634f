// Signatures of which only a part arrived: found by signing again.

import type { Catalog } from "./catalog.js";
import type { Repair } from "./finding.js";
import type { Attempt, Prober } from "./probe.js";
import type { Pair } from "./read-headers.js";
import type { Shape } from "./shape.js";

/** As many characters as cannot agree by chance: 32 bits in hex, 48 in base64. */
const ENOUGH = 8;

/** What may be a signature, or a part of one. */
const RUN = /[A-Za-z0-9+/]{8,}={0,2}/g;

/** Whether what is there of a signature is the beginning or the end of the right one. `code` is the refusal's. */
export function fragment(prober: Prober, { target, pairs, body, secrets, circumstances }: Attempt, shape: Shape, code: string, catalog: Catalog): Repair | undefined {
  const value = valueOf(pairs, shape.signature);
  if (value === undefined || value.length > 4096) return undefined;
  // A whole signature, where verify looks for it, has been compared already.
  const length = shape.encoding === "hex" ? 64 : 44;
  const runs = value.match(RUN) ?? [];
  if (runs.some((run) => run.length === length) && prober.readable({ target, pairs, circumstances })) return undefined;
  const id = shape.id === undefined ? undefined : valueOf(pairs, shape.id);
  const times = shape.timestamp === undefined ? inField(value) : [valueOf(pairs, shape.timestamp)];
  const { method, url } = circumstances;
  for (const secret of secrets) {
    for (const time of times) {
      const timestamp = unixSeconds(time);
      const options = { secret, body, id, ...(timestamp === undefined ? {} : { timestamp }) };
      const dated = time === undefined ? undefined : catalog.atTime(target, time, id);
      const headers = prober.sign(dated ?? target, { ...options, ...(shape.signsTarget ? { method, url } : {}) });
      const right = headers?.[shape.signature];
      // A time that is written otherwise was signed otherwise.
      if (right === undefined || (dated === undefined && shape.timestamp !== undefined && headers?.[shape.timestamp] !== time)) continue;
      const found = compare(value, right, shape, code);
      if (found) return found;
    }
  }
  return undefined;
}

function compare(value: string, right: string, { signature, encoding }: Shape, code: string): Repair | undefined {
  const length = encoding === "hex" ? 64 : 44;
  const whole = right.slice(-length);
  const fold = (text: string) => (encoding === "hex" ? text.toLowerCase() : text);
  for (const run of value.match(RUN) ?? []) {
    const text = fold(run);
    const cut = (which: string): Repair => ({
      kind: "header_truncated",
      evidence: `${signature} holds ${text.length} of the signature's ${length} characters, ${which}: as far as they go, they match.`,
    });
    if (text.length < length && text.length >= ENOUGH) {
      if (whole.startsWith(text.replace(/=+$/, ""))) return cut("the end is missing");
      if (whole.endsWith(text)) return cut("the beginning is missing");
    }
    if (text.length >= length && text.includes(whole)) {
      const kind = code === "header_too_large" ? code : "header_rewritten";
      return { kind, evidence: `${signature} holds the right signature, and is not written as the provider writes it: its value has ${value.length} characters.` };
    }
  }
  return undefined;
}

function valueOf(pairs: readonly Pair[], name: string): string | undefined {
  return pairs.find(([one]) => one.toLowerCase() === name.toLowerCase())?.[1];
}

/** The times that a signature header may hold. */
function inField(value: string): (string | undefined)[] {
  return value.match(/(?<!\w)\d{9,13}(?!\w)/g) ?? [undefined];
}

function unixSeconds(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{12,13}$/.test(text)) return Math.floor(Number(text) / 1000);
  const seconds = /^\d{1,11}$/.test(text) ? Number(text) : Date.parse(text) / 1000;
  return Number.isFinite(seconds) && seconds >= 0 ? Math.floor(seconds) : undefined;
}
