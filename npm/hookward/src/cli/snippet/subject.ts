// Which provider a snippet is for, and what has to be known of it.

import { readFileSync } from "node:fs";
import { providers, type CustomScheme, type ProviderInfo, type SchemeOptions } from "hookward";
import { Input } from "../input.js";
import type { Given } from "../options.js";
import { UsageError } from "../usage.js";

/** What the package's build left for snippets: see scripts/snippet.mjs. */
interface Prepared {
  /** The bundle, and the texts in it that stand for what is put in. */
  readonly code: string;
  readonly open: { readonly HOOKWARD_ROWS: string; readonly HOOKWARD_DEFLATED: string; readonly HOOKWARD_BYTES: string };
  readonly rows: readonly string[];
  readonly handshakes: { readonly [provider: string]: string };
}

export interface Subject {
  readonly provider: ProviderInfo;
  /** Its row for the core. */
  readonly row: string;
  /** Where it is a scheme of one's own: as it was written. */
  readonly own: SchemeOptions | undefined;
  /** What is signed. */
  readonly signed: string;
  /** As it is registered with the provider; only where the provider signs it. */
  readonly url: string | undefined;
  /** How far the signed time may be from now, in seconds. */
  readonly tolerance: number;
  /** Whether it sends requests that are no deliveries and have to be answered in their own way. */
  readonly shakes: boolean;
}

let read: Prepared | undefined;
export const prepared = (): Prepared =>
  (read ??= JSON.parse(readFileSync(new URL("./snippet.json", import.meta.url), "utf8")) as Prepared);

export function subject(given: Given): Subject {
  const [url, tolerance] = [given.text("url"), given.count("tolerance", 1)];
  const about = sender(given);
  const { provider } = about;
  const signed = provider.scheme.signed ?? "{body}";
  const signsUrl = signed.includes("{url");
  if (signsUrl && url === undefined) {
    throw new UsageError(`${provider.name} signs the URL: give it by --url, exactly as it is registered there`);
  }
  if (!signsUrl && url !== undefined) throw new UsageError(`${provider.name} does not sign the URL: leave --url out`);
  if (url !== undefined && !/^https?:\/\/[\x21-\x7e]+$/.test(url)) throw new UsageError("--url must be a whole URL, from https:// on");
  return { ...about, signed, url, tolerance: tolerance ?? provider.tolerance };
}

function sender(given: Given): Pick<Subject, "provider" | "row" | "own" | "shakes"> {
  const [id, scheme] = [given.text("provider"), given.text("scheme")];
  if (id !== undefined && scheme !== undefined) throw new UsageError("give --provider or --scheme, not both");
  if (scheme !== undefined) return ownSender(scheme);
  if (id === undefined) throw new UsageError("--provider is missing; `hookward providers` lists the ids");
  const { rows, handshakes } = prepared();
  const row = rows.find((one) => one.startsWith(`${id}|`));
  if (row === undefined) throw new UsageError(`there is no provider ${JSON.stringify(id)}; \`hookward providers\` lists the ids`);
  const provider = providers().find((one) => one.id === id);
  if (provider === undefined) {
    throw new UsageError(`${id} uses ${row.slice(id.length + 1)}, and only HMAC-SHA256 over the payload is verified here`);
  }
  return { provider, row, own: undefined, shakes: handshakes[id] !== undefined };
}

/** Where the package leaves the row of a scheme that it has checked. */
const CHECKED = Symbol.for("hookward.scheme");

function ownSender(path: string): Pick<Subject, "provider" | "row" | "own" | "shakes"> {
  const { options, scheme } = new Input().scheme(path);
  const { row } = (scheme as CustomScheme & { readonly [CHECKED]: { readonly row: string } })[CHECKED];
  const { id, tolerance, retryHorizon } = scheme;
  const provider = { id, name: options.name ?? id, tolerance, retryHorizon, headers: [], scheme: options };
  return { provider, row, own: options, shakes: false };
}

/** What a user has to know of such a provider, wherever the snippet runs. */
export function notesOn({ provider, tolerance }: Subject): string[] {
  const { name, retryHorizon, scheme } = provider;
  const notes: string[] = [];
  if (scheme.time === undefined) {
    notes.push(`${name} signs no time: whoever has one genuine delivery can send it again at any time, and only a memory of what came before stops that`);
  }
  if (retryHorizon > tolerance) {
    notes.push(`${name} sends an event that it could not deliver again with its first signature, for ${Math.round(retryHorizon / 3600)} hours; here, all that come later than ${tolerance} seconds are refused, since it takes a memory to accept them`);
  }
  return notes;
}
