import { invalidOption, kindOf } from "./errors.js";

/** The time, in Unix seconds. */
export type Clock = () => number;

/** @internal The clock of an option; by default the machine's. */
export function clockOf(value: unknown): Clock {
  if (value === undefined) return () => Date.now() / 1000;
  if (typeof value === "function") return value as Clock;
  throw invalidOption(`now must be a function that gives Unix seconds, but is ${kindOf(value)}`);
}
