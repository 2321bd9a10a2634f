import { clockOf, type Clock } from "./clock.js";
import { HookwardError, invalidOption, kindOf } from "./errors.js";
import { maybeText, own, readOptions, type ProviderId } from "./options.js";
import { readTimes, seconds, type Times } from "./policy.js";
import { rowOf } from "./rows.js";
import type { CustomScheme } from "./scheme.js";
import { readTimedSecrets, type Secrets, type TimedSecret } from "./secrets.js";
import { fullSender } from "./sender.js";
import { GuardedStore, LONGEST_LEASE } from "./stores/guard.js";
import type { Awaitable, Store } from "./stores/store.js";
import { verify, type VerifyOptions } from "./verify.js";

/** What a {@link Receiver} is made with. */
export type ReceiverOptions<P extends ProviderId = ProviderId> = {
  /**
   * Where events are remembered, so that each is handled once and retries that keep their first
   * signature are accepted. Without one, deliveries are verified and every copy is handled.
   */
  readonly store?: Store | undefined;
  /**
   * What this receiver is called in a store that others use as well: up to 64 letters, digits, `.`, `_`
   * and `-`. Receivers of one provider that share a store and this name take each other's events for
   * copies; so do those of schemes of your own with one id. With a store, a scheme needs either this or
   * an id that is neither `custom` nor a provider's in the catalogue.
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
  /**
   * The URL as it is registered with the provider, for providers that sign it: behind a proxy the
   * request's own is another.
   */
  readonly url?: string | undefined;
  /** What was typed into the provider's form beside the URL, for its handshake: Meta's verify token. */
  readonly verifyToken?: string | undefined;
  /** The time, in Unix seconds. By default the clock's; for tests. */
  readonly now?: Clock | undefined;
} & (
  | {
      /** Who sends. Always named by you, never guessed from the headers. */
      readonly provider: P;
      readonly scheme?: undefined;
    }
  | {
      readonly provider?: undefined;
      /** How a sender signs that is not in the catalogue. */
      readonly scheme: CustomScheme;
    }
) &
  (
    | {
        /** The signing secret, as the provider shows it. */
        readonly secret: string | TimedSecret | undefined;
        readonly secrets?: undefined;
        readonly takeSecret?: undefined;
      }
    | {
        readonly secret?: undefined;
        /** Several, during a rotation: each that is valid at the time is tried, at most 8. */
        readonly secrets: readonly (string | TimedSecret)[];
        readonly takeSecret?: undefined;
      }
    | {
        readonly secret?: undefined;
        readonly secrets?: undefined;
        /**
         * For providers that send the secret in a handshake (Asana, Notion): keeps it. Give it in place
         * of a secret, while you set the webhook up, and take it out when the secret is there: the first
         * that comes within ten minutes is taken, whoever sent it, and no other.
         *
         * That is so for each receiver: one made by another process, or after a restart, does not know of
         * it. So keep a secret only where there is none yet, in one step, and else return `false`: then it
         * is refused with `handshake_closed`.
         */
        readonly takeSecret: (secret: string) => Awaitable<boolean | void>;
      }
  );

/** @internal `false`: there is one. */
export type TakeSecret = (secret: string) => Awaitable<boolean | void>;

/** @internal */
export interface Settings extends Times {
  readonly sender: Sender;
  readonly secrets: Secrets;
  readonly takeSecret: TakeSecret | undefined;
  readonly verifyToken: string | undefined;
  /** The handshake that the provider makes; empty for none. */
  readonly handshake: string;
  readonly store: GuardedStore | undefined;
  /** What stands before every key. */
  readonly prefix: string;
  readonly leaseSeconds: number;
  readonly now: Clock;
}

/** @internal The options that say who sends, and where to. */
export type Sender = Pick<VerifyOptions, "provider" | "scheme" | "url">;

const KNOWN = /* @__PURE__ */ new Set([
  "provider",
  "scheme",
  "secret",
  "secrets",
  "takeSecret",
  "store",
  "source",
  "tolerance",
  "horizon",
  "retention",
  "leaseSeconds",
  "storeTimeoutSeconds",
  "url",
  "verifyToken",
  "now",
]);

const LEASE_SECONDS = 60;
const STORE_SECONDS = 5;

/** The most that are tried for a delivery. */
const MOST_SECRETS = 8;

/** Stands for a secret that is yet to come: every provider could have made it. */
const YET_TO_COME = "c2VjcmV0LXRvLWNvbWU=";

/** The id of schemes that were given none. */
const UNNAMED = "custom";

/** The last column of a provider's line. */
const HANDSHAKE = 20;

/** @internal */
export function readSettings(options: unknown): Settings {
  return readOptions(options, KNOWN, (given) => {
    const { row, line } = fullSender(given);
    const [url, verifyToken, source] = ["url", "verifyToken", "source"].map((name) => maybeText(name, own(given, name)));
    const sender = { provider: given["provider"], scheme: given["scheme"], url } as Sender;
    const takeSecret = readTakeSecret(given);
    const secrets = takeSecret ? [] : readTimedSecrets(given["secret"], given["secrets"]);
    if (!takeSecret && secrets.length === 0) throw new HookwardError("no_secret", "secrets is empty");
    const always = secrets.filter(({ notBefore, notAfter }) => notBefore === undefined && notAfter === undefined);
    if (always.length > MOST_SECRETS) {
      throw new HookwardError("too_many_secrets", `of ${always.length} secrets that are always valid only ${MOST_SECRETS} can be tried`);
    }
    // Of a secret that is yet to come only the rest can be tried.
    for (const { secret } of takeSecret ? [{ secret: YET_TO_COME }] : secrets) tryOut(sender, secret);
    if (typeof row !== "object") throw new HookwardError("unknown_provider", "there is no such provider in the catalogue");
    const store = given["store"];
    return {
      sender,
      secrets,
      takeSecret,
      verifyToken,
      handshake: line.split("|")[HANDSHAKE] ?? "",
      store: store === undefined ? undefined : new GuardedStore(store, seconds(given, "storeTimeoutSeconds", STORE_SECONDS, 60)),
      prefix: readSource(source, store !== undefined && given["scheme"] !== undefined ? row.id : ""),
      leaseSeconds: seconds(given, "leaseSeconds", LEASE_SECONDS, LONGEST_LEASE),
      now: clockOf(own(given, "now")),
      ...readTimes(given, row, store !== undefined),
    };
  });
}

/**
 * Verifies a request without anything in it: what is wrong with the sender or the secret is told now,
 * and not at the first delivery.
 */
function tryOut(sender: Sender, secret: string | undefined): void {
  try {
    verify({ ...sender, secret, method: "POST", headers: [], body: "" } as VerifyOptions);
  } catch (error) {
    if ((error as HookwardError).status === 500) throw error;
  }
}

function readTakeSecret(given: Record<string, unknown>): TakeSecret | undefined {
  const take = own(given, "takeSecret");
  if (take === undefined) return undefined;
  if (typeof take !== "function") throw invalidOption(`takeSecret must be a function, but is ${kindOf(take)}`);
  for (const name of ["secret", "secrets"]) {
    if (given[name] !== undefined) throw invalidOption(`give either takeSecret or ${name}: a secret that is there is never replaced`);
  }
  return take as TakeSecret;
}

/** What stands before a receiver's keys. `schemeId` is that of a scheme of one's own that has a store, or empty. */
function readSource(source: string | undefined, schemeId: string): string {
  if (source === undefined) {
    // The keys would be those of another scheme, or of the provider.
    if (schemeId === UNNAMED || rowOf(schemeId) !== undefined) {
      throw invalidOption(`with a store, a scheme whose id is ${schemeId} needs a source: others in the store may have the same id`);
    }
    return "";
  }
  if (/^[\w.-]{1,64}$/.test(source)) return `${source}:`;
  throw invalidOption("source must be 1 to 64 letters, digits, `.`, `_` and `-`");
}
