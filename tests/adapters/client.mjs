// Requests as a test wants them: in pieces, cut off, over one connection, with a header twice.

import { Agent, request } from "node:http";
import { connect } from "node:net";

/**
 * Sends a request and resolves to its answer. `body` may be an async iterable of pieces.
 *
 * @param {string} url
 * @param {{ method?: string, headers?: object, body?: any, agent?: Agent }} of
 */
export function send(url, { method = "POST", headers = {}, body, agent } = {}) {
  return new Promise((resolve, reject) => {
    const pieces = body !== undefined && typeof body !== "string" && !ArrayBuffer.isView(body);
    const sized = pieces || body === undefined ? headers : { "content-length": Buffer.byteLength(body), ...headers };
    const out = request(url, { method, headers: sized, agent: agent ?? false }, (response) => {
      const chunks = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString();
        let json;
        try {
          json = JSON.parse(text);
        } catch {}
        resolve({ status: response.statusCode, headers: response.headers, text, json, code: json?.code, reused: out.reusedSocket });
      });
    });
    out.setTimeout(10_000, () => out.destroy(new Error(`no answer from ${url}`)));
    out.on("error", reject);
    if (!pieces) return void out.end(body);
    (async () => {
      for await (const piece of body) {
        if (!out.write(piece)) await new Promise((go) => out.once("drain", go));
      }
      out.end();
    })().catch(reject);
  });
}

/** A client that has one connection and keeps it. */
export function keptAlive() {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return Object.assign((url, of) => send(url, { ...of, agent }), { close: () => agent.destroy() });
}

/** Writes raw bytes to a server, and resolves to all that it says until it hangs up. */
export function raw(origin, text) {
  const { hostname, port } = new URL(origin);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname, () => socket.write(text));
    let heard = "";
    socket.on("data", (data) => (heard += data));
    socket.on("error", () => {});
    socket.on("close", () => resolve(heard));
  });
}

/** Writes a body that does not end, whatever is answered; how much of it was taken before the server hung up. */
export function flood(origin, head) {
  const { hostname, port } = new URL(origin);
  const piece = Buffer.from(`10000\r\n${"x".repeat(0x10000)}\r\n`);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    const write = () => {
      while (!socket.destroyed && socket.bytesWritten < 2 ** 29 && socket.write(piece));
    };
    socket.on("connect", () => (socket.write(head), write()));
    socket.on("drain", write);
    socket.on("data", () => {});
    socket.on("error", () => {});
    socket.on("close", () => resolve(socket.bytesWritten - socket.writableLength));
    socket.setTimeout(8_000, () => resolve(Infinity));
  });
}

/** Sends the beginning of a body and goes away. */
export function cutOff(origin, path, headers, length, beginning) {
  const { hostname, port } = new URL(origin);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname, () => {
      const lines = Object.entries({ host: hostname, ...headers, "content-length": length }).map(([name, value]) => `${name}: ${value}\r\n`);
      socket.write(`POST ${path} HTTP/1.1\r\n${lines.join("")}\r\n${beginning}`);
      setTimeout(() => socket.destroy(), 50);
    });
    socket.on("error", () => {});
    socket.on("close", resolve);
  });
}
