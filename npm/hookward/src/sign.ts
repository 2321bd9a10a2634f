import { bodyBytes } from "./body.js";
import { bodyLimit, parsed, withCore } from "./core.js";
import { readOptions, secretText, text, unixSeconds, type CommonOptions } from "./options.js";

/** What {@link sign} is given. */
export interface SignOptions extends CommonOptions {
  /** The signing secret, as the provider shows it. */
  readonly secret: string | undefined;
  /** The message's id, for providers that sign one in a header (`webhook-id`): required there. */
  readonly id?: string | undefined;
  /** The time to sign, in Unix seconds. By default the clock's. Providers without one ignore it. */
  readonly timestamp?: number | undefined;
  /** For the header that repeats the event's type, where the provider sends one. Not signed. */
  readonly eventType?: string | undefined;
  /** For the header with the delivery's id, where the provider sends one. Not signed. */
  readonly deliveryId?: string | undefined;
}

const KNOWN = /* @__PURE__ */ new Set(["provider", "secret", "body", "id", "timestamp", "eventType", "deliveryId"]);

/**
 * Signs a body as the provider would: for tests, fixtures and senders of one's own.
 *
 * @returns the headers to send with the body, in the provider's spelling
 * @throws HookwardError, with a stable `code`
 */
export function sign(options: SignOptions): Record<string, string> {
  const { provider, body, secret, fields, timestamp } = readOptions(options, KNOWN, readCall);
  const answer = withCore((core) => core.sign(provider, secret, fields, body, timestamp));
  return Object.fromEntries(parsed<[string, string][]>(answer));
}

function readCall(options: Record<string, unknown>) {
  return {
    provider: text("provider", options["provider"]),
    body: bodyBytes(options["body"], bodyLimit()),
    secret: secretText("secret", options["secret"]),
    fields: ["id", "eventType", "deliveryId"].map((name) =>
      options[name] === undefined ? undefined : text(name, options[name]),
    ),
    timestamp: unixSeconds("timestamp", options["timestamp"]),
  };
}
