// What explain answers with.

/**
 * What kind of fault was found. The kinds are stable, as error codes are.
 *
 * Those of the secret, `secret_…`: `missing`; `placeholder` (stands for one, and is none);
 * `malformed`; `white_space`, `quotes` and `prefix` (something around it, or left out, that changes the
 * key); `encoding` (base64, hex and text taken for each other); `joined` (several in one text); `other`
 * (one of `candidates` matches); `swapped` (it is the signature); `too_many`.
 *
 * Of the provider: `provider_unknown`, `provider_wrong`.
 *
 * Of the headers, `header_…`: `missing`, `renamed`, `doubled`, `rewritten` (changed on the way),
 * `truncated`, `malformed`, `too_large`.
 *
 * Of the body, `body_…`: `empty`, `too_large`, `not_raw` (it was parsed before), `json` (parsed and
 * written again), `white_space` (line ends, at the end or throughout), `encoding` (of its characters),
 * `form`, `wrapped` (inside another text or object), `compressed`, `changed` (in some other way).
 *
 * Of the address: `target_wrong`, for providers that sign the method or the URL.
 *
 * Of the time: `clock`, `late` (a retry, or a request kept for later), `tolerance_too_small`,
 * `timestamp_unit`, `timestamp_malformed`.
 *
 * And `envelope` (signed, but not the event that the provider documents), `handshake` (no delivery),
 * `option_invalid` (the call itself), `unexplained`.
 */
export type FindingKind =
  | "secret_missing"
  | "secret_placeholder"
  | "secret_malformed"
  | "secret_white_space"
  | "secret_quotes"
  | "secret_prefix"
  | "secret_encoding"
  | "secret_joined"
  | "secret_other"
  | "secret_swapped"
  | "secret_too_many"
  | "provider_unknown"
  | "provider_wrong"
  | "header_missing"
  | "header_renamed"
  | "header_doubled"
  | "header_rewritten"
  | "header_truncated"
  | "header_malformed"
  | "header_too_large"
  | "body_empty"
  | "body_too_large"
  | "body_not_raw"
  | "body_json"
  | "body_white_space"
  | "body_encoding"
  | "body_form"
  | "body_wrapped"
  | "body_compressed"
  | "body_changed"
  | "target_wrong"
  | "clock"
  | "late"
  | "tolerance_too_small"
  | "timestamp_unit"
  | "timestamp_malformed"
  | "envelope"
  | "handshake"
  | "option_invalid"
  | "unexplained";

/** One fault, and how to mend it. */
export interface Finding {
  readonly kind: FindingKind;
  /**
   * `proven`: the signature was computed again with this fault undone, and it matched. `likely`: there
   * are signs of it.
   */
  readonly certainty: "proven" | "likely";
  /** What was seen. Holds nothing of a secret but lengths, and no signature. */
  readonly evidence: string;
  /** What to do. */
  readonly fix: string;
}

/** A fault that is undone by way of trial. */
export interface Repair {
  readonly kind: FindingKind;
  readonly evidence: string;
  /** In place of the kind's own. */
  readonly fix?: string;
}

/** What explain found out. As a string it is a text for people. */
export interface Explanation {
  /** Whether `verify` accepts the delivery. */
  readonly ok: boolean;
  /** The code of the refusal, as `verify` gives it; `ok` if there is none. */
  readonly code: string;
  /** The refusal in words. */
  readonly message: string;
  /** What is behind it, the most certain first. Several that are proven hold together. */
  readonly findings: readonly Finding[];
  /** How many variations were computed. */
  readonly tried: number;
  /** Whether all of them were: a large body is not tried in every one. */
  readonly complete: boolean;
  toString(): string;
}

const RAW_BODY =
  'Verify the bytes as they arrived. The adapters do (hookward/express, /fastify, /hono, /fetch, /node); by hand: \
express.raw({ type: () => true, limit: "1mb" }) on this route, ahead of any express.json(); await \
request.arrayBuffer() in Next.js, Hono and fetch handlers; "Raw Body" in n8n.';
const COPY_SECRET = "Copy the secret from the provider's dashboard again, as it stands there and nothing else.";
const PASS_HEADERS = "Pass the request's headers on as they arrived: request.headers, all of them.";

/** What to do about each kind of fault, unless the repair knows better. */
const FIXES: { readonly [kind in FindingKind]: string } = {
  secret_missing:
    "Set the secret. If it comes from the environment, look whether the variable is set in the process that verifies.",
  secret_placeholder: "Put the endpoint's own signing secret in its place.",
  secret_malformed: COPY_SECRET,
  secret_white_space: "Store the secret without it: a file or a copied line often ends in a line end that is not part of it.",
  secret_quotes: "Store the secret without them: some readers of .env files and most dashboards of hosts keep quotes.",
  secret_prefix: COPY_SECRET,
  secret_encoding: "Store the secret as the provider shows it, neither decoded nor encoded once more.",
  secret_joined: "Give several secrets as a list: secrets: [first, second].",
  secret_other: "Use that one for this endpoint: providers give each endpoint, and test and live mode, a secret of its own.",
  secret_swapped: "Give the endpoint's signing secret as `secret`, and the request's headers as `headers`.",
  secret_too_many: "Give at most 8 secrets: those of this endpoint that are still valid.",
  provider_unknown: "Set `provider` to an id of the catalogue: providers() and `npx hookward providers` list them.",
  provider_wrong: "Set `provider` to the one that sends.",
  header_missing:
    "See that the request comes from the provider, and that nothing on the way (a proxy, a gateway, a framework) drops \
the header.",
  header_renamed: PASS_HEADERS,
  header_doubled: "Find out what adds the header a second time, mostly a proxy or a middleware, and pass on one.",
  header_rewritten: PASS_HEADERS,
  header_truncated: "Look where the header is cut: a column in a database, a log line, a limit of a proxy.",
  header_malformed: `${PASS_HEADERS} See that the request comes from the provider named.`,
  header_too_large: "A provider does not send this. See what is added to the header on its way.",
  body_empty: "Read the body before you verify, and read it once: a stream that was read already gives nothing.",
  body_too_large: "Providers send less. If yours does send so much, it cannot be verified with this package.",
  body_not_raw: RAW_BODY,
  body_json: RAW_BODY,
  body_white_space: "Verify the bytes as they arrived, without trim() and without changed line ends; write captured bodies in binary mode.",
  body_encoding: "Verify the bytes as they arrived, or read them as UTF-8 if they have to be a string.",
  body_form: "Verify the body as it arrived, and take the form apart afterwards.",
  body_wrapped: "Take the body out of what it is wrapped in before you verify.",
  body_compressed:
    "Verify the body as the provider made it: undo a Content-Encoding that something on the way put on, and nothing else.",
  body_changed: RAW_BODY,
  target_wrong: "Give `url` as it is registered with the provider, from your configuration: behind a proxy the request's own is another.",
  clock: "Set the receiver's clock by NTP. `tolerance` allows for small differences only.",
  late:
    "If it is a retry under its first signature: a Receiver with a store accepts those. If the request was captured \
earlier, judge it by the time at which it came: set `now`.",
  tolerance_too_small: "Leave `tolerance` to the provider's own value, or set one that allows for the sender's retries.",
  timestamp_unit: "Set `provider` to the format that is really sent, or have the sender write the time in the right unit.",
  timestamp_malformed: `${PASS_HEADERS} See that the request comes from the provider named.`,
  envelope: "The signature is right. See that `provider` names this format, and report the event to the provider or to this package.",
  handshake: "Answer it as the provider asks before you look for deliveries: handshake() in this package does.",
  option_invalid: "Mend the call; the message says how.",
  unexplained:
    "Compare the secret with the one that the provider shows for exactly this endpoint and mode. If it is right, the \
content was changed on the way: compare what arrives at the first hop.",
};

export const finding = ({ kind, evidence, fix }: Repair, certainty: Finding["certainty"]): Finding => ({
  kind,
  certainty,
  evidence,
  fix: fix ?? FIXES[kind],
});

export const likely = (kind: FindingKind, evidence: string, fix?: string): Finding =>
  finding({ kind, evidence, ...(fix === undefined ? {} : { fix }) }, "likely");
