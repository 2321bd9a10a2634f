// Every vector, explained: the good ones are said to be good, and each class of forgery gets the finding
// that it is. No secret and no signature is shown.

import assert from "node:assert/strict";
import { before, test } from "node:test";

import { vectors } from "../packaging/packed.mjs";
import { bytes } from "../packaging/suite.mjs";
import { installation } from "./tool.mjs";

let explain;
before(async () => {
  ({ explain } = await installation());
});

/** What a case must be found to be, by its name: a kind and whether it is proven; the first that fits. */
const CLASSES = [
  [/^no secret$|^an empty secret$/, "secret_missing", "likely"],
  [/^a secret with a line end$/, "secret_white_space", "proven"],
  [/^a secret in the URL's alphabet$/, "secret_encoding", "proven"],
  [/^a secret (?:that is|of 513 bytes)/, "secret_malformed", "likely"],
  [/^nine secrets$/, "secret_too_many", "proven"],
  [/^a body over the cap$/, "body_too_large", "likely"],
  [/^another body$/, "body_white_space", "proven"],
  [/^re-serialised JSON$/, "body_json", "proven"],
  [/^no headers at all$/, "header_missing", "likely"],
  [/^(?!an id)\S+ twice(?:, in two spellings of its case)?$| joined with itself$/, "header_doubled", "proven"],
  [/^the tag twice as long$|^a signature header over the cap$/, "header_doubled", "proven"],
  [/ of 2049 bytes$|^17 /, "header_too_large"],
  [/^an empty tag$|^an empty header$|^only a v1a$|^the bare tag$/, "header_malformed", "likely"],
  [/^a tag with a space before it$|^too much padding$|^semicolons$|^commas$|^a space after the comma$/, "header_rewritten", "proven"],
  [/^a comma at the end$|^two spaces |^without the prefix$|^the prefix in capitals$|^an entry without its version$/, "header_rewritten", "proven"],
  [/^a tag cut to (?:32|40|42|62|63)$/, "header_truncated", "proven"],
  [/^the headers of letmepost-/, "provider_wrong", "proven"],
  [/^milliseconds for seconds$|^seconds for milliseconds$/, "timestamp_unit", "proven"],
  [/^a second further ahead/, "clock", "proven"],
  // Where the provider's own tolerance is no longer, it is as late as without.
  [/^older than a tolerance of one's own$/, /^(?:tolerance_too_small|late)$/, "proven"],
  [/^a second older than the tolerance$|^beyond the horizon$|^late\b|^as late as /, "late", "proven"],
  [/^a timestamp written /, /^(?:timestamp_malformed|header_rewritten)$/],
  [/^no (?:method|URL)|^an empty URL$/, "target_wrong", "likely"],
  [/^a space in the URL/, "target_wrong", "proven"],
];

/** Where the time is a date that may be written in several ways, and the id stands right before it. */
const NOT_SIGNED_AGAIN = new Set(["twitch"]);

/** Forgeries of which nothing can be known but that they are. */
const UNEXPLAINED = /^a body with one letter changed$|^another key$|^the tag of another key$|^a tag cut to [1-4]$|^stale and forged|^another timestamp under the same tag$|^the id changed under the same tag$/;

let explained = 0;

for (const { provider, cases } of vectors) {
  test(provider, () => {
    for (const one of cases) {
      const { name, secrets, headers, body, now, tolerance_s, target, expect, store } = one;
      const options = { provider, secrets, headers, body: bytes(body), now, ...target, ...(tolerance_s ? { tolerance: tolerance_s } : {}) };
      const found = explain(options);
      const what = `${provider}, ${name}: ${found}`;
      const kinds = found.findings.map(({ kind }) => kind);
      const late = store && expect.ok?.freshness === "late";
      if (expect.ok && !late) {
        assert.deepEqual([found.ok, found.code, kinds], [true, "ok", []], what);
        continue;
      }
      explained += 1;
      assert.deepEqual([found.ok, found.code], [false, late ? "timestamp_too_old" : expect.error], what);
      assert.ok(kinds.length > 0, what);
      const plain = name.replace(/^svix- spelling: /, "");
      const [, kind, certainty] = CLASSES.find(([pattern]) => pattern.test(plain)) ?? [];
      if (kind === "header_truncated" && NOT_SIGNED_AGAIN.has(provider)) assert.equal(kinds.at(-1), "unexplained", what);
      else if (kind !== undefined) {
        const finding = found.findings.find((candidate) => (kind.test ? kind.test(candidate.kind) : candidate.kind === kind));
        assert.ok(finding, `${kind} for ${what}`);
        if (certainty) assert.equal(finding.certainty, certainty, what);
      } else if (expect.error === "malformed_envelope") assert.ok(kinds.includes("envelope"), what);
      else if (UNEXPLAINED.test(plain)) assert.equal(kinds.at(-1), "unexplained", what);
      // Whatever it is: what is proven comes with a match, and nothing is shown that must not be.
      const shown = JSON.stringify(found) + String(found);
      for (const secret of secrets) if (secret.length > 7 && secret.length < 200) assert.ok(!shown.includes(secret), `a secret: ${what}`);
      assert.doesNotMatch(shown, /[0-9a-f]{32}|[A-Za-z0-9+/]{40}/, `a signature: ${what}`);
    }
  });
}

test("there were forgeries of every class", () => {
  assert.ok(explained > 2000, `${explained}`);
  const names = vectors.flatMap(({ cases }) => cases.map(({ name }) => name));
  for (const [pattern] of CLASSES) assert.ok(names.some((name) => pattern.test(name)), String(pattern));
});
