import { HookwardError, Receiver, type ProviderId, type ReceiverOptions } from "hookward";

/** What happens beside the answer. `Context` is what the framework gives its own handlers. */
export interface WebhookHooks<Context extends readonly unknown[]> {
  /**
   * Called with whatever was refused, and with what failed on the receiver's side: `error.status` tells
   * them apart, and `error.cause` may say more. By default it is logged.
   */
  readonly onError?: ((error: HookwardError, ...context: Context) => unknown) | undefined;
}

/** What `webhook` is given: the options of a receiver, or a receiver that is there already. */
export type WebhookOptions<P extends ProviderId, Context extends readonly unknown[]> = WebhookHooks<Context> &
  (ReceiverOptions<P> | { readonly receiver: Receiver<P> });

/**
 * A receiver, the options of one, or a function that finds either for a request: for secrets that come
 * with it (the `env` of a Worker) or that depend on it (one for each tenant).
 */
export type ReceiverSource<P extends ProviderId, Context extends readonly unknown[]> =
  | Receiver<P>
  | WebhookOptions<P, Context>
  | ((...context: Context) => Chosen<P, Context> | PromiseLike<Chosen<P, Context>>);

type Chosen<P extends ProviderId, Context extends readonly unknown[]> = Receiver<P> | WebhookOptions<P, Context>;

/** What a request is received with. */
export interface Setup<P extends ProviderId, Context extends readonly unknown[]> extends WebhookHooks<Context> {
  readonly receiver: Receiver<P>;
}

/** Finds what a request is received with. Rejects with what the user's function threw. */
export type Prepared<P extends ProviderId, Context extends readonly unknown[]> = (context: Context) => Promise<Setup<P, Context>>;

/**
 * Options that are wrong are refused here, when the program starts. `secretsMayCome`: an unset
 * secret is refused with each request instead, since whoever builds or deploys a program of this kind
 * runs its modules without the environment it will have.
 */
export function prepare<P extends ProviderId, Context extends readonly unknown[]>(
  given: ReceiverSource<P, Context>,
  { secretsMayCome }: { secretsMayCome: boolean },
): Prepared<P, Context> {
  if (typeof given === "function") return async (context) => setup<P, Context>(lasting(await given(...context)));
  try {
    const ready = setup<P, Context>(given);
    return async () => ready;
  } catch (error) {
    if (!secretsMayCome || (error as HookwardError).code !== "no_secret") throw error;
    return async () => setup<P, Context>(given);
  }
}

function setup<P extends ProviderId, Context extends readonly unknown[]>(chosen: Chosen<P, Context>): Setup<P, Context> {
  if (isReceiver<P>(chosen)) return { receiver: chosen };
  // What is not an object is the receiver's to refuse.
  if (typeof chosen !== "object" || chosen === null) return { receiver: new Receiver<P>(chosen) };
  const { onError, ...rest } = chosen;
  if (onError !== undefined && typeof onError !== "function") {
    throw new HookwardError("invalid_option", "onError must be a function");
  }
  if (!("receiver" in rest)) return { receiver: new Receiver<P>(rest), onError };
  const { receiver, ...more } = rest;
  const [other] = Object.keys(more);
  if (other !== undefined) throw new HookwardError("invalid_option", `${other} belongs to the receiver, which is given already`);
  if (!isReceiver<P>(receiver)) throw new HookwardError("invalid_option", "receiver must be a Receiver");
  return { receiver, onError };
}

/** A receiver that is made for one request would take a secret from anybody, since it has just been opened. */
function lasting<Options>(chosen: Options): Options {
  if ((chosen as { takeSecret?: unknown } | null | undefined)?.takeSecret === undefined) return chosen;
  throw new HookwardError("invalid_option", "takeSecret is for a Receiver that lasts, not for options that are found with each request");
}

/** Not by `instanceof`: it may be the other module system's. */
function isReceiver<P extends ProviderId>(value: unknown): value is Receiver<P> {
  return typeof (value as Receiver<P> | null | undefined)?.handle === "function";
}
