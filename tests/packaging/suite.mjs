// The vectors, run by the package's public functions. Nothing in here knows in which runtime it is.

/**
 * Runs every case of every vector file. Resolves to the number of cases, and what went wrong.
 *
 * `verify` has no store behind it. A case that has one is judged as without: what only the store's
 * memory makes acceptable is `timestamp_too_old`.
 *
 * @param {object} hookward the package's exports
 * @param {object[]} files the vector files, parsed
 * @returns {Promise<{ cases: number, published: number, failures: string[] }>}
 */
export async function runVectors(hookward, files) {
  let cases = 0;
  let published = 0;
  const failures = [];
  for (const file of files) {
    for (const one of file.cases) {
      cases += 1;
      if (one.published_by) published += 1;
      const expected = await expectation(file.provider, one);
      const found = outcome(hookward, file.provider, one);
      if (JSON.stringify(found) !== JSON.stringify(expected)) {
        failures.push(`${file.provider}, ${one.name}: ${JSON.stringify(found)}, not ${JSON.stringify(expected)}`);
      }
    }
  }
  return { cases, published, failures };
}

async function expectation(provider, { expect, store }) {
  if (expect.error) return { error: expect.error };
  const { ok } = expect;
  if (store && ok.freshness === "late") return { error: "timestamp_too_old" };
  return {
    secretIndex: ok.secret_index,
    freshness: ok.freshness,
    timestamp: ok.timestamp ?? undefined,
    eventKey: ok.key_kind ? await storedKey(provider, ok) : undefined,
  };
}

function outcome({ verify }, provider, { secrets, headers, body, now, tolerance_s }) {
  try {
    const { verification } = verify({
      provider,
      secrets,
      headers,
      body: bytes(body),
      now,
      tolerance: tolerance_s ?? undefined,
    });
    const { secretIndex, freshness, timestamp, eventKey } = verification;
    return { secretIndex, freshness, timestamp, eventKey };
  } catch (error) {
    return { error: error.code ?? String(error) };
  }
}

/** The body of a case. */
export function bytes({ utf8, base64, repeat, count }) {
  if (utf8 !== undefined) return new TextEncoder().encode(utf8);
  if (base64 !== undefined) return Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  return new TextEncoder().encode(repeat.repeat(count));
}

/** SHA-256 over the length-prefixed source, kind and value, in hex. */
async function storedKey(source, { key_kind, key_value_utf8, key_value_hex }) {
  const value =
    key_value_hex === undefined
      ? new TextEncoder().encode(key_value_utf8)
      : Uint8Array.from(key_value_hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
  const parts = [new TextEncoder().encode(source), new TextEncoder().encode(key_kind), value];
  const joined = parts.flatMap((part) => {
    const length = new DataView(new ArrayBuffer(8));
    length.setBigUint64(0, BigInt(part.length));
    return [...new Uint8Array(length.buffer), ...part];
  });
  const hash = await crypto.subtle.digest("SHA-256", Uint8Array.from(joined));
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
