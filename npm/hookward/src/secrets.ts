import { HookwardError, invalidOption, kindOf } from "./errors.js";
import { secretText } from "./options.js";

/** A signing secret that is valid for a time. */
export interface TimedSecret {
  /** As the provider shows it. */
  readonly secret: string | undefined;
  /** From when on, in Unix seconds; by default always. */
  readonly notBefore?: number | undefined;
  /** Until when, in Unix seconds, that second included; by default for ever. */
  readonly notAfter?: number | undefined;
}

/** @internal Secrets with their times, as they were given. */
export type Secrets = readonly Required<TimedSecret>[];

const KNOWN = /* @__PURE__ */ new Set(["secret", "notBefore", "notAfter"]);

/** @internal Exactly one of `secret` and `secrets`. */
export function readTimedSecrets(secret: unknown, secrets: unknown): Secrets {
  if (secrets === undefined) return [timed("secret", secret)];
  if (secret !== undefined) throw invalidOption("give either secret or secrets, not both");
  if (!Array.isArray(secrets)) throw invalidOption(`secrets must be an array, but is ${kindOf(secrets)}`);
  return Array.from(secrets, (one, at) => timed(`secrets[${at}]`, one));
}

/** @internal Those that are valid now, and where each stands in the list. */
export function validSecrets(secrets: Secrets, now: number): { texts: string[]; positions: number[] } {
  const texts: string[] = [];
  const positions: number[] = [];
  secrets.forEach(({ secret, notBefore = -Infinity, notAfter = Infinity }, position) => {
    if (now < notBefore || now >= notAfter + 1) return;
    texts.push(secret as string);
    positions.push(position);
  });
  if (texts.length === 0) {
    throw new HookwardError("no_secret", "none of the secrets is valid now, by its notBefore and notAfter");
  }
  return { texts, positions };
}

function timed(name: string, value: unknown): Required<TimedSecret> {
  if (typeof value !== "object" || value === null) {
    return { secret: secretText(name, value), notBefore: undefined, notAfter: undefined };
  }
  const given = value as Record<string, unknown>;
  for (const key of Object.keys(given)) {
    if (!KNOWN.has(key)) throw invalidOption(`there is no ${key} in ${name}: a secret has secret, notBefore, notAfter`);
  }
  const notBefore = seconds(`${name}.notBefore`, given["notBefore"]);
  const notAfter = seconds(`${name}.notAfter`, given["notAfter"]);
  if (notBefore !== undefined && notAfter !== undefined && notAfter < notBefore) {
    throw invalidOption(`${name} is never valid: its notAfter is before its notBefore`);
  }
  return { secret: secretText(`${name}.secret`, given["secret"]), notBefore, notAfter };
}

function seconds(name: string, value: unknown): number | undefined {
  if (value === undefined) return undefined;
  // A time in milliseconds would make a secret valid for ever, or never.
  if (typeof value === "number" && value >= 0 && value < 1e11) return value;
  throw invalidOption(`${name} must be Unix seconds, but is ${typeof value === "number" ? "out of range" : kindOf(value)}`);
}
