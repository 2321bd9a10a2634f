// A plain HTTP/1.1 client over node:http that sends headers exactly as given, doubled ones included.

import http from "node:http";

const agent = new http.Agent({ keepAlive: true, maxSockets: 128 });

/**
 * Sends one request and reads the whole answer.
 *
 * @param {string} url
 * @param {object} [options]
 * @param {string} [options.method]
 * @param {[string, string][]} [options.headers]
 * @param {string | Uint8Array} [options.body]
 * @param {number} [options.timeoutMs]
 * @returns {Promise<{ status: number, headers: Record<string, string>, bytes: Buffer, text: string, json: any }>}
 *   `json` is undefined where the answer is not JSON.
 */
export function request(url, { method = "GET", headers = [], body, timeoutMs = 30_000 } = {}) {
  const bytes = body === undefined ? undefined : Buffer.from(body);
  const pairs = [["host", new URL(url).host], ...headers];
  if (bytes && !pairs.some(([name]) => /^(content-length|transfer-encoding)$/i.test(name))) {
    pairs.push(["content-length", String(bytes.length)]);
  }
  return new Promise((resolve, reject) => {
    const req = http.request(url, { method, agent, headers: pairs.flat(), timeout: timeoutMs }, (res) => {
      collect(res).then(resolve, reject);
    });
    req.once("timeout", () => req.destroy(new Error(`${method} ${url}: no answer within ${timeoutMs} ms`)));
    req.once("error", reject);
    req.end(bytes);
  });
}

/** Reads the whole answer. */
export async function collect(res) {
  const chunks = [];
  for await (const chunk of res) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  const text = bytes.toString("utf8");
  let json;
  try {
    json = JSON.parse(text);
  } catch {
    // not JSON
  }
  return { status: res.statusCode, headers: res.headers, bytes, text, json };
}
