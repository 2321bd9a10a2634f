// What vectors are made of: the cases that every provider has, and those of a kind of scheme.
import { createHash, createHmac } from "node:crypto";

export const MADE_HERE = "made here with Node's crypto, from the provider's description";
export const NOW = 1700000000;
export const RETENTION_S = 96 * 3600;

export const mac = (key, ...parts) => {
  const hmac = createHmac("sha256", key);
  for (const part of parts) hmac.update(part);
  return hmac.digest();
};
export const hex = (key, ...parts) => mac(key, ...parts).toString("hex");
export const storedKey = (source, kind, value) => {
  const hash = createHash("sha256");
  for (const part of [source, kind, value].map((p) => Buffer.from(p))) {
    const length = Buffer.alloc(8);
    length.writeBigUInt64BE(BigInt(part.length));
    hash.update(length).update(part);
  }
  return hash.digest("hex");
};
export const bytes = (body) =>
  "utf8" in body ? Buffer.from(body.utf8) : "base64" in body ? Buffer.from(body.base64, "base64")
    : Buffer.from(body.repeat.repeat(body.count));
export const utf8 = (text) => ({ utf8: text });

/** What a good case expects; `key` is [kind, value], or the hash of the body. */
export const ok = (body, { secret = 0, freshness = "fresh", timestamp = NOW, key } = {}) => {
  // Without a key, identical bodies are different events.
  if (key === null) return { ok: { secret_index: secret, freshness, timestamp, key_kind: "none" } };
  const [kind, value] = key ?? ["body-hash", createHash("sha256").update(bytes(body)).digest()];
  return {
    ok: {
      secret_index: secret, freshness, timestamp, key_kind: kind,
      ...(kind === "body-hash" ? { key_value_hex: value.toString("hex") } : { key_value_utf8: value }),
      stored_key_hex: storedKey("", kind, value),
      stored_key_hex_for_source_s: storedKey("s", kind, value),
    },
  };
};
export const refused = (error) => ({ error });

/** One case; what is not given is the same in most. */
export const kase = (name, secrets, headers, body, expect, more = {}) => ({
  name, secrets, headers, body, now: NOW, store: null, tolerance_s: null, ...more, expect,
});
export const at = (now) => ({ now });
export const LOSSLESS = { store: { remembers_since: null } };

/**
 * The cases that every provider has.
 *
 * `p.sign(secret, time, body)` gives the headers; `p.body(time)` a body as the provider writes it;
 * `p.key(body)` the event key's [kind, value]; `p.time` is false for a scheme without a time;
 * `p.retag(headers, f)` changes the tag.
 */
export function common(p) {
  const [one, two, other] = p.secrets;
  const body = p.body(NOW);
  const headers = p.sign(one, NOW, body);
  const good = (options) => ok(body, { key: p.key(body), ...p.defaults, ...options });
  const text = bytes(body).toString();
  const names = p.signs;
  const cases = [
    kase("good", [one], headers, body, good()),
    kase("header names in capitals", [one], headers.map(([n, v]) => [n.toUpperCase(), v]), body, good()),
    kase("the second secret matches", [two, one], headers, body, good({ secret: 1 })),
    kase("another body", [one], headers, utf8(`${text} `), refused("signature_mismatch")),
    kase("a body with one letter changed", [one], headers, utf8(text.replace("e", "f")), refused("signature_mismatch")),
    kase("another key", [other], headers, body, refused("signature_mismatch")),
    kase("the tag of another key", [one], p.sign(other, NOW, body), body, refused("signature_mismatch")),
    kase("no secret", [], headers, body, refused("no_secret")),
    kase("an empty secret", [""], headers, body, refused("no_secret")),
    kase("a secret with a line end", [`${one}\n`], headers, body, refused("malformed_secret")),
    kase("no headers at all", [one], [], body, refused("missing_signature")),
    kase("nine secrets", Array(9).fill(one), headers, body, refused("too_many_secrets")),
    kase("eight secrets, the last matches", [...Array(7).fill(two), one], headers, body, good({ secret: 7 })),
    kase("a body over the cap", [one], headers, { repeat: "a", count: 1024 * 1024 + 1 }, refused("body_too_large")),
    kase("the tag twice as long", [one], p.retag(headers, (t) => t.replaceAll("=", "") + t), body, refused("signature_mismatch")),
    kase("an empty tag", [one], p.retag(headers, () => ""), body, refused("malformed_signature")),
    kase("a tag with a foreign character", [one], p.retag(headers, (t) => `!${t.slice(1)}`), body, refused("malformed_signature")),
    kase("a tag with a space before it", [one], p.retag(headers, (t) => ` ${t}`), body, refused("malformed_signature")),
    kase("a signature header over the cap", [one], p.retag(headers, (t) => t.repeat(50)), body, refused("header_too_large")),
  ];
  for (const length of p.truncations) {
    cases.push(kase(`a tag cut to ${length}`, [one], p.retag(headers, (t) => t.slice(0, length)), body, refused("signature_mismatch")));
  }
  if (p.json !== false) {
    const spaced = JSON.stringify(JSON.parse(text), null, 1);
    cases.push(kase("re-serialised JSON", [one], headers, utf8(spaced), refused("signature_mismatch")));
  }
  for (const [name, code] of names) {
    const without = headers.filter(([n]) => n !== name);
    const value = headers.find(([n]) => n === name)[1];
    cases.push(
      kase(`no ${name}`, [one], without, body, refused(code)),
      kase(`${name} twice`, [one], [...headers, [name, value]], body, refused("malformed_signature")),
      kase(`${name} twice, in two spellings of its case`, [one], [...headers, [name.toLowerCase(), value]], body, refused("malformed_signature")),
      kase(`${name} joined with itself`, [one], [...without, [name, `${value}, ${value}`]], body, refused("malformed_signature")),
      kase(`${name} of 2049 bytes`, [one], [...without, [name, value.padEnd(2049, "0")]], body, refused("header_too_large")),
    );
  }
  return cases;
}

/** The cases of a scheme that signs a time; `p.when` is [header, code prefix] where it has a header. */
export function timed(p, { tolerance = 300, horizon }) {
  const [one, , other] = p.secrets;
  const dated = (time) => ({ body: p.body(time), headers: p.sign(one, time, p.body(time)) });
  const good = (time, freshness) => ok(p.body(time), { key: p.key(p.body(time)), timestamp: time, freshness });
  const kases = [];
  const add = (name, time, expect, more) => {
    const { body, headers } = dated(time);
    kases.push(kase(name, [one], headers, body, expect, more));
  };
  add("as old as the tolerance", NOW - tolerance, good(NOW - tolerance, "fresh"));
  add("a second older than the tolerance", NOW - tolerance - 1, refused("timestamp_too_old"));
  add("as far ahead as the tolerance", NOW + tolerance, good(NOW + tolerance, "fresh"));
  add("a second further ahead", NOW + tolerance + 1, refused("timestamp_in_future"));
  add("a second further ahead, with a store", NOW + tolerance + 1, refused("timestamp_in_future"), LOSSLESS);
  add("older than a tolerance of one's own", NOW - 61, refused("timestamp_too_old"), { tolerance_s: 60 });
  add("within a tolerance of one's own", NOW - 3600, good(NOW - 3600, "fresh"), { tolerance_s: 3600 });
  if (horizon > tolerance) {
    add("late, with a store", NOW - 7200, good(NOW - 7200, "late"), LOSSLESS);
    add("as late as the horizon", NOW - horizon, good(NOW - horizon, "late"), LOSSLESS);
    const since = { store: { remembers_since: NOW - 7200 - tolerance } };
    add("late, and the store remembers just far enough", NOW - 7200, good(NOW - 7200, "late"), since);
    add("late, and older than the store remembers", NOW - 7201, refused("timestamp_too_old"), since);
  }
  add("beyond the horizon", NOW - horizon - 1, refused("timestamp_too_old"), LOSSLESS);
  const old = dated(NOW - 90000);
  kases.push(
    kase("stale and forged: the tag is judged first", [other], old.headers, old.body, refused("signature_mismatch")),
  );
  return kases;
}

/** The cases of a time in a header or a header's field: `p.withTime(headers, text)` replaces it. */
export function timeInHeader(p) {
  const [one] = p.secrets;
  const body = p.body(NOW);
  const cases = [
    kase("another timestamp under the same tag", [one], p.withTime(p.sign(one, NOW, body), String(NOW + 1)), body, refused("signature_mismatch")),
  ];
  for (const text of [`+${NOW}`, `-${NOW}`, ` ${NOW}`, `${NOW}.0`, "1e9", "0x6553f100", "12345678901234", "now", "٣"]) {
    cases.push(kase(`a timestamp written ${JSON.stringify(text)}`, [one], p.sign(one, text, body), body, refused("malformed_timestamp")));
  }
  const padded = `000${NOW}`;
  cases.push(kase("a timestamp with zeros before it, hashed as written", [one], p.sign(one, padded, body), body, ok(body, { key: p.key(body) })));
  cases.push(kase("milliseconds for seconds", [one], p.sign(one, NOW * 1000, body), body, refused("timestamp_in_future")));
  return cases;
}

/** The cases of a body whose envelope is known. */
export function envelope(p, required) {
  const [one] = p.secrets;
  const base = JSON.parse(p.body(NOW).utf8);
  const signed = (name, body, expect) => kase(name, [one], p.sign(one, NOW, body), body, expect);
  const without = (member) => utf8(JSON.stringify({ ...base, [member]: undefined }));
  const cases = required.map((m) => signed(`no ${m} in the body`, without(m), refused("malformed_envelope")));
  const swap = (id) => utf8(p.body(NOW).utf8.replace(/"id":"[^"]*"/, `"id":${id}`));
  cases.push(
    signed("a type that nobody has heard of", utf8(JSON.stringify({ ...base, type: "comet.sighted" })),
      ok(utf8(JSON.stringify({ ...base, type: "comet.sighted" })), { key: ["string", base.id] })),
    signed("an id that is an integer", swap("90071992547409931"), ok(swap("90071992547409931"), { key: ["integer", "90071992547409931"] })),
    signed("an id with an escape", swap('"\\u0065vt"'), ok(swap('"\\u0065vt"'), { key: ["string", "evt"] })),
    signed("an empty id", swap('""'), refused("malformed_envelope")),
    signed("an id that is a fraction", swap("1.5"), refused("malformed_envelope")),
    signed("an id that is null", swap("null"), refused("malformed_envelope")),
    signed("an id twice", swap('"a","id":"b"'), refused("malformed_envelope")),
  );
  const long = `"${"é".repeat(128)}"`;
  cases.push(signed("an id of 256 bytes", swap(long), ok(swap(long), { key: ["string", "é".repeat(128)] })));
  const longer = `"${"é".repeat(128)}x"`;
  cases.push(signed("an id of 257 bytes is known by its body", swap(longer), ok(swap(longer))));
  return cases;
}

export const iso = (time) => new Date(time * 1000).toISOString();
export const bodyId = (body) => ["string", JSON.parse(body.utf8).id];
export const HEX_CUTS = [1, 2, 32, 62, 63];
export const lists = (name) => (headers, f) => headers.map(([n, v]) => [n, n === name ? v.replace(/(?<=v1=)[^,]*/, f) : v]);
export const bare = (name, prefix = "") => (headers, f) =>
  headers.map(([n, v]) => [n, n === name ? prefix + f(v.slice(prefix.length)) : v]);

/** A provider with `t=…,v1=…` over `{t}.{body}`. */
export function fields(header, body) {
  return {
    secrets: ["whsec_one4e3ZKcDIgnKt", "whsec_two9m0Qz6s1Rr5u", "whsec_other7Yh2kLw8Bd"],
    signs: [[header, "missing_signature"]],
    truncations: HEX_CUTS,
    body: (time) => utf8(JSON.stringify(body(time))),
    key: bodyId,
    sign: (secret, time, b) => [[header, `t=${time},v1=${hex(secret, `${time}.`, bytes(b))}`]],
    withTime: (headers, text) => headers.map(([n, v]) => [n, v.replace(/^t=[^,]*/, `t=${text}`)]),
    retag: lists(header),
  };
}

export function fieldsOwn(p, header) {
  const [one, two, other] = p.secrets;
  const body = p.body(NOW);
  const tag = (secret, time = NOW) => hex(secret, `${time}.`, bytes(body));
  const k = (name, value, expect, secrets = [one]) => kase(name, secrets, [[header, value]], body, expect);
  const good = ok(body, { key: p.key(body) });
  return [
    k("capital hex", `t=${NOW},v1=${tag(one).toUpperCase()}`, good),
    k("the fields the other way round", `v1=${tag(one)},t=${NOW}`, good),
    k("two v1, the second matches", `t=${NOW},v1=${tag(other)},v1=${tag(one)}`, good),
    k("two v1, the first matches", `t=${NOW},v1=${tag(one)},v1=${tag(other)}`, good),
    k("two v1 and two secrets", `t=${NOW},v1=${tag(two)},v1=${tag(one)}`, good, [one, two]),
    k("a v0 beside it is passed over", `t=${NOW},v0=0123,v1=${tag(one)}`, good),
    k("only a v0", `t=${NOW},v0=${tag(one)}`, refused("malformed_signature")),
    k("16 v1", `t=${NOW},${`v1=${tag(other)},`.repeat(15)}v1=${tag(one)}`, good),
    k("17 v1", `t=${NOW},${`v1=${tag(other)},`.repeat(16)}v1=${tag(one)}`, refused("header_too_large")),
    k("17 v1 that are no hex, and no secret", `t=${NOW}${",v1=z".repeat(17)}`, refused("header_too_large"), []),
    k("17 fields of other names", `t=${NOW},${"x=1,".repeat(17)}v1=${tag(one)}`, good),
    k("a header of 2048 bytes", `t=${NOW},v1=${tag(one)},x=`.padEnd(2048, "1"), good),
    k("no t", `v1=${tag(one)}`, refused("missing_timestamp")),
    k("an empty t", `t=,v1=${tag(one)}`, refused("malformed_timestamp")),
    k("two t", `t=${NOW},t=${NOW},v1=${tag(one)}`, refused("malformed_signature")),
    k("two t, a stale one first", `t=1,t=${NOW},v1=${tag(one)}`, refused("malformed_signature")),
    k("a space after the comma", `t=${NOW}, v1=${tag(one)}`, refused("malformed_signature")),
    k("a comma at the end", `t=${NOW},v1=${tag(one)},`, refused("malformed_signature")),
    k("a field without a value", `t=${NOW},v1=${tag(one)},x`, refused("malformed_signature")),
    k("semicolons", `t=${NOW};v1=${tag(one)}`, refused("malformed_signature")),
    k("the bare tag", tag(one), refused("malformed_signature")),
    k("an empty header", "", refused("malformed_signature")),
  ];
}

