// The providers whose schemes are gone through to the last case: the three that the project was made
// for, Standard Webhooks, and those with published vectors that began the catalogue.
import { MADE_HERE, NOW, mac, hex, bytes, utf8, ok, refused, kase, at, common, timed, timeInHeader, envelope, iso, bodyId, HEX_CUTS, bare, fields, fieldsOwn } from "./cases.mjs";

export const files = {};

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

