import { bodyBytes } from "./body.js";
import { parsed } from "./core.js";
import { withFull } from "./full.js";
import { fullSender } from "./sender.js";
import { readOptions, secretText, texts, unixSeconds, type CommonOptions } from "./options.js";

/** What {@link sign} is given. */
export type SignOptions = CommonOptions & {
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
};

const TEXTS = ["id", "eventType", "deliveryId", "method", "url"];

const KNOWN = /* @__PURE__ */ new Set([
  "provider",
  "scheme",
  "secret",
  "method",
  "url",
  "body",
  "id",
  "timestamp",
  "eventType",
  "deliveryId",
]);

/**
 * Signs a body as the provider would: for tests, fixtures and senders of one's own.
 *
 * @returns the headers to send with the body, in the provider's spelling
 * @throws HookwardError, with a stable `code`
 */
export function sign(options: SignOptions): Record<string, string> {
  const { call, timestamp } = readOptions(options, KNOWN, readCall);
  return Object.fromEntries(parsed<[string, string][]>(withFull((full) => full.sign(call, timestamp)), call.row));
}

function readCall(options: Record<string, unknown>) {
  const call = {
    ...fullSender(options),
    body: bodyBytes(options["body"]),
    secrets: [secretText("secret", options["secret"])],
    texts: texts(options, TEXTS),
  };
  return { call, timestamp: unixSeconds("timestamp", options["timestamp"]) };
}
