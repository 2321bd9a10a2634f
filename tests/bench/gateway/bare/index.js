// What someone would write who wants as much as the gateway's fast path and nothing else: verify with
// WebCrypto, look into KV, insert into a Durable Object, deliver from its alarm. The same calls to KV and
// to objects as the gateway's, for one provider, one secret and one destination; no admin API, no retry
// schedule, no log. The benchmark compares the gateway with it.

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const KV_TTL_S = 96 * 3600;
const TOLERANCE_S = 300;
const SAFETY_MS = 60_000;
const HANDS = 4;

let key;
const hmacKey = (env) =>
  (key ??= crypto.subtle.importKey("raw", encoder.encode(env.BENCH_SECRET), { name: "HMAC", hash: "SHA-256" }, false, [
    "sign",
    "verify",
  ]));

const hex = (bytes) => Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
const unhex = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));

function concat(prefix, body) {
  const head = encoder.encode(prefix);
  const whole = new Uint8Array(head.length + body.byteLength);
  whole.set(head);
  whole.set(new Uint8Array(body), head.length);
  return whole;
}

export default {
  async fetch(request, env, ctx) {
    const { pathname } = new URL(request.url);
    if (!pathname.startsWith("/in/")) return Response.json({ status: "ok" });
    const body = await request.arrayBuffer();
    const [, t, v1] = /^t=(\d{1,13}),v1=([0-9a-f]{64})$/.exec(request.headers.get("x-tinyposter-signature") ?? "") ?? [];
    const signed = t && (await crypto.subtle.verify("HMAC", await hmacKey(env), unhex(v1), concat(`${t}.`, body)));
    if (!signed || Math.abs(Date.now() / 1000 - Number(t)) > TOLERANCE_S) return new Response(null, { status: 401 });
    const { id, type } = JSON.parse(decoder.decode(body));
    const eventKey = hex(await crypto.subtle.digest("SHA-256", encoder.encode(`${pathname} ${id}`)));
    // Where every event is marked, one that is marked is a copy.
    const marked = env.HOOKWARD_KV_MARK === "always" && (await env.HOOKWARD_DEDUPE.get(eventKey));
    if (marked) return Response.json({ status: "duplicate", event_key: eventKey });
    const queue = env.QUEUE.get(env.QUEUE.idFromName(pathname));
    const answer = await queue.fetch("https://object/enqueue", {
      method: "POST",
      headers: { "event-key": eventKey, "event-type": type, queue: pathname },
      body,
    });
    if (answer.status >= 500) return new Response(null, { status: 503 });
    if (env.HOOKWARD_KV_MARK === "always") {
      ctx.waitUntil(env.HOOKWARD_DEDUPE.put(eventKey, "1", { expirationTtl: KV_TTL_S }));
    }
    return Response.json({ status: answer.status === 201 ? "accepted" : "duplicate", event_key: eventKey });
  },
};

export class DestinationQueue {
  #armed = false;
  #running = false;

  constructor(state, env) {
    this.env = env;
    this.storage = state.storage;
    this.sql = state.storage.sql;
    this.sql.exec(`
      CREATE TABLE IF NOT EXISTS deliveries (seq INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, status TEXT NOT NULL,
        at_ms INTEGER NOT NULL, attempts INTEGER NOT NULL, event_type TEXT, body BLOB NOT NULL);
      CREATE INDEX IF NOT EXISTS deliveries_by_state ON deliveries (status, at_ms);
      CREATE TABLE IF NOT EXISTS attempts (seq INTEGER NOT NULL, attempt INTEGER NOT NULL, at_ms INTEGER NOT NULL,
        status INTEGER, PRIMARY KEY (seq, attempt)) WITHOUT ROWID`);
  }

  async fetch(request) {
    const body = await request.arrayBuffer();
    const { headers } = request;
    const now = Date.now();
    const inserted = this.sql.exec(
      `INSERT INTO deliveries (key, status, at_ms, attempts, event_type, body) VALUES (?, 'pending', ?, 0, ?, ?)
       ON CONFLICT (key) DO NOTHING RETURNING seq`,
      headers.get("event-key"),
      now,
      headers.get("event-type"),
      body,
    );
    if (inserted.toArray().length === 0) return new Response(null, { status: 200 });
    const paused = headers.get("queue").startsWith("/in/paused");
    if (!paused && !this.#armed && !this.#running) {
      this.#armed = true;
      await this.storage.setAlarm(now);
    }
    return new Response(null, { status: 201 });
  }

  async alarm() {
    this.#armed = false;
    this.#running = true;
    await this.storage.setAlarm(Date.now() + SAFETY_MS);
    const busy = new Set();
    await Promise.all(Array.from({ length: HANDS }, () => this.#work(busy)));
    this.#running = false;
    if (this.#nextDue(busy)) await this.storage.setAlarm(Date.now());
    else await this.storage.deleteAlarm();
  }

  #nextDue(busy) {
    const due = this.sql.exec(
      `SELECT seq, key, event_type, body, attempts FROM deliveries WHERE status = 'pending' AND at_ms <= ?
       ORDER BY at_ms LIMIT ?`,
      Date.now(),
      HANDS,
    );
    return due.toArray().find(({ seq }) => !busy.has(seq));
  }

  async #work(busy) {
    for (let row = this.#nextDue(busy); row; row = this.#nextDue(busy)) {
      busy.add(row.seq);
      const t = Math.floor(Date.now() / 1000);
      const tag = await crypto.subtle.sign("HMAC", await hmacKey(this.env), concat(`${row.key}.${t}.`, row.body));
      let status = null;
      try {
        const answer = await fetch(this.env.BENCH_DESTINATION, {
          method: "POST",
          redirect: "manual",
          headers: {
            "content-type": "application/json",
            "webhook-id": row.key,
            "webhook-timestamp": String(t),
            "webhook-signature": `v1,${btoa(String.fromCharCode(...new Uint8Array(tag)))}`,
            "event-type": row.event_type,
          },
          body: row.body,
        });
        status = answer.status;
        await answer.text();
      } catch {
        // no answer: tried again like any other failure
      }
      const now = Date.now();
      const delivered = status >= 200 && status < 300;
      this.sql.exec("INSERT INTO attempts VALUES (?, ?, ?, ?)", row.seq, row.attempts + 1, now, status);
      this.sql.exec(
        "UPDATE deliveries SET status = ?, at_ms = ?, attempts = attempts + 1 WHERE seq = ?",
        delivered ? "delivered" : "pending",
        delivered ? now : now + 5_000,
        row.seq,
      );
      busy.delete(row.seq);
    }
  }
}

/** The binding is there in the gateway's configuration; nothing is asked of it. */
export class Registry {}
