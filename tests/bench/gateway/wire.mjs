// HTTP/1.1 as far as the benchmark speaks it, on bare sockets: on two cores, every microsecond that the
// load takes is one that the measured Worker does not get.

import { createHmac } from "node:crypto";
import net from "node:net";

const END_OF_HEAD = Buffer.from("\r\n\r\n");
const END_OF_CHUNKS = Buffer.from("0\r\n\r\n");

/** Milliseconds on a clock that all processes of this machine share. */
export const nowMs = () => Number(process.hrtime.bigint()) / 1e6;

/** What an event weighs, in bytes. */
const EVENT_BYTES = 2048;

/** One event of `run` as tinyposter sends it, signed now, as the bytes of a request. */
export function signedRequest({ host, path, secret, run }, number) {
  const start = `{"id":"evt_${run}_${number}","type":"post.published","created":"${new Date().toISOString()}","data":{"text":"`;
  const body = `${start}${"x".repeat(EVENT_BYTES - start.length - 3)}"}}`;
  const t = Math.floor(Date.now() / 1000);
  const tag = createHmac("sha256", secret).update(`${t}.${body}`).digest("hex");
  return Buffer.from(
    `POST ${path} HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\n` +
      `x-tinyposter-event: post.published\r\nx-tinyposter-delivery: del_${run}_${number}\r\n` +
      `x-tinyposter-signature: t=${t},v1=${tag}\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    "latin1",
  );
}

/** The event that a body is: its run and its number. */
export function eventOf(body) {
  const found = /^\{"id":"evt_([a-z0-9]+)_(\d+)"/.exec(body.toString("latin1", 0, 64));
  if (!found) throw new Error(`no event of the benchmark's: ${body.subarray(0, 64)}`);
  return { run: found[1], number: Number(found[2]) };
}

/** One connection, with one request on it at a time. */
export class Connection {
  #socket;
  #got = Buffer.alloc(0);
  #waiting;

  constructor(origin) {
    const { hostname, port } = new URL(origin);
    this.#socket = net.connect(Number(port), hostname).setNoDelay(true);
    this.#socket.on("data", (chunk) => this.#take(chunk));
    this.#socket.on("error", (error) => this.#fail(error));
    this.#socket.on("close", () => this.#fail(new Error("closed")));
  }

  /** Sends the bytes of a request; its answer. */
  request(bytes) {
    return new Promise((resolve, reject) => {
      if (this.#socket.destroyed) return reject(new Error("closed"));
      this.#waiting = { resolve, reject };
      this.#socket.write(bytes);
    });
  }

  close() {
    this.#socket.destroy();
  }

  #take(chunk) {
    const got = this.#got.length === 0 ? chunk : Buffer.concat([this.#got, chunk]);
    const answer = readAnswer(got);
    this.#got = answer ? got.subarray(answer.length) : got;
    if (!answer) return;
    const { resolve } = this.#waiting;
    this.#waiting = undefined;
    resolve(answer);
  }

  #fail(error) {
    this.#waiting?.reject(error);
    this.#waiting = undefined;
  }
}

/** The answer that `bytes` begins with, or `undefined` as long as it is not complete. */
function readAnswer(bytes) {
  const end = bytes.indexOf(END_OF_HEAD);
  if (end < 0) return undefined;
  const head = bytes.toString("latin1", 0, end + 2).toLowerCase();
  const status = Number(head.slice(9, 12));
  const start = end + END_OF_HEAD.length;
  const declared = /\r\ncontent-length: *(\d+)\r\n/.exec(head);
  if (declared) {
    const length = start + Number(declared[1]);
    return bytes.length < length ? undefined : { status, text: bytes.toString("utf8", start, length), length };
  }
  const last = bytes.indexOf(END_OF_CHUNKS, start);
  if (last < 0) return undefined;
  return { status, text: bytes.toString("utf8", start, last), length: last + END_OF_CHUNKS.length };
}

/** Splits what comes in on `socket` into requests, and calls `each` with the body of each. */
export function eachRequest(socket, each) {
  let got = Buffer.alloc(0);
  socket.on("data", (chunk) => {
    got = got.length === 0 ? chunk : Buffer.concat([got, chunk]);
    for (;;) {
      const end = got.indexOf(END_OF_HEAD);
      if (end < 0) return;
      const declared = /\r\ncontent-length: *(\d+)\r\n/i.exec(got.toString("latin1", 0, end + 2));
      if (!declared) throw new Error("a delivery without its length");
      const start = end + END_OF_HEAD.length;
      const length = start + Number(declared[1]);
      if (got.length < length) return;
      each(got.subarray(start, length));
      got = got.subarray(length);
    }
  });
  socket.on("error", () => {});
}
