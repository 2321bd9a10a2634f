// One source with its destinations, and what each side knows: which events the provider sent and which
// of them the gateway acknowledged; which deliveries a destination took, by its own account.

import { randomUUID } from "node:crypto";

import { sleep } from "../harness/wait.mjs";

/** What a provider waits before it sends again what was not acknowledged. */
const RETRY_MS = 100;
const POST_TIMEOUT_MS = 15_000;

/** A source and the provider that posts to it. */
export class Line {
  constructor(world, source) {
    this.world = world;
    this.source = source;
    /** @type {Target[]} */
    this.targets = [];
    /** Ids of all events that were sent, acknowledged or not. */
    this.sent = new Set();
    /** When each event was acknowledged as accepted or duplicate, by its id. */
    this.acknowledged = new Map();
    /** Events that no destination wanted. */
    this.ignored = new Set();
    /** Answers but 200, by status and code; "broken" are connections that ended without one. */
    this.refused = new Map();
    /** How long each acknowledgement took. */
    this.ackMs = [];
  }

  /** The provider's id of an event, from what a destination got. */
  eventOf(body) {
    return (this.source.eventOf ?? ((event) => event.id))(JSON.parse(body));
  }

  /** A destination that gets this source's events; see `Target` for how it answers. */
  async to(fields = {}) {
    const target = new Target(this, this.world.path());
    this.world.receiver.on(target.path, (req, res) => target.serve(req, res));
    const made = await this.world.admin.destination(this.world.receiver, target.path, this.source, fields);
    target.id = made.id;
    this.targets.push(target);
    return target;
  }

  /** Sends one event until it is acknowledged, as a provider does, or until `given.up` is set. */
  async push(given = {}, signed = this.source.sign()) {
    const { id } = signed.event;
    this.sent.add(id);
    while (!given.up) {
      const begun = Date.now();
      try {
        const answer = await this.source.post(signed, { timeoutMs: POST_TIMEOUT_MS });
        if (answer.status === 200) {
          const now = Date.now();
          this.ackMs.push(now - begun);
          if (answer.json.status === "ignored") this.ignored.add(id);
          else if (!this.acknowledged.has(id)) this.acknowledged.set(id, now);
          return answer.json.status;
        }
        this.#refuse(`${answer.status} ${answer.json?.code ?? ""}`.trim());
      } catch {
        this.#refuse("broken");
        await this.world.up;
      }
      await sleep(RETRY_MS);
    }
    return undefined;
  }

  #refuse(why) {
    this.refused.set(why, (this.refused.get(why) ?? 0) + 1);
  }

  /** Sends `count` events over `connections`, as fast as they are acknowledged. */
  async pushMany(count, connections) {
    let left = count;
    const provider = async () => {
      while (left > 0) {
        left -= 1;
        await this.push();
      }
    };
    await Promise.all(Array.from({ length: connections }, provider));
  }

  /**
   * Sends events, about `perSecond` of them over `connections`, until it is stopped. `each` gets what was
   * sent and what became of it.
   *
   * @returns {{ stop: () => Promise<void>, abandon: () => Promise<void> }} `stop` sees to it that all that
   *   was sent is acknowledged; `abandon` gives up on what is not.
   */
  flow({ perSecond, connections = 8, each }) {
    const given = { up: false };
    let stopped = false;
    const everyMs = (1000 * connections) / perSecond;
    const provider = async (_, index) => {
      await sleep((everyMs * index) / connections);
      let due = Date.now();
      while (!stopped) {
        const signed = this.source.sign();
        const outcome = await this.push(given, signed);
        await each?.(signed, outcome);
        // One that has fallen behind does not make up for it with a burst.
        due = Math.max(due + everyMs, Date.now() - everyMs);
        await sleep(Math.max(0, due - Date.now()));
      }
    };
    const all = Promise.all(Array.from({ length: connections }, provider));
    const end = async () => {
      stopped = true;
      await all;
    };
    return {
      stop: end,
      abandon: () => {
        given.up = true;
        return end();
      },
    };
  }
}

/** A destination, and what it took. */
export class Target {
  constructor(line, path) {
    this.line = line;
    this.path = path;
    /** How it answers: a behaviour of tests/harness/receiver.mjs, to be changed at will. */
    this.answer = (_req, res) => res.writeHead(200).end();
    /** For each webhook-id: how often it was answered 2xx to the end, and when first. */
    this.taken = new Map();
    /** Whether an event that the source accepted is owed to it: of late ones, not all are. */
    this.owes = () => true;
  }

  serve(req, res) {
    const id = req.headers["webhook-id"];
    res.once("finish", () => {
      if (res.statusCode >= 300) return;
      const seen = this.taken.get(id);
      if (seen) seen.times += 1;
      else this.taken.set(id, { times: 1, firstMs: Date.now() });
    });
    this.answer(req, res);
  }

  /** Every attempt that arrived, whatever was answered. */
  get arrivals() {
    return this.line.world.receiver.at(this.path);
  }

  /** How many deliveries it took. */
  get count() {
    return this.taken.size;
  }

  /** When each event was first taken, by the provider's id. */
  takenByEvent() {
    const byEvent = new Map();
    for (const request of this.arrivals) {
      const taken = this.taken.get(request.get("webhook-id"));
      if (taken) byEvent.set(this.line.eventOf(request.body), taken.firstMs);
    }
    return byEvent;
  }
}

/** The team itself in the place of a provider: it publishes, under an id or a key of its own. */
export class Publisher {
  id = "api";

  constructor(admin) {
    this.admin = admin;
  }

  sign() {
    return { event: { id: randomUUID() } };
  }

  post({ event: { id } }) {
    const keyed = id < "8";
    const headers = keyed ? [["idempotency-key", id]] : [];
    const body = { type: "order.paid", data: { order: id }, ...(keyed ? {} : { id }) };
    return this.admin.call("POST", "/v1/events", body, { headers });
  }

  eventOf(event) {
    return event.data.order;
  }
}
