import { clockOf, type Clock } from "./clock.js";
import { HookwardError, invalidOption } from "./errors.js";
import { retryHorizon } from "./late.js";
import { own, readOptions, text, type ProviderId } from "./options.js";
import { readTimes, seconds, type Times } from "./policy.js";
import { providers } from "./providers.js";
import { readTimedSecrets, type Secrets, type TimedSecret } from "./secrets.js";
import { GuardedStore, LONGEST_LEASE } from "./stores/guard.js";
import type { Store } from "./stores/store.js";
import { verify } from "./verify.js";

/** What a {@link Receiver} is made with. */
export type ReceiverOptions<P extends ProviderId = ProviderId> = {
  /** Who sends. Always named by you, never guessed from the headers. */
  readonly provider: P;
  /**
   * Where events are remembered, so that each is handled once and retries that keep their first
   * signature are accepted. Without one, deliveries are verified and every copy is handled.
   */
  readonly store?: Store | undefined;
  /**
   * What this receiver is called in a store that others use as well: up to 64 letters, digits, `.`, `_`
   * and `-`. Receivers of one provider that share a store and this name take each other's events for
   * copies.
   */
  readonly source?: string | undefined;
  /** How far the signed time may be from now, in seconds, 1 to 86400. By default the provider's. */
  readonly tolerance?: number | undefined;
  /**
   * How old a delivery may be that is a retry under its first signature, in seconds. By default as long
   * as the provider goes on retrying one. Only with a store.
   */
  readonly horizon?: number | undefined;
  /**
   * How long the store keeps the key of a handled event, in seconds; by default 96 hours. At least
   * `horizon` + 2 × `tolerance`.
   */
  readonly retention?: number | undefined;
  /**
   * How long a handler may take, in seconds; by default 60. If it takes longer, or its process dies, the
   * next copy of the event is handled.
   */
  readonly leaseSeconds?: number | undefined;
  /** How long to wait for the store, in seconds; by default 5. Then the provider is told to try again. */
  readonly storeTimeoutSeconds?: number | undefined;
  /** The time, in Unix seconds. By default the clock's; for tests. */
  readonly now?: Clock | undefined;
} & (
  | {
      /** The signing secret, as the provider shows it. */
      readonly secret: string | TimedSecret | undefined;
      readonly secrets?: undefined;
    }
  | {
      readonly secret?: undefined;
      /** Several, during a rotation: each that is valid at the time is tried, at most 8. */
      readonly secrets: readonly (string | TimedSecret)[];
    }
);

/** @internal */
export interface Settings extends Times {
  readonly provider: ProviderId;
  readonly secrets: Secrets;
  readonly store: GuardedStore | undefined;
  /** What stands before every key. */
  readonly prefix: string;
  readonly leaseSeconds: number;
  readonly now: Clock;
}

const KNOWN = /* @__PURE__ */ new Set([
  "provider",
  "secret",
  "secrets",
  "store",
  "source",
  "tolerance",
  "horizon",
  "retention",
  "leaseSeconds",
  "storeTimeoutSeconds",
  "now",
]);

const LEASE_SECONDS = 60;
const STORE_SECONDS = 5;

/** @internal */
export function readSettings(options: unknown): Settings {
  return readOptions(options, KNOWN, (given) => {
    const provider = text("provider", given["provider"]);
    const row = providers().find(({ id }) => id === provider);
    if (row === undefined) throw new HookwardError("unknown_provider", `there is no provider ${provider} in the catalogue`);
    const secrets = readTimedSecrets(given["secret"], given["secrets"]);
    checkSecrets(provider, secrets);
    const store = given["store"];
    return {
      provider,
      secrets,
      store: store === undefined ? undefined : new GuardedStore(store, seconds(given, "storeTimeoutSeconds", STORE_SECONDS, 60)),
      prefix: readSource(given["source"]),
      leaseSeconds: seconds(given, "leaseSeconds", LEASE_SECONDS, LONGEST_LEASE),
      now: clockOf(own(given, "now")),
      ...readTimes(given, { tolerance: row.tolerance, horizon: retryHorizon(row) }, store !== undefined),
    };
  });
}

/** Each secret as the core finds it, so that a wrong one is known at the start and not at the first delivery. */
function checkSecrets(provider: ProviderId, secrets: Secrets): void {
  if (secrets.length === 0) throw new HookwardError("no_secret", "secrets is empty");
  for (const { secret } of secrets) {
    try {
      verify({ provider, secret, headers: [], body: "" });
    } catch (error) {
      const { code } = error as HookwardError;
      if (code === "no_secret" || code === "malformed_secret") throw error;
    }
  }
}

function readSource(value: unknown): string {
  if (value === undefined) return "";
  const source = text("source", value);
  if (/^[\w.-]{1,64}$/.test(source)) return `${source}:`;
  throw invalidOption("source must be 1 to 64 letters, digits, `.`, `_` and `-`");
}
