import { HookwardError } from "./errors.js";
import { own } from "./options.js";

/** How long keys are remembered unless said otherwise, in seconds: 96 hours. */
const RETENTION = 345_600;
const DAY = 86_400;
/** Ten years: what no store is asked to keep for longer than. */
const LONGEST = 3650 * DAY;

/** @internal How old a delivery may be, and how long its key is kept: in seconds. */
export interface Times {
  readonly tolerance: number;
  /** Both only with a store. */
  readonly late: { readonly horizon: number; readonly retention: number } | undefined;
}

/**
 * @internal Reads the times of a receiver, and refuses those under which a delivery could be accepted
 * again after its key was forgotten. `row` is what the provider's row in the catalogue says.
 */
export function readTimes(options: Record<string, unknown>, row: { tolerance: number; horizon: number }, hasStore: boolean): Times {
  const tolerance = seconds(options, "tolerance", row.tolerance, DAY);
  if (!hasStore) {
    for (const name of ["horizon", "retention"]) {
      if (options[name] !== undefined) throw invalid(`${name} needs a store: without one nothing is remembered`);
    }
    return { tolerance, late: undefined };
  }
  const horizon = seconds(options, "horizon", Math.max(row.horizon, tolerance), LONGEST);
  const retention = seconds(options, "retention", RETENTION, LONGEST);
  if (horizon < tolerance) throw invalid(`the horizon of ${horizon} s must not be shorter than the tolerance of ${tolerance} s`);
  const needed = horizon + 2 * tolerance;
  if (needed > retention) {
    throw invalid(
      `a delivery may be ${horizon} s old (horizon) and its key must outlive that by twice the tolerance of ${tolerance} s, \
which is ${needed} s; but keys are kept for ${retention} s (retention)`,
    );
  }
  return { tolerance, late: { horizon, retention } };
}

/** @internal Whole seconds, from 1. */
export function seconds(options: Record<string, unknown>, name: string, usual: number, most: number): number {
  const value = own(options, name);
  if (value === undefined) return usual;
  if (typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw invalid(`${name} must be whole seconds, from 1 to ${most}`);
}

function invalid(message: string): HookwardError {
  return new HookwardError("invalid_policy", message);
}
