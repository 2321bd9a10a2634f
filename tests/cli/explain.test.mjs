// Each fault that explain tells apart, made to good deliveries of several providers: signed by the
// senders of the harness or as published by vendors, never by the package that is under test.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { before, test } from "node:test";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";

import { senders } from "../harness/providers.mjs";
import { installation, NOW } from "./tool.mjs";

let explain;
before(async () => {
  ({ explain } = await installation());
});

const BODY = JSON.stringify({
  id: "evt_1",
  type: "post.published",
  created: new Date(NOW * 1000).toISOString(),
  created_at: new Date(NOW * 1000).toISOString(),
  data: { text: "Grüße/日本 <b>&\u2028", n: [1, 2.5, -3e2], empty: {}, none: [], nothing: null },
});

const hmac = (key, encoding, ...parts) => {
  const mac = createHmac("sha256", key);
  for (const part of parts) mac.update(part);
  return mac.digest(encoding);
};

/** Providers of four kinds: fields in one header, base64 with an id, a prefix, a bare tag. */
const PROVIDERS = {
  tinyposter: { secret: "whsec_5fd0b0aa94c3ee6c45fa67d3fbbd0c70", sign: (secret, body) => senders.tinyposter.headers({ secret, body, atS: NOW }) },
  tinysend: { secret: "8f4b2c1de9a03f5577bb21c0d4e6a981", sign: (secret, body) => senders.tinysend.headers({ secret, body, atS: NOW }) },
  letmepost: { secret: "lmp_91c2f7ab3d", sign: (secret, body) => senders.letmepost.headers({ secret, body, atS: NOW }) },
  "standard-webhooks": {
    secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    sign: (secret, body) => senders["standard-webhooks"].headers({ secret, body, atS: NOW, id: "msg_1" }),
  },
  github: { secret: "It's a Secret to Everybody", sign: (secret, body) => [["X-Hub-Signature-256", `sha256=${hmac(secret, "hex", body)}`]] },
  stripe: { secret: "whsec_test_4e3ZKcDIgnKt", sign: (secret, body) => [["Stripe-Signature", `t=${NOW},v1=${hmac(secret, "hex", `${NOW}.`, body)}`]] },
  shopify: { secret: "hush", sign: (secret, body) => [["X-Shopify-Hmac-Sha256", hmac(secret, "base64", body)]] },
};

/** A good delivery, as the options of verify. */
function delivery(provider, body = BODY) {
  const { secret, sign } = PROVIDERS[provider];
  return { provider, secret, headers: sign(secret, body), body, now: NOW };
}

const kinds = ({ findings }) => findings.map(({ kind }) => kind);
const signatureOf = (headers) => headers.findIndex(([name]) => /sig|hmac/i.test(name));

/** Holds explain to these kinds, all of them proven, and to what an explanation is. */
function proves(options, expected, evidence) {
  const found = explain(options);
  assert.deepEqual(kinds(found), expected, String(found));
  for (const one of found.findings) assert.equal(one.certainty, "proven", String(found));
  if (evidence) assert.match(found.findings.map((one) => one.evidence).join("\n"), evidence);
  holds(found, options);
  return found;
}

/** What is true of every explanation of a refusal. */
function holds(found, { secret, secrets = [secret], candidates = [] }) {
  assert.equal(found.ok, false);
  assert.deepEqual(Object.keys(found), ["ok", "code", "message", "findings", "tried", "complete"]);
  for (const one of found.findings) {
    assert.deepEqual(Object.keys(one), ["kind", "certainty", "evidence", "fix"]);
    assert.ok(one.evidence.length > 0 && one.fix.length > 0);
  }
  const text = String(found) + JSON.stringify(found);
  for (const one of [...secrets, ...candidates]) {
    if (typeof one === "string" && one.length >= 8) assert.ok(!text.includes(one), "a secret is shown");
  }
}

for (const provider of Object.keys(PROVIDERS)) {
  test(`${provider}: a good delivery is said to be one`, () => {
    const found = explain(delivery(provider));
    assert.deepEqual([found.ok, found.code, found.findings], [true, "ok", []]);
    assert.match(String(found), /^verified/);
  });

  test(`${provider}: a body that was parsed and written again`, () => {
    const good = delivery(provider);
    for (const [indent, evidence] of [[2, /compact/], [4, /compact/], ["\t", /compact/], [1, /compact/]]) {
      proves({ ...good, body: JSON.stringify(JSON.parse(BODY), null, indent) }, ["body_json"], evidence);
    }
    // The other way round: what was sent is the unusual one.
    const compact = JSON.stringify(JSON.parse(BODY));
    const sent = {
      "with a space after commas and colons": compact.replace(/(?<=["\d\]}l]),(?=["[{\d-])/g, ", ").replace(/":/g, '": '),
      "indented by 2 spaces": JSON.stringify(JSON.parse(BODY), null, 2),
      "indented by tabs": JSON.stringify(JSON.parse(BODY), null, "\t"),
      "with CRLF": JSON.stringify(JSON.parse(BODY), null, 2).replaceAll("\n", "\r\n"),
      "\\uXXXX": compact.replace(/[^\x00-\x7f]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`),
      "escaped slashes": compact.replaceAll("/", "\\/"),
      "<, > and & escaped": compact.replace(/[<>&\u2028]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`),
      "with a line end": `${compact}\n`,
    };
    for (const [name, body] of Object.entries(sent)) {
      assert.notEqual(body, compact, name);
      const found = explain({ ...delivery(provider, body), body: compact });
      assert.ok(["body_json", "body_white_space"].includes(kinds(found)[0]), `${name}: ${found}`);
      assert.equal(found.findings[0].certainty, "proven");
    }
  });

  test(`${provider}: a body that was parsed`, () => {
    const good = delivery(provider);
    proves({ ...good, body: JSON.parse(BODY) }, ["body_not_raw"], /an object/);
    proves({ ...good, body: Buffer.from(BODY).toJSON() }, ["body_not_raw"], /list of byte values/);
    proves({ ...good, body: Object.fromEntries(Buffer.from(BODY).entries()) }, ["body_not_raw"], /list of byte values/);
  });

  test(`${provider}: line ends, white space and byte order marks`, () => {
    const good = delivery(provider);
    proves({ ...good, body: `${BODY}\n` }, ["body_white_space"], /line end was added/);
    proves({ ...good, body: ` ${BODY}\r\n\r\n` }, ["body_white_space"], /added around/);
    proves({ ...good, body: `\ufeff${BODY}` }, ["body_encoding"], /byte order mark was added/);
    proves({ ...delivery(provider, `${BODY}\n`), body: BODY }, ["body_white_space"], /line end behind the body was taken off/);
    proves({ ...delivery(provider, `${BODY}\r\n`), body: BODY }, ["body_white_space"], /line end behind the body was taken off/);
    proves({ ...delivery(provider, `\ufeff${BODY}`), body: BODY }, provider === "tinysend" ? ["body_encoding", "timestamp_malformed"] : known(provider, "body_encoding"), /byte order mark before/);
    const lines = JSON.stringify(JSON.parse(BODY), null, 2);
    proves({ ...delivery(provider, lines), body: lines.replaceAll("\n", "\r\n") }, ["body_white_space"], /made CRLF/);
    proves({ ...delivery(provider, lines.replaceAll("\n", "\r\n")), body: lines }, ["body_white_space"], /made LF/);
  });

  test(`${provider}: a body in another charset`, () => {
    const good = delivery(provider);
    proves({ ...good, body: Buffer.from(BODY).toString("latin1") }, ["body_encoding"], /read as Latin-1/);
    proves({ ...delivery(provider, BODY.replace("ü", "€")), body: Buffer.from(BODY.replace("ü", "€")).toString("latin1").replace("â\x82¬", "â‚¬").replaceAll("\x9f", "Ÿ").replaceAll("\x97", "—").replaceAll("\x9c", "œ").replaceAll("\x80", "€") }, ["body_encoding"], /read as Windows-1252/);
    proves({ ...good, body: Buffer.from(BODY, "utf16le") }, ["body_encoding"], /UTF-16/);
    proves({ ...good, body: BODY.normalize("NFD") }, ["body_encoding"], /decomposed/);
  });

  test(`${provider}: a body that is wrapped or compressed`, () => {
    const good = delivery(provider);
    proves({ ...good, body: Buffer.from(BODY).toString("base64") }, ["body_wrapped"], /base64/);
    proves({ ...good, body: Buffer.from(BODY).toString("hex") }, ["body_wrapped"], /hex/);
    proves({ ...good, body: JSON.stringify(BODY) }, ["body_wrapped"], /JSON string/);
    proves({ ...good, body: JSON.stringify({ body: BODY, headers: {} }) }, ["body_wrapped"], /member body/);
    proves({ ...good, body: JSON.stringify(Buffer.from(BODY)) }, ["body_wrapped"], /Buffer that was written as JSON/);
    proves({ ...good, body: [...Buffer.from(BODY)].join(",") }, ["body_wrapped"], /list of byte values/);
    proves({ ...good, body: BODY.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;").replaceAll(">", "&gt;") }, ["body_wrapped"], /HTML/);
    for (const [format, compress] of Object.entries({ gzip: gzipSync, deflate: deflateSync, brotli: brotliCompressSync })) {
      proves({ ...good, body: compress(BODY) }, ["body_compressed"], new RegExp(format));
    }
  });

  test(`${provider}: white space, quotes and names around the secret`, () => {
    const good = delivery(provider);
    const { secret } = good;
    proves({ ...good, secret: `${secret}\n` }, ["secret_white_space"], /white space around/);
    proves({ ...good, secret: `\u00a0${secret}\u200b` }, ["secret_white_space"], /white space around/);
    proves({ ...good, secret: `${secret}\\n` }, ["secret_white_space"], /stands for a line end/);
    for (const quoted of [`"${secret}"`, `'${secret}'`, `“${secret}”`, `\`${secret}\``]) {
      proves({ ...good, secret: quoted }, ["secret_quotes"], /quotes around/);
    }
    proves({ ...good, secret: `${secret},` }, ["secret_quotes"], /punctuation/);
    proves({ ...good, secret: `WEBHOOK_SECRET=${secret}` }, ["secret_prefix"], /name of its variable/);
    proves({ ...good, secret: `export WEBHOOK_SECRET="${secret}"\n` }, ["secret_white_space", "secret_prefix", "secret_quotes"]);
    proves({ ...good, secret: `Bearer ${secret}` }, ["secret_prefix"], /label/);
  });

  test(`${provider}: the secret encoded once more, and several in one`, () => {
    const good = delivery(provider);
    const { secret } = good;
    proves({ ...good, secret: Buffer.from(secret).toString("base64") }, ["secret_encoding"], /base64 once more/);
    proves({ ...good, secret: Buffer.from(`${secret}\n`).toString("base64") }, ["secret_encoding", "secret_white_space"]);
    proves({ ...good, secret: Buffer.from(secret).toString("hex") }, ["secret_encoding"], /hex, where text is meant/);
    if (!secret.includes(" ")) {
      proves({ ...good, secret: `other_secret,${secret}` }, ["secret_joined"], /2 in one text; number 2/);
      proves({ ...good, secret: `${secret}${secret}` }, ["secret_joined"], /twice/);
    }
    proves({ ...good, secret: `%${secret.charCodeAt(0).toString(16)}${secret.slice(1)}` }, ["secret_encoding"], /URL/);
  });

  test(`${provider}: another secret among those given`, () => {
    const good = delivery(provider);
    const other = provider === "standard-webhooks" ? "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD" : "some other endpoint's";
    const found = proves({ ...good, secret: other, candidates: ["a third", good.secret] }, ["secret_other"], /candidates\[1\]/);
    assert.ok(!String(found).includes(other));
    proves({ ...good, secret: other, candidates: [`"${good.secret}"`] }, ["secret_other", "secret_quotes"]);
    proves({ ...good, secret: undefined, secrets: [...Array(9).fill(other), good.secret] }, ["secret_too_many"], /10 secrets; secret 10 matches/);
    // Without it there is nothing to prove.
    const lost = explain({ ...good, secret: other });
    assert.deepEqual(kinds(lost).slice(-1), ["unexplained"], String(lost));
    assert.ok(lost.findings.every(({ certainty }) => certainty === "likely"));
    holds(lost, { secret: other });
  });

  test(`${provider}: the secret and the signature swapped`, () => {
    const good = delivery(provider);
    const at = signatureOf(good.headers);
    const swapped = good.headers.map(([name, value], i) => [name, i === at ? good.secret : value]);
    const options = { ...good, secret: good.headers[at][1], headers: swapped };
    // Where a header must have a form, the secret may not even get that far; it is told all the same.
    const found = explain(options);
    assert.equal(kinds(found)[0], "secret_swapped", String(found));
    holds(found, options);
    assert.ok(!String(found).includes(good.secret));
  });

  test(`${provider}: header names that servers and gateways mangle`, () => {
    const good = delivery(provider);
    const renamed = (how) => good.headers.map(([name, value]) => [how(name), value]);
    proves({ ...good, headers: renamed((name) => `HTTP_${name.toUpperCase().replaceAll("-", "_")}`) }, ["header_renamed"], /HTTP_.* in place of/);
    proves({ ...good, headers: renamed((name) => name.replaceAll("-", "_")) }, ["header_renamed"]);
    proves({ ...good, headers: renamed((name) => `x-${name.replace(/^X-/i, "")}-`.slice(0, -1).replaceAll("-", "")) }, ["header_renamed"]);
    if (/^x-/i.test(good.headers[signatureOf(good.headers)][0])) proves({ ...good, headers: renamed((name) => name.replace(/^x-/i, "")) }, ["header_renamed"]);
    proves({ ...good, headers: good.headers.flat() }, ["option_invalid"], /rawHeaders/);
    proves({ ...good, headers: good.headers.map(([name, value]) => ({ name, value })) }, ["option_invalid"], /list of objects/);
  });

  test(`${provider}: headers doubled, joined and rewritten`, () => {
    const good = delivery(provider);
    const values = (how) => good.headers.map(([name, value]) => [name, how(value)]);
    proves({ ...good, headers: [...good.headers, ...good.headers] }, ["header_doubled"], /is there 2 times, with one value/);
    proves({ ...good, headers: values((value) => `${value}, ${value}`) }, ["header_doubled"], /several times/);
    proves({ ...good, headers: values((value) => ` ${value}`) }, ["header_rewritten"], /white space/);
    proves({ ...good, headers: values((value) => `"${value}"`) }, ["header_rewritten"], /quotes/);
    proves({ ...good, headers: values((value) => JSON.stringify([value])) }, ["header_rewritten"], /bracket or quotes/);
    proves({ ...good, headers: values((value) => encodeURIComponent(value).replace("a", "%61")) }, ["header_rewritten"], /escapes of a URL/);
    proves({ ...good, headers: good.headers.map(([name, value]) => [name, `${name}: ${value}`]) }, ["header_rewritten"], /its own name/);
    const at = signatureOf(good.headers);
    const wrong = [...good.headers, [good.headers[at][0], good.headers[at][1].replace(/[0-9a-f](?=.{3}$)/, (c) => (c === "0" ? "1" : "0")).replace(/[A-Z](?=.{9}$)/, "_")]];
    const found = explain({ ...good, headers: wrong });
    assert.equal(kinds(found)[0], "header_doubled", String(found));
  });

  test(`${provider}: a signature of which a part arrived`, () => {
    const good = delivery(provider);
    const at = signatureOf(good.headers);
    const cut = (how) => good.headers.map(([name, value], i) => [name, i === at ? how(value) : value]);
    const found = proves({ ...good, headers: cut((value) => value.slice(0, -20)) }, ["header_truncated"], /the end is missing/);
    const tag = good.headers[at][1].split(/[=,](?=[^=])/).at(-1);
    assert.ok(!JSON.stringify(found).includes(tag.slice(0, 12)), "the signature is not repeated");
    // Three characters agree by chance too often to prove anything.
    const short = explain({ ...good, headers: cut((value) => value.slice(0, value.length - tag.length + 3)) });
    assert.ok(!kinds(short).includes("header_truncated"), String(short));
  });

  test(`${provider}: the wrong provider`, () => {
    const good = delivery(provider);
    const wrong = provider === "slack" ? "github" : "slack";
    const found = proves({ ...good, provider: wrong }, ["provider_wrong"]);
    assert.match(found.findings[0].evidence, new RegExp(`\\b${provider}\\b`));
    const misspelt = explain({ ...good, provider: `${provider.slice(0, -1)}z` });
    assert.equal(misspelt.code, "unknown_provider");
    assert.equal(kinds(misspelt)[0], "provider_wrong", String(misspelt));
  });

  test(`${provider}: two faults at once`, () => {
    const good = delivery(provider);
    proves({ ...good, secret: `${good.secret}\n`, body: `${BODY}\n` }, ["secret_white_space", "body_white_space"]);
    proves({ ...good, headers: [...good.headers, ...good.headers], body: JSON.stringify(JSON.parse(BODY), null, 2) }, ["header_doubled", "body_json"]);
    proves({ ...good, provider: "slack", body: `${BODY}\n` }, ["provider_wrong", "body_white_space"]);
    proves({ ...good, headers: good.headers.map(([name, value]) => [name.replaceAll("-", "_"), value]), secret: `"${good.secret}"` }, ["secret_quotes", "header_renamed"]);
  });
}

/** A provider whose envelope is known goes on to look at it. */
function known(provider, kind) {
  return ["tinyposter", "letmepost"].includes(provider) ? [kind, "envelope"] : [kind];
}

for (const provider of ["tinyposter", "letmepost", "standard-webhooks", "stripe"]) {
  test(`${provider}: the clock`, () => {
    const good = delivery(provider);
    proves({ ...good, now: NOW - 301 }, ["clock"], /5 min 1 s \(301 s\) after the receiver's/);
    const old = explain({ ...good, now: NOW + 100_000 });
    assert.deepEqual([old.code, kinds(old)[0]], ["timestamp_too_old", "late"]);
    assert.match(old.findings[0].evidence, /1 d 3 h \(100000 s\) before/);
    assert.equal(old.findings[0].certainty, "proven");
    proves({ ...good, now: NOW + 250, tolerance: 60 }, ["tolerance_too_small"], /beyond the 60 s given/);
    const zone = explain({ ...good, now: NOW + 2 * 3600 + 3 });
    assert.deepEqual(zone.findings.map(({ kind, certainty }) => [kind, certainty]), [["late", "proven"], ["clock", "likely"]]);
    assert.match(zone.findings[1].evidence, /time zone \(-2 h\)/);
    const milliseconds = explain({ ...good, now: NOW * 1000 });
    assert.deepEqual([milliseconds.code, kinds(milliseconds)], ["invalid_option", ["option_invalid"]]);
    assert.match(milliseconds.findings[0].evidence, /milliseconds/);
  });
}

test("milliseconds where seconds are meant", () => {
  const { secret } = PROVIDERS.tinyposter;
  const headers = senders.tinyposter.headers({ secret, body: BODY, atS: `${NOW}000` });
  proves({ provider: "tinyposter", secret, headers, body: BODY, now: NOW }, ["timestamp_unit"], /milliseconds, read as seconds/);
});

test("a secret that is text where base64 is meant, and the other way round", () => {
  const good = delivery("standard-webhooks");
  const key = Buffer.from("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "base64");
  const proven = (secret, evidence) => proves({ ...good, secret }, ["secret_encoding"], evidence);
  proven(key.toString("hex"), /hex, where base64 is meant/);
  const other = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
  const signedByIt = PROVIDERS["standard-webhooks"].sign(other, BODY);
  proves({ ...good, headers: signedByIt, secret: other.replace("+", "-") }, ["secret_encoding"], /URL's alphabet/);
  // Key bytes that are characters, as in senders that do not decode.
  const text = "a plain text secret";
  const headers = PROVIDERS["standard-webhooks"].sign(`whsec_${Buffer.from(text).toString("base64")}`, BODY);
  // Some providers of this form take the secret so, and are named before it is said to be wrong.
  const found = proves({ ...good, headers, secret: text }, ["provider_wrong"], /polar-raw/);
  assert.match(found.findings[0].fix, /If it is standard-webhooks that sends: The secret is text, where base64 is meant/);
});

test("a prefix too many, too few, or another", () => {
  const good = delivery("tinyposter");
  proves({ ...good, secret: good.secret.slice("whsec_".length) }, ["secret_prefix"], /lacks its prefix/);
  const plain = { ...delivery("tinysend") };
  proves({ ...plain, secret: `whsec_${plain.secret}` }, ["secret_prefix"], /not part of it/);
  const supabase = { ...delivery("standard-webhooks") };
  const found = proves({ ...supabase, secret: `v1,${supabase.secret}` }, ["provider_wrong"], /supabase/);
  assert.match(found.findings[0].fix, /begins with v1,whsec_/);
});

test("a key of bytes, where the secret's text is taken", () => {
  const key = Buffer.from("ff00fe01a7c3d2e1f0998877665544332211", "hex");
  const headers = [["X-Hub-Signature-256", `sha256=${hmac(key, "hex", BODY)}`]];
  const options = { provider: "github", headers, body: BODY, now: NOW };
  proves({ ...options, secret: key.toString("hex") }, ["secret_encoding"], /bytes that its hex stands for/);
  proves({ ...options, secret: key.toString("base64") }, ["secret_encoding"], /bytes that its base64 stands for/);
});

test("forms that were decoded", () => {
  const { secret, sign } = PROVIDERS.github;
  const payload = JSON.stringify({ action: "opened", title: "a b+c & ünï ~*'()!" });
  const encoders = {
    URLSearchParams: (text) => new URLSearchParams({ payload: text }).toString(),
    encodeURIComponent: (text) => `payload=${encodeURIComponent(text)}`,
    "RFC 3986": (text) => `payload=${encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)}`,
  };
  for (const [name, encode] of Object.entries(encoders)) {
    const body = encode(payload);
    const options = { provider: "github", secret, headers: sign(secret, body), now: NOW };
    proves({ ...options, body: payload }, ["body_form"], /field payload/);
    proves({ ...options, body: JSON.stringify({ payload }) }, ["body_form"], /parsed, and written as JSON/);
    assert.ok(kinds(explain({ ...options, body: decodeURIComponent(body.replaceAll("+", "%20")) }))[0] === "body_form", name);
  }
});

test("Slack's own example, as a form that was parsed", () => {
  const file = JSON.parse(readFileSync(new URL("../vectors/slack.json", import.meta.url), "utf8"));
  const published = file.cases.find(({ body }) => body.utf8?.startsWith("token="));
  assert.ok(published, "the published vector");
  const { secrets, headers, body, now } = published;
  const parsed = JSON.stringify(Object.fromEntries(new URLSearchParams(body.utf8)));
  proves({ provider: "slack", secrets, headers, body: parsed, now }, ["body_form"], /parsed/);
});

test("the URL and the method, where they are signed", () => {
  const url = "https://example.com/webhooks/square";
  const secret = "asdf1234";
  const body = '{"hello":"world"}';
  const square = (signed, given) => ({
    provider: "square",
    secret,
    headers: [["x-square-hmacsha256-signature", hmac(secret, "base64", signed, body)], ["Host", "internal:8080"], ["X-Forwarded-Host", "example.com"]],
    body,
    now: NOW,
    method: "POST",
    url: given,
  });
  assert.equal(explain(square(url, url)).ok, true);
  proves(square(url, "http://example.com/webhooks/square"), ["target_wrong"], /scheme is https, not http/);
  proves(square(url, "https://internal:8080/webhooks/square"), ["target_wrong"], /host is example.com, not internal:8080/);
  proves(square(url, `${url}/`), ["target_wrong"], /does not end in a slash/);
  proves(square(url, `${url}?debug=1`), ["target_wrong"], /no query/);
  const stamp = String(NOW * 1000);
  const hubspot = {
    provider: "hubspot",
    secret,
    headers: [["X-HubSpot-Signature-v3", hmac(secret, "base64", `POST${url}${body}${stamp}`)], ["X-HubSpot-Request-Timestamp", stamp]],
    body,
    now: NOW,
    url,
  };
  assert.equal(explain({ ...hubspot, method: "POST" }).ok, true);
  proves({ ...hubspot, method: "GET" }, ["target_wrong"], /over the method POST/);
});

test("what cannot be proven is said to be likely", () => {
  const good = delivery("github");
  const signs = (options, kind, evidence) => {
    const found = explain({ ...good, ...options });
    const one = found.findings.find((finding) => finding.kind === kind);
    assert.ok(one, `${kind}: ${found}`);
    assert.equal(one.certainty, "likely");
    if (evidence) assert.match(one.evidence, evidence);
    holds(found, { ...good, ...options });
  };
  signs({ body: "" }, "body_empty");
  signs({ body: undefined }, "body_empty");
  signs({ body: "[object Object]" }, "body_not_raw");
  signs({ body: Promise.resolve(BODY) }, "body_not_raw", /Promise/);
  signs({ body: BODY.replace("ü", "\ufffd") }, "body_encoding", /replacement characters/);
  signs({ body: BODY.slice(0, -5), headers: [...good.headers, ["Content-Length", "200"], ["Content-Type", "application/json"]] }, "body_changed", /Content-Length says 200/);
  signs({ secret: undefined }, "secret_missing");
  signs({ secret: "process.env.WEBHOOK_SECRET" }, "secret_placeholder");
  signs({ secret: "whsec_your_secret_here" }, "secret_placeholder");
  signs({ secret: "sk_live_4e3ZKcDIgnKt" }, "secret_malformed", /API key/);
  signs({ secret: "-----BEGIN PUBLIC KEY-----\nMCow" }, "secret_malformed", /PEM/);
  signs({ headers: [] }, "header_missing", /no headers at all/);
  signs({ headers: [["X-Hub-Signature", `sha1=${"0".repeat(40)}`]] }, "header_missing", /X-Hub-Signature/);
  signs({ headers: [], method: "GET", url: "https://example.com/?hub.challenge=1", body: "" }, "handshake");
  signs({ headers: [["Stripe-Signature", `t=${NOW},v1=${"0".repeat(64)}`]] }, "provider_wrong", /stripe/);
  const sorted = { a: 1, b: 2, c: 3, d: 4, e: 5, f: 6, g: 7, h: { i: 1, j: 2 } };
  signs({ body: JSON.stringify(sorted) }, "body_json", /alphabetical order/);
});

test("options that verify refuses are explained, and nothing is thrown", () => {
  const hostile = new Proxy({}, { get: () => { throw new Error("no"); }, ownKeys: () => { throw new Error("no"); } });
  const good = delivery("github");
  for (const options of [undefined, null, 1, "x", [], {}, hostile, { ...good, headers: hostile }, { ...good, body: hostile }, { ...good, secret: hostile }, { ...good, tolerence: 1 }, { ...good, provider: 7 }, { ...good, secrets: ["a"] }, { ...good, candidates: "x" }, { ...good, headers: 5, body: 5, secret: 5 }]) {
    const found = explain(options);
    assert.equal(typeof found.code, "string");
    assert.ok(found.ok || found.findings.length > 0, found.code);
    assert.equal(typeof String(found), "string");
  }
  assert.match(explain({ ...good, tolerence: 1 }).findings[0].evidence, /tolerence/);
});

test("large bodies take a bounded effort, and say if not all was tried", () => {
  const records = Array.from({ length: 9000 }, (_, id) => ({ id, name: `näme ${id}`, url: `https://example.com/${id}` }));
  const body = JSON.stringify({ id: "evt_1", records });
  const good = delivery("github", body);
  proves({ ...good, body: JSON.stringify(JSON.parse(body), null, 1) }, ["body_json"]);
  const found = explain({ ...good, body: body.replace("evt_1", "evt_2") });
  assert.deepEqual([kinds(found).at(-1), found.complete], ["unexplained", false]);
  assert.match(String(found), /not all there are/);
  const tooLarge = explain({ ...good, body: "x".repeat(2_000_000) });
  assert.equal(tooLarge.findings[0].kind, "body_too_large");
});
