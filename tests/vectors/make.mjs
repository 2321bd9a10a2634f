// Writes the vector files beside it: `node tests/vectors/make.mjs`.
//
// Independent of our own code: every tag is made here with Node's crypto, from what the providers
// document. `published_by` says whose a tag is: a vendor's, copied and checked, or "made here".
import { createHash, createHmac } from "node:crypto";
import { writeFileSync } from "node:fs";

const MADE_HERE = "made here with Node's crypto, from the provider's description";
const NOW = 1700000000;
const RETENTION_S = 96 * 3600;

const mac = (key, ...parts) => {
  const hmac = createHmac("sha256", key);
  for (const part of parts) hmac.update(part);
  return hmac.digest();
};
const hex = (key, ...parts) => mac(key, ...parts).toString("hex");
const storedKey = (source, kind, value) => {
  const hash = createHash("sha256");
  for (const part of [source, kind, value].map((p) => Buffer.from(p))) {
    const length = Buffer.alloc(8);
    length.writeBigUInt64BE(BigInt(part.length));
    hash.update(length).update(part);
  }
  return hash.digest("hex");
};
const bytes = (body) =>
  "utf8" in body ? Buffer.from(body.utf8) : "base64" in body ? Buffer.from(body.base64, "base64")
    : Buffer.from(body.repeat.repeat(body.count));
const utf8 = (text) => ({ utf8: text });

/** What a good case expects; `key` is [kind, value], or the hash of the body. */
const ok = (body, { secret = 0, freshness = "fresh", timestamp = NOW, key } = {}) => {
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
const refused = (error) => ({ error });

/** One case; what is not given is the same in most. */
const kase = (name, secrets, headers, body, expect, more = {}) => ({
  name, secrets, headers, body, now: NOW, store: null, tolerance_s: null, ...more, expect,
});
const at = (now) => ({ now });
const LOSSLESS = { store: { remembers_since: null } };

/**
 * The cases that every provider has.
 *
 * `p.sign(secret, time, body)` gives the headers; `p.body(time)` a body as the provider writes it;
 * `p.key(body)` the event key's [kind, value]; `p.time` is false for a scheme without a time;
 * `p.retag(headers, f)` changes the tag.
 */
function common(p) {
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
function timed(p, { tolerance = 300, horizon }) {
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
function timeInHeader(p) {
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
function envelope(p, required) {
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

const iso = (time) => new Date(time * 1000).toISOString();
const bodyId = (body) => ["string", JSON.parse(body.utf8).id];
const HEX_CUTS = [1, 2, 32, 62, 63];
const lists = (name) => (headers, f) => headers.map(([n, v]) => [n, n === name ? v.replace(/(?<=v1=)[^,]*/, f) : v]);
const bare = (name, prefix = "") => (headers, f) =>
  headers.map(([n, v]) => [n, n === name ? prefix + f(v.slice(prefix.length)) : v]);

/** A provider with `t=…,v1=…` over `{t}.{body}`. */
function fields(header, body) {
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

function fieldsOwn(p, header) {
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

const files = {};

{
  const header = "X-Tinyposter-Signature";
  const p = fields(header, (time) => ({
    id: "evt_3kTMd0Lq", type: "post.published", created: `${iso(time).slice(0, 19)}.123Z`,
    data: { post: { id: "post_91", status: "published", text: "hello – wörld", platforms: ["x", "bluesky"] } },
  }));
  files.tinyposter = {
    published_by: MADE_HERE,
    cases: [...common(p), ...timed(p, { horizon: 36 * 3600 }), ...timeInHeader(p), ...fieldsOwn(p, header), ...envelope(p, ["id", "type"])],
  };
}
{
  const header = "X-Letmepost-Signature";
  const p = fields(header, (time) => ({
    id: "evt_7Qp2", type: "post.published", createdAt: iso(time), organizationId: "org_1", data: { post_id: "p1" },
  }));
  files["letmepost-v1"] = {
    published_by: MADE_HERE,
    cases: [...common(p), ...timed(p, { horizon: 12 * 3600 }), ...timeInHeader(p), ...fieldsOwn(p, header), ...envelope(p, ["id", "type"])],
  };
}
{
  const [signature, timestamp] = ["X-LMP-Signature", "X-LMP-Timestamp"];
  const p = {
    secrets: ["lmp_one_4e3ZKcDIgnKt", "lmp_two_9m0Qz6s1Rr5u", "lmp_other_7Yh2kLw8Bd"],
    signs: [[signature, "missing_signature"], [timestamp, "missing_timestamp"]],
    truncations: HEX_CUTS,
    body: () => utf8(JSON.stringify({ id: "8f0c", type: "post.published", status: "published", error: null, request_id: "req_55" })),
    key: bodyId,
    sign: (secret, time, b) => [[signature, hex(secret, `${time}.`, bytes(b))], [timestamp, String(time)]],
    withTime: (headers, text) => headers.map(([n, v]) => [n, n === timestamp ? text : v]),
    retag: bare(signature),
  };
  const [one] = p.secrets;
  const body = p.body();
  // A tag over `{t}.{body}` is also the tag over the body `t.{body}`: the three formats are never guessed.
  const shifted = utf8(`${NOW}.${body.utf8}`);
  const sibling = (name, value) => kase(name, [one], [["X-Letmepost-Signature", value]], body, refused("missing_signature"));
  files.letmepost = {
    published_by: MADE_HERE,
    cases: [
      ...common(p), ...timed(p, { horizon: 12 * 3600 }), ...timeInHeader(p), ...envelope(p, ["id"]),
      kase("capital hex", [one], p.retag(p.sign(one, NOW, body), (t) => t.toUpperCase()), body, ok(body, { key: p.key(body) })),
      kase("the time moved into the body", [one], p.sign(one, NOW, body), shifted, refused("signature_mismatch")),
      sibling("the headers of letmepost-v1", `t=${NOW},v1=${hex(one, `${NOW}.`, body.utf8)}`),
      sibling("the headers of letmepost-body", `sha256=${hex(one, body.utf8)}`),
    ],
  };
}

/** A provider whose body is signed alone and carries the time in a member. */
function datedBody(header, prefix, secrets, member, rest) {
  return {
    secrets, signs: [[header, "missing_signature"]], truncations: HEX_CUTS,
    body: (time) => utf8(JSON.stringify({ ...rest, [member]: iso(time) })),
    key: bodyId,
    sign: (secret, _, b) => [[header, prefix + hex(secret, bytes(b))]],
    retag: bare(header, prefix),
  };
}

function datedBodyOwn(p, member) {
  const [one, , other] = p.secrets;
  const base = JSON.parse(p.body(NOW).utf8);
  const signed = (name, body, expect, secret = one) => kase(name, [one], p.sign(secret, NOW, body), body, expect);
  const dated = (value) => utf8(JSON.stringify({ ...base, [member]: value }));
  const good = (value) => ok(dated(value), { key: ["string", base.id] });
  const escaped = utf8(dated("2023-11-14T23:43:20+01:30").utf8.replace("+01", "\\u002B01"));
  return [
    signed(`no ${member}`, dated(undefined), refused("missing_timestamp")),
    signed(`no ${member}, and forged`, dated(undefined), refused("signature_mismatch"), other),
    signed("a body that is not JSON", utf8("not json"), refused("missing_timestamp")),
    signed("an empty body", utf8(""), refused("missing_timestamp")),
    signed(`a ${member} in Unix seconds`, dated(NOW), refused("malformed_timestamp")),
    signed(`a ${member} without a zone`, dated("2023-11-14T22:13:20"), refused("malformed_timestamp")),
    signed(`a ${member} of no calendar`, dated("2023-11-31T22:13:20Z"), refused("malformed_timestamp")),
    signed(`a ${member} with an offset`, dated("2023-11-14T23:43:20+01:30"), good("2023-11-14T23:43:20+01:30")),
    signed(`a ${member} with an offset to the west`, dated("2023-11-14T20:43:20-01:30"), good("2023-11-14T20:43:20-01:30")),
    signed(`a ${member} with an escape`, escaped, ok(escaped, { key: ["string", base.id] })),
    signed(`a ${member} in JSON that breaks off`, utf8(dated(iso(NOW)).utf8.slice(0, -1)), refused("missing_timestamp")),
    signed(`a ${member} with nanoseconds`, dated("2023-11-14T22:13:20.999999999Z"), good("2023-11-14T22:13:20.999999999Z")),
    signed(`two ${member}`, utf8(dated(iso(NOW)).utf8.replace(/}$/, `,"${member}":"${iso(NOW)}"}`)), refused("malformed_timestamp")),
    signed(`a ${member} only in data`, utf8(JSON.stringify({ id: base.id, type: base.type, data: { [member]: iso(NOW) } })), refused("missing_timestamp")),
  ];
}

{
  const p = datedBody("X-Tinysend-Signature", "", ["tsend_one_4e3ZKcDI", "tsend_two_9m0Qz6s1", "tsend_other_7Yh2kL"], "created_at",
    { id: "01jx3kd0v9", type: "email.delivered", data: { post_id: "p_1", list_id: "l_2", subject: "Grüße" } });
  const body = p.body(NOW);
  files.tinysend = {
    published_by: MADE_HERE,
    cases: [
      ...common(p), ...timed(p, { horizon: 24 * 3600 }), ...datedBodyOwn(p, "created_at"), ...envelope(p, ["id", "type"]),
      kase("capital hex", [p.secrets[0]], p.retag(p.sign(p.secrets[0], NOW, body), (t) => t.toUpperCase()), body, ok(body, { key: p.key(body) })),
      kase("a prefix that is another scheme's", [p.secrets[0]], p.retag(p.sign(p.secrets[0], NOW, body), (t) => `sha256=${t}`), body, refused("malformed_signature")),
      kase("a fresh delivery id changes nothing", [p.secrets[0]], [...p.sign(p.secrets[0], NOW, body), ["X-Tinysend-Delivery-Id", "dlv_2"]], body, ok(body, { key: p.key(body) })),
    ],
  };
}
{
  const p = datedBody("X-Letmepost-Signature", "sha256=", ["lmpb_one_4e3ZKcDI", "lmpb_two_9m0Qz6s1", "lmpb_other_7Yh2kL"], "createdAt",
    { id: "evt_0b", type: "token.expiring", organizationId: "org_1", data: { account: "a" } });
  const body = p.body(NOW);
  files["letmepost-body"] = {
    published_by: MADE_HERE,
    cases: [
      ...common(p), ...timed(p, { horizon: 12 * 3600 }), ...datedBodyOwn(p, "createdAt"), ...envelope(p, ["id", "type"]),
      kase("without the prefix", [p.secrets[0]], [["X-Letmepost-Signature", hex(p.secrets[0], body.utf8)]], body, refused("malformed_signature")),
      kase("the prefix in capitals", [p.secrets[0]], [["X-Letmepost-Signature", `SHA256=${hex(p.secrets[0], body.utf8)}`]], body, refused("malformed_signature")),
    ],
  };
}

/** Standard Webhooks under either spelling. */
function standard(prefix) {
  const [idName, timeName, signatureName] = ["id", "timestamp", "signature"].map((n) => `${prefix}-${n}`);
  const keyOf = (secret) => Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const id = "msg_2Lh9KRb0pzN4LePd3XiA4v";
  const p = {
    secrets: ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", "whsec_ODE1Y2Q3ZGI4ZTU5NDFhZmE4YTQ1Yjk1"],
    signs: [[idName, "missing_id"], [timeName, "missing_timestamp"], [signatureName, "missing_signature"]],
    truncations: [2, 3, 4, 40, 42],
    body: () => utf8('{"event_type":"ping","data":{"success":true}}'),
    key: () => ["header", id],
    sign: (secret, time, b, msg = id) => [
      [idName, msg], [timeName, String(time)],
      [signatureName, `v1,${mac(keyOf(secret), `${msg}.${time}.`, bytes(b)).toString("base64")}`],
    ],
    withTime: (headers, text) => headers.map(([n, v]) => [n, n === timeName ? text : v]),
    retag: bare(signatureName, "v1,"),
  };
  const [one, two, other] = p.secrets;
  const body = p.body();
  const good = ok(body, { key: p.key() });
  const tag = (secret) => p.sign(secret, NOW, body)[2][1];
  const signature = (name, value, expect, secrets = [one]) =>
    kase(name, secrets, [...p.sign(one, NOW, body).slice(0, 2), [signatureName, value]], body, expect);
  const withId = (name, msg, expect) => kase(name, [one], p.sign(one, NOW, body, msg), body, expect);
  const [, , ...rest] = p.sign(one, NOW, body);
  return [
    ...common(p), ...timed(p, { horizon: 300 }), ...timeInHeader(p),
    kase("a secret without its prefix", [one.slice(6)], p.sign(one, NOW, body), body, good),
    kase("a secret that is not base64", ["whsec_not base64!"], p.sign(one, NOW, body), body, refused("malformed_secret")),
    kase("a secret that is only a prefix", ["whsec_"], p.sign(one, NOW, body), body, refused("malformed_secret")),
    kase("a secret in the URL's alphabet", ["whsec_C2FVsBQIhrscChlQIMV-b5sSYspob7oD"], p.sign(two, NOW, body), body, refused("malformed_secret")),
    signature("no padding", tag(one).replace("=", ""), good),
    signature("too much padding", `${tag(one)}=`, refused("malformed_signature")),
    signature("two signatures, the second matches", `${tag(other)} ${tag(one)}`, good),
    signature("two signatures and two secrets", `${tag(two)} ${tag(one)}`, good, [one, two]),
    signature("a v1a beside it is passed over", `v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw0enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg== ${tag(one)}`, good),
    signature("only a v1a", "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw0enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==", refused("malformed_signature")),
    signature("16 signatures", `${`${tag(other)} `.repeat(15)}${tag(one)}`, good),
    signature("17 signatures", `${`${tag(other)} `.repeat(16)}${tag(one)}`, refused("header_too_large")),
    signature("17 signatures that are no base64, and no secret", "v1,! ".repeat(17).trim(), refused("header_too_large"), []),
    signature("padding and no tag", "v1,==", refused("malformed_signature")),
    signature("an entry without its version", tag(one).slice(3), refused("malformed_signature")),
    signature("two spaces between two signatures", `${tag(one)}  ${tag(one)}`, refused("malformed_signature")),
    signature("an empty header", "", refused("malformed_signature")),
    withId("another id under the same form", "msg_other", ok(body, { key: ["header", "msg_other"] })),
    withId("an id with a full stop", "msg.1", refused("malformed_id")),
    withId("an empty id", "", refused("malformed_id")),
    withId("an id of 256 bytes", "m".repeat(256), ok(body, { key: ["header", "m".repeat(256)] })),
    withId("an id of 257 bytes", "m".repeat(257), refused("malformed_id")),
    kase("the id changed under the same tag", [one], [[idName, "msg_other"], [timeName, String(NOW)], ...rest], body, refused("signature_mismatch")),
    kase("a body that is not UTF-8", [one], p.sign(one, NOW, { base64: "/wD+gA==" }), { base64: "/wD+gA==" }, ok(body, { key: p.key() })),
    kase("an empty body", [one], p.sign(one, NOW, utf8("")), utf8(""), good),
  ];
}
{
  const published = kase("the specification's own", ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
    [["webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"], ["webhook-timestamp", "1614265330"], ["webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="]],
    utf8('{"test": 2432232314}'), ok(utf8(""), { timestamp: 1614265330, key: ["header", "msg_p5jXN8AQM9LWM0D4loKWxJek"] }), at(1614265330));
  published.published_by = "the Standard Webhooks libraries";
  const mixed = kase("headers of two spellings mixed", published.secrets,
    [["webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"], ["svix-timestamp", "1614265330"], ["webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="]],
    published.body, refused("missing_timestamp"), at(1614265330));
  files["standard-webhooks"] = {
    published_by: MADE_HERE,
    cases: [published, mixed, ...standard("webhook"), ...standard("svix").map((c) => ({ ...c, name: `svix- spelling: ${c.name}` })).filter((c) => !/no headers|no svix-signature/.test(c.name))],
  };
  const plain = standard("webhook").find((c) => c.name === "good");
  const branded = standard("svix").find((c) => c.name === "good");
  const stale = branded.headers.map(([n, v]) => [n, n === "svix-timestamp" ? "1" : v]);
  files.svix = {
    published_by: MADE_HERE,
    cases: [
      ...standard("svix"),
      { ...plain, name: "the webhook- spelling" },
      { ...plain, name: "both spellings", headers: [...plain.headers, ...branded.headers] },
      { ...plain, name: "both spellings, and the svix- one is forged", headers: [...plain.headers, ...stale], expect: refused("signature_mismatch") },
    ],
  };
}
{
  const header = "X-Hub-Signature-256";
  const p = {
    secrets: ["It's a Secret to Everybody", "second secret", "other secret"],
    signs: [[header, "missing_signature"]], truncations: HEX_CUTS, json: false,
    defaults: { freshness: "untimed", timestamp: null },
    body: () => utf8("Hello, World!"), key: () => undefined,
    sign: (secret, _, b) => [[header, `sha256=${hex(secret, bytes(b))}`]],
    retag: bare(header, "sha256="),
  };
  const withId = utf8('{"id":1,"action":"opened"}');
  const largest = { repeat: "a", count: 1024 * 1024 };
  const [long, longest] = ["long secret ".repeat(8).trim(), "s".repeat(512)];
  const rfc = (name, key, body, tag) => ({
    ...kase(name, [key], [[header, `sha256=${tag}`]], body, ok(body, p.defaults)), published_by: "RFC 4231",
  });
  const good = { ...kase("GitHub's own", [p.secrets[0]], [[header, "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"]], p.body(), ok(p.body(), p.defaults)), published_by: "GitHub" };
  files.github = {
    published_by: MADE_HERE,
    cases: [
      good, ...common(p),
      rfc("RFC 4231, test case 1", "\u000b".repeat(20), utf8("Hi There"), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
      rfc("RFC 4231, test case 2", "Jefe", utf8("what do ya want for nothing?"), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
      rfc("RFC 4231, test case 4", Buffer.from([...Array(25).keys()].map((i) => i + 1)).toString(), { base64: Buffer.alloc(50, 0xcd).toString("base64") }, "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"),
      kase("a body with an id, which is the repository's or anybody's", [p.secrets[0]], p.sign(p.secrets[0], NOW, withId), withId, ok(withId, p.defaults)),
      kase("a body of exactly the cap", [p.secrets[0]], p.sign(p.secrets[0], NOW, largest), largest, ok(largest, p.defaults)),
      kase("a secret longer than a block of the hash", [long], p.sign(long, NOW, p.body()), p.body(), ok(p.body(), p.defaults)),
      kase("a secret of 512 bytes", [longest], p.sign(longest, NOW, p.body()), p.body(), ok(p.body(), p.defaults)),
      kase("a secret of 513 bytes", [`${longest}x`], p.sign(longest, NOW, p.body()), p.body(), refused("malformed_secret")),
      kase("the older SHA-1 header alone", [p.secrets[0]], [["X-Hub-Signature", `sha1=${"0".repeat(40)}`]], p.body(), refused("missing_signature")),
    ],
  };
}
{
  const [signature, timestamp] = ["X-Slack-Signature", "X-Slack-Request-Timestamp"];
  const p = {
    secrets: ["8f742231b10e8888abcd99yyyzzz85a5", "b10e88888f742231abcd99yyyzzz85a5", "0000"],
    signs: [[signature, "missing_signature"], [timestamp, "missing_timestamp"]],
    truncations: HEX_CUTS,
    body: () => utf8('{"type":"event_callback","event_id":"Ev08MFMKH6","event":{"type":"reaction_added"}}'),
    key: () => ["string", "Ev08MFMKH6"],
    sign: (secret, time, b) => [[signature, `v0=${hex(secret, `v0:${time}:`, bytes(b))}`], [timestamp, String(time)]],
    withTime: (headers, text) => headers.map(([n, v]) => [n, n === timestamp ? text : v]),
    retag: bare(signature, "v0="),
  };
  const form = utf8("token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c");
  const published = { ...kase("Slack's own", [p.secrets[0]], [[signature, "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"], [timestamp, "1531420618"]], form, ok(form, { timestamp: 1531420618 }), at(1531420618)), published_by: "Slack" };
  files.slack = { published_by: MADE_HERE, cases: [published, ...common(p), ...timed(p, { horizon: 300 }), ...timeInHeader(p)] };
}
files["no-such-provider"] = {
  published_by: MADE_HERE,
  cases: [kase("a provider that is in no catalogue", ["secret"], [["X-Signature", "00"]], utf8("{}"), refused("unknown_provider"))],
};

for (const [provider, file] of Object.entries(files)) {
  const cases = file.cases.map((c) => `  ${JSON.stringify(c)}`).join(",\n");
  const { published_by } = file;
  writeFileSync(new URL(`${provider}.json`, import.meta.url),
    `{ "provider": ${JSON.stringify(provider)}, "published_by": ${JSON.stringify(published_by)}, "retention_s": ${RETENTION_S}, "cases": [\n${cases}\n] }\n`);
}
