import { parsed } from "./core.js";
import { HookwardError, invalidOption, kindOf } from "./errors.js";
import { withFull } from "./full.js";
import { TEXT_UNITS } from "./instance.js";
import { CHECKED, readOptions } from "./options.js";

/**
 * How a sender signs, as data: HMAC-SHA256 over what `signed` says, written as `format` shows. What is
 * left out is as its description says first.
 */
export interface SchemeOptions {
  /**
   * `custom`, or an id of your own: lower-case letters, digits and `-`. Event keys are made with it, so
   * those of two schemes with one id, or of a scheme with a provider's id and of that provider, are not
   * kept apart.
   */
  readonly id?: string | undefined;
  /** The id, or a name for people. */
  readonly name?: string | undefined;
  /** The signature header's name; or several with a space between them, of which any may be there. */
  readonly signature: string;
  /** No header, or the name of the one that holds the time. */
  readonly timestamp?: string | undefined;
  /** No header, or the name of the one that holds the signed id. */
  readonly idHeader?: string | undefined;
  /** No other spelling, or the names of the same headers in it, with spaces between them. */
  readonly otherHeaders?: string | undefined;
  /**
   * `{signature}`, or an example of the signature header's value: `sha256={signature}`,
   * `t={timestamp},v1={signature}`, `v1,{signature} ...`.
   */
  readonly format?: string | undefined;
  /** How a signature is written. */
  readonly encoding?: "hex" | "base64" | undefined;
  /** How the secret becomes the key: as text, as hex, or as base64 behind a prefix. */
  readonly key?: "text" | "hex" | `base64:${string}` | undefined;
  /**
   * No time, or `s`, `ms` or `rfc3339`: how the signed time is written. With a space and a JSON pointer
   * behind it where it is in the body: `rfc3339 /created_at`.
   */
  readonly time?: string | undefined;
  /** `{body}`, or what is signed: of `{id}`, `{timestamp}`, `{body}`, `{method}` and `{url}`. */
  readonly signed?: string | undefined;
  /** 300, or how far the time may be from now, in seconds. */
  readonly tolerance?: number | undefined;
  /** The tolerance, or how long the sender goes on sending one signature, in seconds. */
  readonly horizon?: number | undefined;
  /** `hash`, `none`, `header`, or a JSON pointer: what duplicates are recognised by. */
  readonly eventKey?: string | undefined;
  /** Nothing, `id`, or `id type`: what a body must have. */
  readonly envelope?: "id" | "id type" | undefined;
  /** None, or a JSON pointer: the event's type. */
  readonly eventType?: string | undefined;
  /** None, or one JSON pointer or two with a space between them: when the event happened. */
  readonly created?: string | undefined;
  /** No header, or the name of the one that repeats the event's type, unsigned. */
  readonly eventTypeHeader?: string | undefined;
  /** No header, or the name of the one with the delivery's id, unsigned. */
  readonly deliveryIdHeader?: string | undefined;
}

declare const checked: unique symbol;

/**
 * A scheme that has been checked: made by {@link customScheme}. What to keep elsewhere, as JSON, are the
 * options that it was made of: a copy of this is not checked, and so refused.
 */
export interface CustomScheme {
  readonly id: string;
  /** How far the signed time may be from now unless told otherwise, in seconds. */
  readonly tolerance: number;
  /** How long the sender goes on sending one signature, in seconds. */
  readonly retryHorizon: number;
  readonly [checked]: true;
  /** @internal As people write it, and as the module that verifies reads it. */
  readonly [CHECKED]: { readonly line: string; readonly row: string };
}

/** @internal The columns of a line, in order. */
export const COLUMNS = [
  "id",
  "name",
  "signature",
  "timestamp",
  "idHeader",
  "otherHeaders",
  "format",
  "encoding",
  "key",
  "time",
  "signed",
  "tolerance",
  "horizon",
  "eventKey",
  "envelope",
  "eventType",
  "created",
  "eventTypeHeader",
  "deliveryIdHeader",
  "siblings",
  "handshake",
] as const;

/**
 * Checks a scheme of your own, once, for use as `scheme` in place of `provider`.
 *
 * @throws HookwardError `invalid_scheme`, with the part that is wrong
 */
export function customScheme(options: SchemeOptions): CustomScheme {
  const known = new Set<string>(COLUMNS.slice(0, -2));
  const line = readOptions(options, known, (given) => COLUMNS.map((name) => column(name, given[name])).join("|"));
  if (line.length > TEXT_UNITS) throw new HookwardError("invalid_scheme", `the scheme is over ${TEXT_UNITS} characters long`);
  const columns = parsed<string[]>(withFull((full) => full.check(line)));
  const [id, tolerance, horizon] = [columns[0], columns[15], columns[16]] as [string, string, string];
  const typeHeader = line.split("|")[17] as string;
  const seen = (value: unknown) => ({ value, enumerable: true });
  // Not by Object.defineProperty, which does nothing in n8n's Code node.
  const scheme = Object.create(Object.prototype, {
    id: seen(id),
    tolerance: seen(Number(tolerance)),
    retryHorizon: seen(Number(horizon)),
    [CHECKED]: { value: Object.freeze({ line, row: [...columns, typeHeader].join("|") }) },
  }) as CustomScheme;
  return Object.freeze(scheme);
}

function column(name: string, value: unknown): string {
  if (value === undefined) return "";
  const whole = name === "tolerance" || name === "horizon";
  if (whole ? typeof value !== "number" : typeof value !== "string") {
    throw invalidOption(`${name} must be a ${whole ? "number" : "string"}, but is ${kindOf(value)}`);
  }
  const text = String(value);
  if (/[|\r\n]/.test(text)) throw invalidOption(`${name} must have no | and no line end in it`);
  return text;
}
