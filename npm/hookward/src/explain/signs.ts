// Signs of a fault, where no variation matched: likely, not proven.

import { isGzip } from "./compressed.js";
import { textOf } from "./bytes.js";
import { likely, type Finding } from "./finding.js";
import { shown } from "./headers.js";
import type { Outcome } from "./probe.js";
import type { Pair } from "./read-headers.js";
import type { Request } from "./request.js";
import type { Shape } from "./shape.js";

/** What may be behind a refusal, the nearest first. */
export function signs(request: Request, refusal: Outcome, shape: Shape | undefined): Finding[] {
  return [...ofSecrets(request), ...ofHeaders(request, refusal, shape), ...ofBody(request)];
}

const headerOf = (pairs: readonly Pair[], name: string) => pairs.find(([one]) => one.toLowerCase() === name.toLowerCase())?.[1];

const PLACEHOLDER = /^(?:undefined|null|true|false|none|\[object Object\]|changeme|secret|your[_ -].*|<.*>|x{4,}|\.{3}|…|(?:whsec_)?(?:your|xxx|\.\.\.|…).*|\$\{?\w+\}?|%\w+%|process\.env\..*|\{\{.*\}\})$/i;

/** What the secrets of an API, and other things that are no signing secrets, begin with. */
const NOT_SIGNING: readonly (readonly [RegExp, string])[] = [
  [/^-----BEGIN /, "a key in PEM"],
  [/^whpk_/, "a public key of Standard Webhooks, for Ed25519"],
  [/^whsk_/, "a private key of Standard Webhooks, for Ed25519"],
  [/^(?:sk|pk|rk)_(?:live|test)_/, "an API key"],
  [/^(?:gh[pousr]|github_pat)_/, "a GitHub token"],
  [/^xox[abposr]-/, "a Slack token"],
  [/^(?:re|key|api|pat|tok)_/, "an API key or token"],
  [/^https?:\/\//, "a URL"],
  [/^(?:we|ep|wh|hook|endpoint)_(?!sec)\w+$/, "an endpoint's id"],
  [/^eyJ[\w-]+\.eyJ/, "a JSON Web Token"],
];

function ofSecrets({ secrets }: Request): Finding[] {
  return secrets.flatMap((secret, at) => {
    const which = secrets.length > 1 ? `Secret ${at + 1}` : "The secret";
    const text = secret.trim();
    const found: Finding[] = [];
    if (PLACEHOLDER.test(text)) found.push(likely("secret_placeholder", `${which} looks like a placeholder, not like a secret.`));
    const [, what] = NOT_SIGNING.find(([pattern]) => pattern.test(text)) ?? [];
    if (what !== undefined) found.push(likely("secret_malformed", `${which} looks like ${what}, not like a signing secret.`));
    if (/^(?:t=\d+,|v1,[A-Za-z0-9+/]{43}=|sha256=[0-9a-f]{64}|v0=[0-9a-f]{64})/.test(text)) {
      found.push(likely("secret_swapped", `${which} is written as a signature is.`));
    }
    return found;
  });
}

const HANDSHAKE = /[?&](?:hub\.challenge|hub\.verify_token|crc_token|challenge|validationToken)=/;

function ofHeaders({ pairs, circumstances, body }: Request, { code, message }: Outcome, shape: Shape | undefined): Finding[] {
  const found: Finding[] = [];
  const { method, url = "" } = circumstances;
  if (HANDSHAKE.test(url) || headerOf(pairs, "x-hook-secret") !== undefined || (/^(?:GET|HEAD|OPTIONS)$/i.test(method ?? "") && body.length === 0)) {
    found.push(likely("handshake", "The request looks like the provider's look at whether the endpoint is there, not like a delivery."));
  }
  if (/^missing_/.test(code)) {
    const near = pairs.map(([name]) => name).filter((name) => /sign|hmac|webhook|hook|svix/i.test(name)).map(shown);
    const there = pairs.length === 0 ? "no headers at all" : near.length === 0 ? `${pairs.length} headers, none of them a signature's` : near.join(", ");
    found.push(likely("header_missing", `${sentence(message)} There are: ${there}.`));
  }
  if (code === "malformed_signature" || code === "malformed_id") found.push(likely("header_malformed", sentence(message)));
  if (code === "header_too_large") found.push(likely("header_too_large", sentence(message)));
  if (code === "malformed_timestamp") {
    const value = shape?.timestamp === undefined ? undefined : headerOf(pairs, shape.timestamp);
    found.push(likely("timestamp_malformed", `${sentence(message)}${value === undefined ? "" : ` It is ${timeForm(value)}.`}`));
  }
  return found;
}

/** A message as a sentence. */
export const sentence = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.?!]$/.test(text) ? "" : "."}`;

function timeForm(text: string): string {
  if (text === "") return "empty";
  if (text !== text.trim()) return "a text with white space around it";
  if (/^[+-]\d+$/.test(text)) return "a number with a sign";
  if (/^\d+\.\d+$/.test(text)) return "a number with a fraction";
  if (/^\d+$/.test(text)) return `a number of ${text.length} digits`;
  return Number.isFinite(Date.parse(text)) ? "a date and not a number" : "neither a number nor a date";
}

function ofBody({ body, pairs, parsed }: Request): Finding[] {
  const found: Finding[] = [];
  const text = textOf(body);
  const type = (headerOf(pairs, "content-type") ?? "").toLowerCase();
  const add = (kind: Finding["kind"], evidence: string) => found.push(likely(kind, evidence));
  const length = headerOf(pairs, "content-length");
  if (body.length === 0) add("body_empty", "The body is empty.");
  else if (text === "[object Object]") add("body_not_raw", "The body is the text [object Object]: an object that was turned into a string.");
  else if (text === "undefined" || text === "null") add("body_empty", `The body is the text ${text}.`);
  if (length !== undefined && /^\d{1,15}$/.test(length) && Number(length) !== body.length && !parsed) {
    add("body_changed", `The body has ${body.length} bytes, but Content-Length says ${length}: it is not what was sent.`);
  }
  if (text === undefined && isGzip(body)) add("body_compressed", "The body is compressed by gzip.");
  const encoding = headerOf(pairs, "content-encoding");
  if (encoding !== undefined && /gzip|deflate|br|zstd/i.test(encoding) && text !== undefined) {
    add("body_compressed", "The body was sent compressed, and is not any longer: the signature may be over the compressed bytes.");
  }
  if (text?.includes("\ufffd")) {
    add("body_encoding", "The body has replacement characters (U+FFFD) in it: bytes were read as text that were none, and are lost.");
  }
  if (type.includes("json") && text !== undefined && text !== "" && !isJson(text)) {
    add("body_changed", "The content type is JSON, and the body is not: it was cut, or changed otherwise.");
  }
  if (type.includes("x-www-form-urlencoded") && text !== undefined && isJson(text)) {
    add("body_form", "The content type is that of a form, and the body is JSON: the form was parsed.");
  }
  if (text !== undefined && isJson(text)) found.push(...ofJson(text));
  return found;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** What a parser leaves behind in JSON that it writes again. */
function ofJson(text: string): Finding[] {
  const evidence: string[] = [];
  if (/\n\s+"/.test(text)) evidence.push("it is indented, as few senders do");
  const sorted = sortedKeys(JSON.parse(text));
  if (sorted !== undefined) evidence.push(`the keys of its objects stand ${sorted}, as after a parser or a database that orders them`);
  if (/\d[eE]\+?\d|\d{17,}/.test(text.replace(/"(?:[^"\\]|\\.)*"/g, ""))) evidence.push("it has numbers that a parser may have rounded");
  if (evidence.length === 0) return [];
  return [likely("body_json", `The body may have been parsed and written again: ${evidence.join("; ")}. The order of keys as it was cannot be found again.`)];
}

/** In which order all keys stand, if it is one that chance does not give. */
function sortedKeys(value: unknown): string | undefined {
  const lists: string[][] = [];
  const pending = [value];
  while (pending.length > 0) {
    const next = pending.pop();
    if (typeof next !== "object" || next === null) continue;
    if (!Array.isArray(next)) lists.push(Object.keys(next));
    for (const one of Object.values(next) as unknown[]) pending.push(one);
  }
  if (lists.reduce((sum, keys) => sum + Math.max(0, keys.length - 1), 0) < 6) return undefined;
  const all = (before: (a: string, b: string) => boolean) => lists.every((keys) => keys.every((key, at) => at === 0 || before(keys[at - 1] as string, key)));
  if (all((a, b) => a < b)) return "in alphabetical order";
  return all((a, b) => a.length < b.length || (a.length === b.length && a < b)) ? "by their length" : undefined;
}
