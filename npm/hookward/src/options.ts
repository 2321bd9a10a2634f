import type { RawBody } from "./body.js";
import { HookwardError, invalidOption, kindOf } from "./errors.js";
import { readRow, rowOf, type Sender } from "./rows.js";
import type { CustomScheme } from "./scheme.js";

/** A provider's id in the catalogue. In the published types the build lists them one by one. */
export type ProviderId = string;

/** What {@link verify} and {@link sign} have in common. */
export type CommonOptions = {
  /** The request's body, byte for byte. */
  readonly body: RawBody;
  /** The request's method, for providers that sign it. */
  readonly method?: string | undefined;
  /** The URL as it is registered with the provider, for providers that sign it. */
  readonly url?: string | undefined;
} & Sent;

/** Exactly one of the two. */
export type Sent =
  | {
      /** Who sends. Always named by you, never guessed from the headers. */
      readonly provider: ProviderId;
      readonly scheme?: undefined;
    }
  | {
      readonly provider?: undefined;
      /** How a sender signs that is not in the catalogue. */
      readonly scheme: CustomScheme;
    };

/**
 * Runs `read` over the options, which may have no others than `known`: a misspelt one would be a check
 * left out. What throws while they are read (a getter, a Proxy) is reported as an invalid option, with
 * the thrown value as `cause`.
 *
 * @internal
 */
export function readOptions<T>(options: unknown, known: ReadonlySet<string>, read: (options: Record<string, unknown>) => T): T {
  if (typeof options !== "object" || options === null) {
    throw invalidOption(`the options must be an object, but are ${kindOf(options)}`);
  }
  try {
    for (const name of Object.keys(options)) {
      if (!known.has(name)) throw invalidOption(`there is no option ${name}`);
    }
    return read(options as Record<string, unknown>);
  } catch (error) {
    if (error instanceof HookwardError) throw error;
    throw invalidOption("the options could not be read; see cause", error);
  }
}

/**
 * An option of the object's own. An inherited one, from a polluted Object.prototype at worst, must not
 * move the clock.
 *
 * @internal
 */
export function own(options: Record<string, unknown>, name: string): unknown {
  const value = options[name];
  if (value === undefined || Object.hasOwn(options, name)) return value;
  throw invalidOption(`${name} must not be inherited`);
}

/** @internal A string. */
export function text(name: string, value: unknown): string {
  if (typeof value === "string") return value;
  throw invalidOption(`${name} must be a string, but is ${kindOf(value)}`);
}

/** @internal A secret. One that is not there counts as empty: the core says so, in its order of checks. */
export function secretText(name: string, value: unknown): string {
  return value === undefined || value === null ? "" : text(name, value);
}

/** @internal Unix seconds, by default the clock's; the fraction is cut off. */
export function unixSeconds(name: string, value: unknown): number {
  if (value === undefined) return Math.floor(Date.now() / 1000);
  if (typeof value === "number" && value >= 0 && value < 1e11) return Math.floor(value);
  const found = typeof value === "number" && value >= 1e11 ? "milliseconds" : kindOf(value);
  throw invalidOption(`${name} must be Unix seconds, but is ${found}`);
}

/** @internal A string that may be left out. */
export function maybeText(name: string, value: unknown): string | undefined {
  return value === undefined ? undefined : text(name, value);
}

/** @internal Several of them. */
export function texts(options: Record<string, unknown>, names: readonly string[]): (string | undefined)[] {
  return names.map((name) => maybeText(name, options[name]));
}

/**
 * @internal Where customScheme leaves what it has checked: found by every copy of this package in the
 * process, and neither in JSON nor in a spread copy, whose columns anybody may have written.
 */
export const CHECKED: unique symbol = /* @__PURE__ */ Symbol.for("hookward.scheme");

/** @internal Who sends, by either of the two options. */
export function sender(options: Record<string, unknown>): Sender {
  const { provider, scheme } = options;
  if (scheme === undefined) return rowOf(text("provider", provider));
  if (provider !== undefined) throw invalidOption("give either provider or scheme, not both");
  const line = Object.hasOwn(Object(scheme) as object, CHECKED) && (scheme as CustomScheme)[CHECKED].row;
  const row = typeof line === "string" && readRow(line);
  if (row) return row;
  throw invalidOption("scheme must have been made by customScheme()");
}
