// What is asked of the package in every runtime. Nothing in here knows in which it is, or imports anything:
// n8n's sandbox is given this file as text.

/**
 * Runs the vectors, and what they do not reach: what each entry exports, bodies that are large and many
 * enough to be hashed by the host where it can, a receiver with a memory, and a fetch handler.
 *
 * @param {Record<string, object>} entries every entry of the package, by what it is imported as
 * @param {object[]} vectors the vector files, as packed.mjs reads them
 * @param {Function} runVectors from tests/packaging/suite.mjs
 */
export async function check(entries, vectors, runVectors) {
  const { hookward } = entries;
  return {
    ...(await runVectors(hookward, vectors)),
    exports: Object.fromEntries(Object.entries(entries).map(([entry, names]) => [entry, Object.keys(names).sort()])),
    large: largeBodies(hookward),
    custom: customScheme(hookward),
    shaken: shaken(hookward),
    received: await received(hookward),
    fetched: typeof Request === "function" ? await fetched(hookward, entries["hookward/fetch"]) : undefined,
  };
}

const provider = "standard-webhooks";
const secret = `whsec_${btoa("a secret of some length")}`;

/** How many deliveries with large bodies were accepted, refused when changed, and anything else. */
export function largeBodies({ sign, verify }) {
  const outcome = { accepted: 0, refused: 0, other: [] };
  for (let round = 0; round < 24; round += 1) {
    // Not ASCII, and of every size around the one from which on hosts hash.
    const body = `{"type":"ünterwegs","data":"${"✓".repeat(300 + 16 * round)}"}`;
    const secret = `whsec_${btoa(`secret of round ${round % 3}`)}`;
    const headers = sign({ provider, secret, id: `msg_${round}`, body });
    const attempt = (text) => {
      try {
        return verify({ provider, secret, headers, body: text }).type;
      } catch (error) {
        return error.code === "signature_mismatch" && error.name === "HookwardError" ? "refused" : String(error);
      }
    };
    for (const text of [body, new TextEncoder().encode(body), body.replace("✓", "✗")]) {
      const found = attempt(text);
      if (found === "ünterwegs") outcome.accepted += 1;
      else if (found === "refused") outcome.refused += 1;
      else outcome.other.push(found);
    }
  }
  return outcome;
}

/** What becomes of a delivery by a scheme of one's own, and of the same with another body. */
export function customScheme({ customScheme, sign, verify }) {
  const scheme = customScheme({ signature: "X-Acme", format: "sha256={signature}", eventType: "/kind" });
  const headers = sign({ scheme, secret, body: '{"kind":"ü"}' });
  return ['{"kind":"ü"}', '{"kind":"u"}'].map((body) => {
    try {
      return verify({ scheme, secret, headers, body }).type;
    } catch (error) {
      return error.code;
    }
  });
}

/** What is answered to a handshake, to one that must be refused, and to a delivery. */
export function shaken({ handshake }) {
  const requests = [
    { method: "GET", url: "/webhooks?crc_token=abc-1" },
    { method: "GET", url: "/webhooks?crc_token=abc%201" },
    { method: "POST", url: "/webhooks" },
  ];
  return requests.map((request) => {
    try {
      return handshake({ provider: "x", secret: "secret", headers: {}, body: "", ...request })?.body ?? "a delivery";
    } catch (error) {
      return error.code;
    }
  });
}

/** What a receiver answers to an event, to the same once more, and to a forged one; and what it handled. */
async function received({ sign, Receiver, MemoryStore }) {
  const receiver = new Receiver({ provider, secret, store: new MemoryStore() });
  const handled = [];
  const body = '{"type":"a","data":{}}';
  const headers = sign({ provider, secret, id: "msg_1", body });
  const statuses = [];
  for (const text of [body, body, body.replace("a", "b")]) {
    statuses.push((await receiver.handle({ headers, body: text }, ({ type }) => handled.push(type))).status);
  }
  return { statuses, handled };
}

/** What a fetch handler answers to an event, and to a forged one; and what it handled. */
async function fetched({ sign }, { webhook }) {
  const handled = [];
  const handler = webhook({ provider, secret }, ({ data }) => handled.push(data));
  const body = '{"type":"a","data":"ü ✓"}';
  const headers = sign({ provider, secret, id: "msg_1", body });
  const statuses = [];
  for (const text of [body, body.replace("ü", "u")]) {
    statuses.push((await handler(new Request("https://example.com/webhooks", { method: "POST", headers, body: text }))).status);
  }
  return { statuses, handled };
}
