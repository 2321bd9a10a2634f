import type { HookwardError } from "./errors.js";

/** What to answer a provider with. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Why it was refused: for your log, and never to be sent. */
  readonly error?: HookwardError;
}

/** @internal The event has been handled, now or before. */
export function acknowledgement(status: "accepted" | "duplicate"): Answer {
  return json(200, { status });
}

/** @internal The code and no more: what would help a developer would help an attacker. */
export function refusal(error: HookwardError): Answer {
  const { code, status, retryAfterSeconds } = error;
  const headers = retryAfterSeconds === undefined ? {} : { "retry-after": String(Math.max(1, Math.ceil(retryAfterSeconds))) };
  return { ...json(status, { code }, headers), error };
}

/** @internal For a request that cannot be a delivery. */
export function wrongMethod(allow: string): Answer {
  return json(405, { code: "method_not_allowed" }, { allow });
}

function json(status: number, content: object, headers: Record<string, string> = {}): Answer {
  return { status, headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(content) };
}
