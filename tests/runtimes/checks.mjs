// What is asked of the package in every runtime. Nothing in here knows in which it is, or imports anything:
// n8n's sandbox is given this file as text.

/**
 * Runs the vectors, and what they do not reach: bodies that are large and many enough to be hashed by the
 * host where it can, and the answer to a delivery that was tampered with.
 *
 * @param {object} hookward the package's exports
 * @param {object[]} vectors the vector files, parsed
 * @param {Function} runVectors from tests/packaging/suite.mjs
 */
export async function check(hookward, vectors, runVectors) {
  return { ...(await runVectors(hookward, vectors)), large: largeBodies(hookward) };
}

/** How many deliveries with large bodies were accepted, refused when changed, and anything else. */
export function largeBodies({ sign, verify }) {
  const outcome = { accepted: 0, refused: 0, other: [] };
  for (let round = 0; round < 24; round += 1) {
    // Not ASCII, and of every size around the one from which on hosts hash.
    const body = `{"type":"ünterwegs","data":"${"✓".repeat(300 + 16 * round)}"}`;
    const secret = `whsec_${btoa(`secret of round ${round % 3}`)}`;
    const headers = sign({ provider: "standard-webhooks", secret, id: `msg_${round}`, body });
    const attempt = (text) => {
      try {
        return verify({ provider: "standard-webhooks", secret, headers, body: text }).type;
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
