// A destination on loopback that behaves as told, records every request to the byte, and verifies what
// it got under the destination's secret.

import { timingSafeEqual } from "node:crypto";
import http from "node:http";

import { standardTag } from "./providers.mjs";

/** Longest that a hanging answer is held before the socket is closed anyway. */
const HANG_MS = 120_000;

/**
 * Behaviours of a path. Each takes the request and answers, or pointedly does not.
 */
export const behave = {
  /** Answers `status`, with `headers` and a short body. */
  status:
    (status, headers = {}) =>
    (_req, res) => {
      res.writeHead(status, { "content-type": "text/plain", ...headers });
      res.end(`status ${status}`);
    },
  redirect: (status, location) => behave.status(status, { location }),
  /** Never answers. */
  hang: () => (_req, res) => {
    setTimeout(() => res.destroy(), HANG_MS).unref();
  },
  /** Closes the connection without a word. */
  reset: () => (req) => req.socket.resetAndDestroy(),
  /** 200 at once, then a body that never ends, as fast as it is read. */
  endless:
    (status = 200) =>
    (_req, res) => {
      res.writeHead(status, { "content-type": "text/plain" });
      const chunk = Buffer.alloc(64 * 1024, "x");
      const pump = () => {
        while (!res.destroyed && res.write(chunk));
      };
      res.on("drain", pump);
      pump();
    },
  /** 200 at once, then a byte every `everyMs`, without end. */
  drip:
    (status = 200, everyMs = 200) =>
    (_req, res) => {
      res.writeHead(status, { "content-type": "text/plain" });
      const timer = setInterval(() => res.write("."), everyMs);
      res.on("close", () => clearInterval(timer));
    },
  /** A status line, then header lines without end, one every `everyMs`. */
  slowHead:
    (everyMs = 300) =>
    (req) => {
      req.socket.write("HTTP/1.1 200 OK\r\n");
      const timer = setInterval(() => req.socket.write("x-more: 1\r\n"), everyMs);
      req.socket.on("close", () => clearInterval(timer));
    },
  /** Bytes that are not HTTP. */
  garbage: () => (req) => req.socket.end("\x16\x03\x01 this is not HTTP\r\n\r\n"),
  /** 200 after `ms`. */
  slow:
    (ms, status = 200) =>
    (_req, res) => {
      setTimeout(() => res.writeHead(status).end(), ms).unref();
    },
};

/**
 * Starts a receiver.
 *
 * @param {object} [options]
 * @param {(secret: string, got: { headers: [string, string][], body: Buffer }) => string} [options.check]
 *   judges a delivery: "ok", or a code. By default Standard Webhooks with node:crypto.
 * @param {string} [options.host] where it listens; by default on loopback, at a port of its own
 * @param {number} [options.port]
 */
export async function startReceiver({ check = checkStandard, host = "127.0.0.1", port = 0 } = {}) {
  const receiver = new Receiver(check);
  await receiver.listen(host, port);
  return receiver;
}

class Receiver {
  #server = http.createServer((req, res) => this.#serve(req, res));
  #paths = new Map();
  #check;

  constructor(check) {
    this.#check = check;
    /** Every request, in the order in which its body was complete. */
    this.requests = [];
  }

  async listen(host, port) {
    this.#server.keepAliveTimeout = 60_000;
    await new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, host, resolve);
    });
    this.origin = `http://${host}:${this.#server.address().port}`;
  }

  url(path) {
    return this.origin + path;
  }

  /**
   * Tells `path` how to answer: one behaviour, or a list that is gone through, the last one repeated.
   * Paths that were told nothing answer 200.
   */
  on(path, behaviours) {
    this.#path(path).behaviours = [behaviours].flat();
  }

  /** From now on, deliveries to `path` are judged under `secret`. */
  expectSecret(path, secret) {
    this.#path(path).secret = secret;
  }

  /** What arrived at `path`. */
  at(path) {
    return this.requests.filter((request) => request.path === path);
  }

  #path(path) {
    if (!this.#paths.has(path)) this.#paths.set(path, { behaviours: [behave.status(200)] });
    return this.#paths.get(path);
  }

  async #serve(req, res) {
    const arrivedMs = Date.now();
    res.on("error", () => {});
    const chunks = [];
    try {
      for await (const chunk of req) chunks.push(chunk);
    } catch {
      return; // the sender went away
    }
    const path = this.#path(req.url);
    const headers = pairs(req.rawHeaders);
    const body = Buffer.concat(chunks);
    const verdict = path.secret === undefined ? "unchecked" : this.#check(path.secret, { headers, body });
    const get = (name) => headers.find(([key]) => key.toLowerCase() === name)?.[1];
    this.requests.push({ path: req.url, method: req.method, headers, get, body, atMs: arrivedMs, verdict });
    const behaviour = path.behaviours.length > 1 ? path.behaviours.shift() : path.behaviours[0];
    behaviour(req, res);
  }

  async stop() {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

function pairs(raw) {
  const list = [];
  for (let at = 0; at < raw.length; at += 2) list.push([raw[at], raw[at + 1]]);
  return list;
}

/** Standard Webhooks by node:crypto alone: a check that shares nothing with what it checks. */
export function checkStandard(secret, { headers, body }) {
  const get = (name) => headers.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value);
  const [ids, times, signatures] = ["webhook-id", "webhook-timestamp", "webhook-signature"].map(get);
  if (ids.length !== 1 || times.length !== 1 || signatures.length !== 1) return "headers";
  if (!/^\d+$/.test(times[0]) || Math.abs(Date.now() / 1000 - Number(times[0])) > 300) return "timestamp";
  const expected = Buffer.from(standardTag(secret, ids[0], times[0], body), "base64");
  const matches = signatures[0].split(" ").some((entry) => {
    const tag = Buffer.from(entry.replace(/^v1,/, ""), "base64");
    return entry.startsWith("v1,") && tag.length === expected.length && timingSafeEqual(tag, expected);
  });
  return matches ? "ok" : "signature_mismatch";
}
