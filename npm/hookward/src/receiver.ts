import { acknowledgement, refusal, wrongMethod, type Answer } from "./answer.js";
import type { RawBody } from "./body.js";
import { HookwardError } from "./errors.js";
import type { RequestHeaders } from "./headers.js";
import { verifyFor, type Late } from "./late.js";
import type { ProviderId } from "./options.js";
import { readSettings, type ReceiverOptions, type Settings } from "./receiver-options.js";
import { validSecrets } from "./secrets.js";
import type { EventOf } from "./types/events.js";

/** A request as it arrived. */
export interface WebhookRequest {
  /** All of its headers. */
  readonly headers: RequestHeaders;
  /** Its body, byte for byte. */
  readonly body: RawBody;
  /** By default `POST`. */
  readonly method?: string | undefined;
  /** Its own target, path and query. */
  readonly url?: string | undefined;
}

/** What {@link Receiver.receive} did. */
export type Received<Event, Result> =
  /** The handler has run; `result` is what it gave. */
  | { readonly status: "accepted"; readonly event: Event; readonly result: Awaited<Result> }
  /** The event has been handled before; the handler was not called. */
  | { readonly status: "duplicate"; readonly event: Event; readonly result?: undefined };

/** A verified event, and what stands for it in the store. */
interface Admitted<Event> {
  readonly event: Event;
  readonly duplicate: boolean;
  readonly claim?: { readonly key: string; readonly token: string } | undefined;
}

/**
 * Receives a provider's webhooks: verifies each delivery, and with a store has each event handled once,
 * its retries under an old signature included.
 *
 * An event counts as handled when its handler has finished. If the handler throws, or the process ends
 * in the middle, the provider's next copy is handled; so a handler can be run more than once for an
 * event, and never not at all. A copy that comes while the handler runs is told to come again.
 */
export class Receiver<const P extends ProviderId = ProviderId> {
  readonly #settings: Settings;

  /** @throws HookwardError `invalid_option`, `unknown_provider`, or `invalid_policy` with the reason */
  constructor(options: ReceiverOptions<P>) {
    this.#settings = readSettings(options);
  }

  /**
   * Verifies a delivery and runs `handler` on its event, unless that has been done.
   *
   * @throws HookwardError, with the `status` to answer with; and whatever `handler` throws, when the
   * event has been given free for the next copy
   */
  async receive<Result>(
    request: WebhookRequest,
    handler: (event: EventOf<P>) => Result,
  ): Promise<Received<EventOf<P>, Result>> {
    const admitted = await this.#admit(request);
    const { event } = admitted;
    if (admitted.duplicate) return { status: "duplicate", event };
    const result = await this.#run(admitted, handler);
    await this.#complete(admitted);
    return { status: "accepted", event, result };
  }

  /**
   * The same, and says what to answer. Rejects only with what `handler` throws, which is yours to log
   * and to answer with 500.
   */
  async handle(request: WebhookRequest, handler: (event: EventOf<P>) => unknown): Promise<Answer> {
    if (request.method !== undefined && request.method !== "POST") return wrongMethod("POST");
    let admitted: Admitted<EventOf<P>>;
    try {
      admitted = await this.#admit(request);
    } catch (error) {
      return refusal(known(error));
    }
    if (admitted.duplicate) return acknowledgement("duplicate");
    await this.#run(admitted, handler);
    try {
      await this.#complete(admitted);
    } catch (error) {
      return refusal(known(error));
    }
    return acknowledgement("accepted");
  }

  async #admit(request: WebhookRequest): Promise<Admitted<EventOf<P>>> {
    const { store, prefix, late, leaseSeconds, now: clock } = this.#settings;
    const now = clock();
    // Whether the store remembers far enough back is asked below, of late deliveries only.
    const event = this.#verify(request, now, late && { ...late, remembersSince: undefined });
    const { eventKey, freshness } = event.verification as { eventKey: string | undefined; freshness: string };
    if (store === undefined || late === undefined || eventKey === undefined) {
      // Nothing will recognise a copy of it.
      if (freshness === "late") this.#verify(request, now, undefined);
      return { event, duplicate: false };
    }
    const key = prefix + eventKey;
    const claim = await store.claim(key, leaseSeconds);
    if (claim.state === "done") return { event, duplicate: true };
    if (claim.state === "busy") {
      throw new HookwardError("event_in_progress", "a copy of this event is being handled", {
        retryAfterSeconds: claim.retryAfterSeconds ?? leaseSeconds,
      });
    }
    const { token } = claim;
    if (freshness === "late") {
      // Asked after the claim: had the key been forgotten in between, the store now says so.
      try {
        this.#verify(request, now, { ...late, remembersSince: await store.remembersSince() });
      } catch (error) {
        await store.release(key, token);
        throw error;
      }
    }
    return { event, duplicate: false, claim: { key, token } };
  }

  #verify({ headers, body }: WebhookRequest, now: number, late: Late | undefined): EventOf<P> {
    const { provider, secrets, tolerance } = this.#settings;
    const { texts, positions } = validSecrets(secrets, now);
    const event = verifyFor({ provider, secrets: texts, headers, body, now, tolerance }, late);
    const verification = event.verification as { secretIndex: number };
    // Counted among those that were given, not among those that are valid.
    verification.secretIndex = positions[verification.secretIndex] as number;
    return event as EventOf<P>;
  }

  async #run<Result>({ event, claim }: Admitted<EventOf<P>>, handler: (event: EventOf<P>) => Result): Promise<Awaited<Result>> {
    try {
      return await handler(event);
    } catch (error) {
      if (claim) await this.#settings.store?.release(claim.key, claim.token);
      throw error;
    }
  }

  async #complete({ claim }: Admitted<EventOf<P>>): Promise<void> {
    const { store, late, leaseSeconds } = this.#settings;
    if (claim === undefined || store === undefined || late === undefined) return;
    if (await store.complete(claim.key, claim.token, late.retention)) return;
    throw new HookwardError(
      "lease_lost",
      `the handler took longer than leaseSeconds, which is ${leaseSeconds}: another copy of the event may have been handled as well`,
      { retryAfterSeconds: leaseSeconds },
    );
  }
}

/** Everything that fails in here is a HookwardError; what is not would be a defect, and is answered all the same. */
function known(error: unknown): HookwardError {
  return error instanceof HookwardError ? error : new HookwardError("internal_error", "receiving failed; see cause", { cause: error });
}
