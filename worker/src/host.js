// What the module asks of the runtime for each event, in one call where the module's own bindings would
// take many: every object that they make on the way, and every string that they carry over, costs as much
// as the work itself.

/** Tells `tell` under `ticket` what becomes of a promise. */
export function settle(promise, tell, ticket) {
  promise.then(
    (value) => tell(ticket, true, value),
    (error) => tell(ticket, false, error),
  );
}

/** What KV holds under `name`, as text. */
export const hint = async (kv, name) => kv.get(name);

/** Has KV hold `value` under `name` for `ttlS` seconds. */
export const mark = async (kv, name, value, ttlS) => kv.put(name, value, { expirationTtl: ttlS });

/** Hands a frame to the queue of this name; the status of its answer. */
export async function handOver(queues, name, frame) {
  const answer = await queues.getByName(name).fetch("https://object/enqueue", { method: "POST", body: frame });
  return answer.status;
}

/** Runs a statement with these bindings; how many rows it wrote. */
export const store = (sql, query, ...row) => sql.exec(query, ...row.map((value) => value ?? null)).rowsWritten;

const AS_JSON = { headers: { "content-type": "application/json" } };

/** 200 with a text of JSON. */
export const json = (text) => new Response(text, AS_JSON);

const NOTHING = new Uint8Array();
const asText = new TextDecoder("utf-8", { ignoreBOM: true });

/** The calls that one queue makes to its destination, with one timer for all of them. */
export class Calls {
  #headMs;
  #excerptMs;
  #excerptBytes;
  #underWay = new Set();
  #timer;

  /** How long to wait for an answer's head, and how much of its body to read for how long. */
  constructor(headMs, excerptMs, excerptBytes) {
    this.#headMs = headMs;
    this.#excerptMs = excerptMs;
    this.#excerptBytes = excerptBytes;
  }

  /**
   * POSTs `body`, with `headers` in JSON. What came of it, in lines: the status, when it was known, whether
   * the answer was read to its end, its Retry-After, and the first of its body. Nothing if no head came in
   * time; rejects if none will come.
   */
  async post(url, headers, body) {
    const stop = new AbortController();
    const call = { until: Date.now() + this.#headMs, stop: () => stop.abort() };
    this.#underWay.add(call);
    if (this.#timer === undefined) this.#setTimer();
    try {
      const answer = await fetch(url, {
        method: "POST",
        redirect: "manual",
        headers: JSON.parse(headers),
        // The module's memory is not what it was by the time that this is sent.
        body: body.slice(),
        signal: stop.signal,
      });
      const ended = Date.now();
      call.until = ended + this.#excerptMs;
      const [excerpt, whole] = await this.#excerpt(answer, call);
      const retryAfter = answer.headers.get("retry-after") ?? "";
      return `${answer.status}\n${ended}\n${whole}\n${retryAfter}\n${asText.decode(excerpt)}`;
    } catch (error) {
      if (stop.signal.aborted) return "";
      throw error;
    } finally {
      this.#underWay.delete(call);
    }
  }

  /** No call is under way, and none will be for a while. */
  rest() {
    if (this.#underWay.size > 0) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** The first of a body, and whether that is all of it. Then the connection is let go of. Never rejects. */
  #excerpt({ body, headers }, call) {
    if (body === null) return [NOTHING, true];
    // Where it is so many bytes as they come, there is no need to be told that no more will.
    const declared = headers.has("content-encoding") ? NaN : Number(headers.get("content-length") ?? NaN);
    return new Promise((resolve) => {
      const kept = new Uint8Array(this.#excerptBytes);
      let length = 0;
      const reader = body.getReader();
      const end = (whole) => {
        resolve([kept.subarray(0, length), whole]);
        reader.cancel().catch(() => {});
      };
      call.stop = () => end(false);
      const read = async () => {
        for (;;) {
          const { done, value } = await reader.read();
          if (done) return end(true);
          const room = kept.length - length;
          kept.set(value.subarray(0, room), length);
          length += Math.min(value.length, room);
          if (value.length >= room) return end(false);
          if (length === declared) return end(true);
        }
      };
      read().catch(() => end(true));
    });
  }

  #setTimer() {
    const now = Date.now();
    let wait = RINGS_EVERY_MS;
    for (const { until } of this.#underWay) wait = Math.min(wait, Math.max(until - now, 1));
    this.#timer = setTimeout(() => this.#ring(), wait);
  }

  #ring() {
    this.#timer = undefined;
    const now = Date.now();
    for (const call of [...this.#underWay]) {
      if (call.until > now) continue;
      this.#underWay.delete(call);
      call.stop();
    }
    if (this.#underWay.size > 0) this.#setTimer();
  }
}

/** The timer is set no further ahead than the shortest wait that it bounds: so it is never too late. */
const RINGS_EVERY_MS = 1_000;
