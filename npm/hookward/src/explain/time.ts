// Deliveries whose signature matches, and whose time does not suit.

import type { Attempt, Outcome, Prober } from "./probe.js";
import { finding, likely, type Finding } from "./finding.js";

/** Beyond any time in seconds: the year 5138. */
const MOST_S = 99_999_999_999;

export interface Rules {
  /** The provider's own tolerance, in seconds. */
  readonly tolerance: number;
  /** How long it goes on sending one signature, in seconds. */
  readonly retryHorizon: number;
}

const DAY = 86_400;

/** A span in words: `2 d 3 h`. */
export function span(seconds: number): string {
  const units: [string, number][] = [["d", DAY], ["h", 3600], ["min", 60], ["s", 1]];
  let rest = Math.round(Math.abs(seconds));
  const parts: string[] = [];
  for (const [unit, size] of units) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0 && parts.length < 2) parts.push(`${count} ${unit}`);
  }
  return parts.join(" ") || "0 s";
}

/** What is wrong with the time of a delivery whose signature matches. */
export function timeFindings(prober: Prober, attempt: Attempt, { code, message }: Outcome, rules: Rules): Finding[] {
  if (code !== "timestamp_too_old" && code !== "timestamp_in_future") return untimely(code, message);
  const { now, tolerance } = attempt.circumstances;
  const signed = signedTime(prober, attempt);
  if (signed === undefined) {
    const at = "further ahead than any date: a number of milliseconds, read as seconds";
    return [proven("timestamp_unit", `The signed time is ${at}. The signature itself matches.`)];
  }
  const off = signed - now;
  const distance = `The signature matches. The signed time is ${span(off)} (${Math.abs(off)} s) ${off < 0 ? "before" : "after"} the receiver's`;
  // A thousandth of a time of today.
  if (signed < 100_000_000 && Math.abs(signed * 1000 - now) < 366 * DAY) {
    return [proven("timestamp_unit", `${distance}: it is a number of seconds, read as milliseconds.`)];
  }
  const found: Finding[] = [];
  if (tolerance !== undefined && tolerance < rules.tolerance && Math.abs(off) <= rules.tolerance) {
    found.push(
      proven("tolerance_too_small", `${distance}, within the provider's ${rules.tolerance} s, and beyond the ${tolerance} s given.`),
    );
  } else if (off > 0) {
    found.push(proven("clock", `${distance}: a sender cannot sign in the future, so the receiver's clock is slow, or the sender's fast.`));
  } else if (rules.retryHorizon > rules.tolerance && -off <= rules.retryHorizon) {
    found.push(
      proven("late", `${distance}. The provider goes on sending one signature for ${span(rules.retryHorizon)}: it may be a retry.`),
    );
  } else {
    found.push(proven("late", `${distance}: it came late, or was kept and is judged later.`));
  }
  const zone = timeZone(off);
  if (zone !== undefined && (off > 0 || -off <= 14 * 3600)) {
    found.push(
      likely("clock", `The difference is that of a time zone (${zone}): a local time was taken for UTC.`, "Take Unix seconds from a clock in UTC: Math.floor(Date.now() / 1000)."),
    );
  } else if (off < 0 && -off < 3600 && found.every(({ kind }) => kind !== "tolerance_too_small")) {
    found.push(likely("clock", `If the request was not kept, the receiver's clock is fast by ${-off} s.`));
  }
  return found;
}

const proven = (kind: Finding["kind"], evidence: string) => finding({ kind, evidence }, "proven");

function untimely(code: string, message: string): Finding[] {
  switch (code) {
    case "missing_timestamp":
    case "malformed_timestamp":
      return [proven("timestamp_malformed", `The signature matches, and the signed time cannot be read: ${message}.`)];
    case "malformed_envelope":
      return [proven("envelope", `The signature matches, and the body is not the event that the provider documents: ${message}.`)];
    default:
      return [];
  }
}

/** Whole half hours, give or take a minute. */
function timeZone(off: number): string | undefined {
  const halves = Math.round(off / 1800);
  if (halves === 0 || Math.abs(halves) > 28 || Math.abs(off - halves * 1800) > 60) return undefined;
  return `${halves > 0 ? "+" : "-"}${span(halves * 1800)}`;
}

/** The signed time, found by moving the clock; nothing if it lies beyond all clocks. */
function signedTime(prober: Prober, attempt: Attempt): number | undefined {
  const isAhead = (now: number) =>
    prober.outcome({ ...attempt, circumstances: { ...attempt.circumstances, now, tolerance: 1 } }).code === "timestamp_in_future";
  if (isAhead(MOST_S)) return undefined;
  // The first time at which the delivery is no longer in the future: a second before the signed one.
  let [low, high] = [0, MOST_S];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (isAhead(middle)) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? 0 : low + 1;
}
