import { acknowledgement, refusal, wrongMethod, type Answer } from "./answer.js";
import { bodyBytes, type RawBody } from "./body.js";
import { HookwardError, invalidOption } from "./errors.js";
import { handshake, type HandshakeOptions } from "./handshake.js";
import type { RequestHeaders } from "./headers.js";
import type { ProviderId } from "./options.js";
import { readSettings, type ReceiverOptions, type Settings, type TakeSecret } from "./receiver-options.js";
import type { Awaitable } from "./stores/store.js";
import { validSecrets, type Secrets } from "./secrets.js";
import type { EventOf } from "./types/events.js";
import { callOf, verifyCall, type VerifyOptions } from "./verify.js";

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

/** How long after it was made a receiver takes a secret that arrives in a handshake, in seconds. */
const OPEN_SECONDS = 600;

/** Handshakes that are made by GET. */
const BY_GET: readonly string[] = ["dropbox", "meta", "x"];

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
  #secrets: Secrets;
  /** Until when a secret may arrive, in Unix seconds; 0 once one has, or where there is one. */
  #openUntil: number;

  /**
   * @throws HookwardError `invalid_policy` with the reason, `no_secret`, `malformed_secret`,
   * `unknown_provider`, `unsupported_provider`, `invalid_target`, or `invalid_option`
   */
  constructor(options: ReceiverOptions<P>) {
    const settings = readSettings(options);
    this.#settings = settings;
    this.#secrets = settings.secrets;
    this.#openUntil = settings.takeSecret ? settings.now() + OPEN_SECONDS : 0;
  }

  /**
   * Verifies a delivery and runs `handler` on its event, unless that has been done. Handshakes are for
   * {@link Receiver.handle}.
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
   * The same, and says what to answer, to the provider's handshakes too. Rejects only with what `handler`
   * or `takeSecret` throws, which is yours to log and to answer with 500.
   */
  async handle(given: WebhookRequest, handler: (event: EventOf<P>) => unknown): Promise<Answer> {
    const { method = "POST", url, body } = given;
    const byGet = BY_GET.includes(this.#settings.handshake);
    if (method !== "POST" && !(method === "GET" && byGet)) return wrongMethod(byGet ? "GET, POST" : "POST");
    let request: WebhookRequest;
    try {
      request = { headers: repeatable(given.headers), body, url };
    } catch (error) {
      return refusal(known(error));
    }
    const reply = this.#shakeHands(request, method);
    if (reply) return reply;
    if (method !== "POST") return wrongMethod("GET, POST");
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

  async #admit({ headers, body }: WebhookRequest): Promise<Admitted<EventOf<P>>> {
    const { store, prefix, late, leaseSeconds, sender, tolerance, now: clock } = this.#settings;
    const now = clock();
    const { texts: secrets, positions } = validSecrets(this.#secrets, now);
    // Read once: whatever is verified below is this, not what a caller has made of the request since.
    const call = callOf({ ...sender, method: "POST", secrets, headers, body: copyOf(body), now, tolerance } as VerifyOptions);
    // Whether the store remembers far enough back is asked below, of late deliveries only.
    const event = verifyCall({ ...call, late: late && { ...late, remembersSince: undefined } }) as EventOf<P>;
    const verification = event.verification as { secretIndex: number; eventKey: string | undefined; freshness: string };
    // Counted among those that were given, not among those that are valid.
    verification.secretIndex = positions[verification.secretIndex] as number;
    const { eventKey, freshness } = verification;
    if (store === undefined || late === undefined || eventKey === undefined) {
      // Nothing will recognise a copy of it.
      if (freshness === "late") verifyCall(call);
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
        verifyCall({ ...call, late: { ...late, remembersSince: await store.remembersSince() } });
      } catch (error) {
        await store.release(key, token);
        throw error;
      }
    }
    return { event, duplicate: false, claim: { key, token } };
  }

  /** The answer to a handshake; nothing if the request is none. */
  #shakeHands({ headers, body, url = "/" }: WebhookRequest, method: string): Awaitable<Answer> | undefined {
    const { sender, tolerance, handshake: made, verifyToken, takeSecret, now: clock } = this.#settings;
    if (made === "") return undefined;
    try {
      const now = clock();
      const open = takeSecret !== undefined && now < this.#openUntil;
      const secrets = open ? [] : validSecrets(this.#secrets, now).texts;
      const { provider, scheme } = sender;
      const options = { provider, scheme, secrets, method, url, headers, body, verifyToken, open, now, tolerance };
      const reply = handshake(options as HandshakeOptions);
      if (reply === undefined) return undefined;
      const { secret, ...answer } = reply;
      return secret === undefined || takeSecret === undefined ? answer : this.#take(secret, takeSecret, answer);
    } catch (error) {
      return refusal(known(error));
    }
  }

  /** Takes a secret, and answers only when it is kept. */
  async #take(secret: string, keep: TakeSecret, answer: Answer): Promise<Answer> {
    const openUntil = this.#openUntil;
    // Now, and not when it is kept: of two that come at once, one is taken.
    this.#openUntil = 0;
    try {
      if ((await keep(secret)) === false) return refusal(new HookwardError("handshake_closed", "takeSecret says that there is a secret"));
    } catch (error) {
      this.#openUntil = openUntil;
      throw error;
    }
    this.#secrets = [{ secret, notBefore: undefined, notAfter: undefined }];
    return answer;
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

/** The headers, so that they can be read more than once: for a handshake and for a delivery. */
function repeatable(headers: RequestHeaders): RequestHeaders {
  const { get, [Symbol.iterator]: pairs } = Object(headers) as { get?: unknown; [Symbol.iterator]?: unknown };
  if (typeof get === "function" || typeof pairs !== "function") return headers;
  try {
    return [...(headers as Iterable<readonly [string, string]>)];
  } catch (cause) {
    throw invalidOption("the headers could not be read; see cause", cause);
  }
}

/** The body, so that nobody can change it while the event is handled. */
function copyOf(body: RawBody): RawBody {
  if (typeof body === "string") return body;
  const bytes = bodyBytes(body);
  // What is too large is refused by its length alone.
  return "buffer" in bytes ? bytes.slice() : body;
}

/** Everything that fails in here is a HookwardError; what is not would be a defect, and is answered all the same. */
function known(error: unknown): HookwardError {
  return error instanceof HookwardError ? error : new HookwardError("internal_error", "receiving failed; see cause", { cause: error });
}
