// Errors of the package, as the commands report them.

import { UsageError } from "./usage.js";

export interface Refusal {
  readonly code: string;
  readonly message: string;
  /** The HTTP status to answer with. */
  readonly status: number;
}

/** What only the command line can be at fault for. */
const OF_CALL = new Set(["unknown_provider", "unsupported_provider", "invalid_option", "invalid_scheme", "too_many_secrets", "no_secret"]);

/** An error of the package; a UsageError where the command line is at fault; anything else is thrown again. */
export function refusalOf(error: unknown): Refusal {
  const { code, message, status } = Object(error) as Partial<Refusal>;
  if (typeof code !== "string" || typeof message !== "string" || typeof status !== "number") throw error;
  if (code === "no_secret") throw new UsageError("there is no secret: give --secret-env, --secret-file or --secret-stdin");
  if (OF_CALL.has(code) || code === "invalid_target") throw new UsageError(message);
  return { code, message, status };
}

/** Without the options that are not there. */
export function verifiable<T extends object>(options: T): Partial<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>;
}
