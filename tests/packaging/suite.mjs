// The vectors, run by the package's public functions. Nothing in here knows in which runtime it is, or
// imports anything: n8n's sandbox is given this file as text.

/**
 * Runs every case of every vector file. Resolves to the number of cases, and what went wrong.
 *
 * `verify` has no store behind it. A case that has one is judged as without: what only the store's
 * memory makes acceptable is `timestamp_too_old`.
 *
 * @param {object} hookward the package's exports
 * @param {object[]} files the vector files, as packed.mjs reads them
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
      const expected = expectation(one);
      const found = outcome(hookward, file.provider, one);
      if (JSON.stringify(found) !== JSON.stringify(expected)) {
        failures.push(`${file.provider}, ${one.name}: ${JSON.stringify(found)}, not ${JSON.stringify(expected)}`);
      }
    }
  }
  return { cases, published, failures };
}

function expectation({ expect, store }) {
  if (expect.error) return { error: expect.error };
  const { ok } = expect;
  if (store && ok.freshness === "late") return { error: "timestamp_too_old" };
  return {
    secretIndex: ok.secret_index,
    freshness: ok.freshness,
    timestamp: ok.timestamp ?? undefined,
    eventKey: ok.event_key ?? undefined,
  };
}

function outcome({ verify }, provider, { secrets, headers, body, target, now, tolerance_s }) {
  try {
    const { verification } = verify({
      provider,
      secrets,
      headers,
      body: bytes(body),
      // The request's method and URL, where they are signed.
      ...target,
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
