import type { VerifyOptions } from "hookward";
import { Catalog } from "./catalog.js";
import { finding, likely, type Explanation, type Finding, type Repair } from "./finding.js";
import { isAfterTag, outcomeOf, Prober, type Outcome } from "./probe.js";
import { readRequest, type Request, type Target } from "./request.js";
import { Search, type Found } from "./search.js";
import { shapeOf } from "./shape.js";
import { sentence, signs } from "./signs.js";
import { format } from "./text.js";
import { timeFindings, type Rules } from "./time.js";

/** What {@link explain} is given: what `verify` was. */
export type ExplainOptions = VerifyOptions & {
  /** Other secrets that may be the right one: of other endpoints, of test mode, older ones. */
  readonly candidates?: readonly string[] | undefined;
};

/**
 * Says why `verify` refuses a delivery, and what to do about it.
 *
 * It undoes by way of trial what usually goes wrong, in the body, the secret, the headers, the choice of
 * the provider and the clock, and verifies each variation; where one matches, that is proven. This takes
 * from a millisecond to some seconds, and what it finds helps an attacker as well: it is for developers,
 * never for the answer to the sender. It never throws.
 *
 * ```js
 * const { ok, code, message, findings } = explain({ provider: "github", secret, headers, body });
 * ```
 */
export function explain(options: ExplainOptions): Explanation {
  const prober = new Prober();
  // Most variations are refused, and where in here they were is of no interest: a stack costs more than a hash.
  const { stackTraceLimit } = Error as { stackTraceLimit?: number };
  try {
    // Which changes nothing where Error is frozen.
    Reflect.set(Error, "stackTraceLimit", 0);
    return explanation(prober, options);
  } catch (error) {
    const { message } = Object(error) as { message?: unknown };
    return explained({ code: "internal_error", message: String(message ?? error) }, [likely("unexplained", "The search for an explanation itself failed.")], prober);
  } finally {
    Reflect.set(Error, "stackTraceLimit", stackTraceLimit);
  }
}

function explanation(prober: Prober, options: unknown): Explanation {
  const refusal = outcomeOf(withoutCandidates(options));
  if (refusal.code === "ok") return explained(refusal, [], prober);
  const catalog = new Catalog();
  const request = readRequest(options, catalog.headers);
  const found = new Search(prober, request, catalog, refusal.code).run();
  const findings = found ? provenBy(prober, request, found, refusal, catalog) : unproven(request, refusal, catalog);
  return explained(refusal, findings, prober);
}

/** What `verify` is called with, as it stands. */
function withoutCandidates(options: unknown): unknown {
  if (typeof options !== "object" || options === null || !("candidates" in options)) return options;
  try {
    const { candidates: _, ...rest } = options as Record<string, unknown>;
    return rest;
  } catch {
    return options;
  }
}

/** What a scheme of one's own says of times. */
function ownRules(target: Target): Rules {
  const { tolerance = 300, retryHorizon = tolerance } = ("scheme" in target ? target.scheme : {}) as Partial<Rules>;
  return { tolerance, retryHorizon };
}

/** What a match proves, and what remains once its faults are undone. */
function provenBy(prober: Prober, request: Request, { attempt, repairs }: Found, refusal: Outcome, catalog: Catalog): Finding[] {
  const whole = repairs.every(({ kind }) => kind !== "header_truncated");
  const outcome = prober.outcome(attempt);
  const rules = catalog.find(attempt.target) ?? catalog.find(request.target) ?? ownRules(request.target);
  const time = whole && isAfterTag(outcome.code) && outcome.code !== "ok" ? timeFindings(prober, attempt, outcome, rules) : [];
  const proven = [...merged(request.repairs), ...merged(repairs)].map((one) => finding(one, "proven"));
  const all = [...proven, ...time];
  return all.length > 0 ? all : ofCall(request, refusal, attempt.secrets, catalog);
}

/** The signature matches, and verify did not get so far: the call is at fault. */
function ofCall({ secrets }: Request, { code, message }: Outcome, matching: readonly string[], catalog: Catalog): Finding[] {
  const which = `secret ${secrets.indexOf(matching[0] ?? "") + 1} matches`;
  switch (code) {
    case "too_many_secrets":
      return [finding({ kind: "secret_too_many", evidence: `There are ${secrets.length} secrets; ${which}.` }, "proven")];
    case "malformed_secret":
    case "no_secret":
      return [finding({ kind: "secret_malformed", evidence: `One of the ${secrets.length} secrets cannot be one of this provider's; ${which}.` }, "proven")];
    default:
      return [ofCode(code, message, catalog, "") ?? likely("option_invalid", sentence(message))];
  }
}

/** No variation matched: what there are signs of. */
function unproven(request: Request, refusal: Outcome, catalog: Catalog): Finding[] {
  const { code, message } = refusal;
  const provider = "provider" in request.target ? request.target.provider : "";
  const direct = ofCode(code, message, catalog, provider);
  const findings = [
    ...(direct ? [direct] : []),
    ...request.repairs.map((one) => finding(one, "likely")),
    ...otherProviders(request, code, catalog),
    ...signs(request, refusal, shapeOf(request.target)),
  ];
  const unexplained = code === "signature_mismatch" || findings.length === 0;
  const evidence = "No variation of body, headers or secret makes the signature match: the secret is another endpoint's, or the content itself was changed.";
  return [...findings, ...(unexplained ? [likely("unexplained", evidence)] : [])];
}

/** What a code says by itself. */
function ofCode(code: string, message: string, catalog: Catalog, provider: string): Finding | undefined {
  const near = catalog.near(provider);
  switch (code) {
    case "no_secret":
      return likely("secret_missing", "The secret is not there, or empty.");
    case "malformed_secret":
      return likely("secret_malformed", sentence(message));
    case "too_many_secrets":
      return likely("secret_too_many", sentence(message));
    case "unknown_provider":
    case "unsupported_provider":
      return likely(
        "provider_unknown",
        code === "unknown_provider" ? "The provider named is not in the catalogue." : sentence(message),
        near.length > 0 ? `Did you mean ${near.join(", or ")}?` : undefined,
      );
    case "body_too_large":
      return likely("body_too_large", sentence(message));
    case "invalid_option":
    case "invalid_scheme":
    case "invalid_policy":
      return likely("option_invalid", sentence(message));
    case "invalid_target":
      return likely("target_wrong", sentence(message));
    case "invalid_handshake":
    case "handshake_closed":
      return likely("handshake", sentence(message));
    default:
      return undefined;
  }
}

/** Providers whose signature header is there, where that of the one named is not. */
function otherProviders({ pairs, target }: Request, code: string, catalog: Catalog): Finding[] {
  if (code !== "missing_signature" && code !== "unknown_provider") return [];
  const names = new Set(pairs.map(([name]) => name.toLowerCase()));
  const ids = catalog.others(target).filter((other) => {
    const signature = shapeOf(other)?.signature.toLowerCase();
    return signature !== undefined && names.has(signature);
  });
  if (ids.length === 0) return [];
  const list = ids.flatMap((one) => catalog.alike(one));
  return [likely("provider_wrong", `The headers are those of ${list.join(", or ")}, but the secret given does not match there.`)];
}

/** Repairs of one kind that say the same are one. */
function merged(repairs: readonly Repair[]): Repair[] {
  return repairs.filter((one, at) => repairs.findIndex(({ evidence }) => evidence === one.evidence) === at);
}

function explained({ code, message }: Outcome, findings: readonly Finding[], prober: Prober): Explanation {
  const fields = { ok: code === "ok", code, message, findings, tried: prober.tried, complete: !prober.exhausted };
  // Not a property of its own, so that JSON and comparisons see the fields only.
  return Object.defineProperty(fields, "toString", { value: () => format(fields), enumerable: false }) as Explanation;
}
