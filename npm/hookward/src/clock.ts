import { invalidOption, kindOf } from "./errors.js";

/** The time, in Unix seconds. */
export type Clock = () => number;

/**
 * The clock of an option; by default the machine's. One that is broken throws: no time at all must not
 * stand for any time.
 *
 * @internal
 */
export function clockOf(value: unknown): Clock {
  if (value === undefined) return () => Date.now() / 1000;
  if (typeof value !== "function") throw invalidOption(`now must be a function that gives Unix seconds, but is ${kindOf(value)}`);
  return () => {
    const time: unknown = read(value as () => unknown);
    if (typeof time === "number" && time >= 0 && time < 1e11) return time;
    throw invalidOption(`now must give Unix seconds, but gave ${typeof time === "number" ? "a number out of range" : kindOf(time)}`);
  };
}

function read(clock: () => unknown): unknown {
  try {
    return clock();
  } catch (cause) {
    throw invalidOption("now must give Unix seconds, but threw; see cause", cause);
  }
}
