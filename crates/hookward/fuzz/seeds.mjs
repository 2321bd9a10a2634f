// Writes what the fuzzer starts from, into `seeds` beside this file or the folder given: requests of
// every provider out of tests/vectors, and a few inputs by hand for the other targets.
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const out = process.argv[2] ?? here("seeds");
const vectors = here("../../../tests/vectors");
const counts = {};

function seed(target, ...lines) {
  counts[target] = (counts[target] ?? 0) + 1;
  mkdirSync(join(out, target), { recursive: true });
  writeFileSync(join(out, target, String(counts[target]).padStart(4, "0")), lines.join("\n"));
}

/** The value with a mark in the place of its tags, for which the fuzz target puts the right one. */
const marked = (value) => value.replace(/[0-9a-f]{64}/g, "@H").replace(/[0-9A-F]{64}/g, "@C")
  .replace(/[A-Za-z0-9+/]{43}=/g, "@B").replace(/[A-Za-z0-9+/]{43}/g, "@b");

rmSync(out, { recursive: true, force: true });

for (const name of readdirSync(vectors).filter((name) => name.endsWith(".json"))) {
  const { provider, cases } = JSON.parse(readFileSync(join(vectors, name), "utf8"));
  // Of each kind of verdict the first, and every other spelling of the headers.
  const seen = new Set();
  for (const { headers, body, expect } of cases) {
    if (body.utf8 === undefined || headers.some(([, value]) => value.length > 500)) continue;
    const lines = headers.map(([header, value]) => `${header}: ${marked(value)}`);
    const kind = expect.error ?? lines.join().replace(/\d+/g, "1");
    if (seen.has(kind) || seen.size > 12) continue;
    seen.add(kind);
    seed("verify", provider, ...lines, "", body.utf8);
    if (expect.ok === undefined) continue;
    seed("handshake", provider, "POST", "/in", "secret", ...lines, "", body.utf8);
    seed("round_trip", provider, "msg_1", 0, 3, 7, body.utf8);
    seed("envelope", "/id", "/type", "/created /createdAt", "id type", body.utf8);
    seed("envelope", "/event/id", "/event/type", "/timestamp", "", body.utf8);
  }
}

const TIME = 1700000000;
for (const [format, ...values] of [
  ["{signature}", "@", "@\n", "@@"],
  ["sha256={signature}", "sha256=@", "SHA256=@", "sha256= @"],
  ["v1={signature},...", "v1=@", "v0=x,v1=@,v1=@", "v1=@,", "v1=@, v1=@"],
  ["v1,{signature} ...", "v1,@", "v1a,AAAA v1,@ v2,@", "v1,@ "],
  ["t={timestamp},v1={signature}", `t=${TIME},v1=@`, `v1=@,t=${TIME},v0=x`, `t=${TIME},v1=@,t=1`, `t=000${TIME},v1=@`],
  ["t={timestamp}, v1={signature}", `t=${TIME}, v1=@`, `t=${TIME},v1=@`],
  ["ts={timestamp};h1={signature}", `ts=${TIME};h1=@;h1=@`],
]) {
  for (const value of values) {
    for (const [encoding, marks] of [["hex", ["@H", "@C"]], ["base64", ["@B", "@b"]]]) {
      for (const mark of marks) seed("header", format, encoding, value.replaceAll("@", mark));
    }
  }
}

const row = (columns) => ["id", "name", "signature", "timestamp", "id_header", "other_headers", "format", "encoding",
  "key", "time", "signed", "tolerance", "horizon", "event_key", "envelope", "event_type", "created",
  "event_type_header", "delivery_id_header", "siblings", "handshake"].map((column) => columns[column] ?? "");
const rows = [
  { signature: "S" },
  { signature: "S T", encoding: "base64", key: "base64:whsec_", event_key: "none", siblings: "github:X-Hub-Signature-256:sha256=" },
  { signature: "S", timestamp: "T", time: "s", format: "v0={signature}", signed: "v0:{timestamp}:{body}", event_key: "/event_id", handshake: "zoom" },
  { signature: "S", format: "t={timestamp},v1={signature}", time: "ms", signed: "{timestamp}{body}", tolerance: 60, horizon: 3600 },
  { signature: "S", timestamp: "T", id_header: "I", other_headers: "s2 t2 i2", format: "v1,{signature} ...", encoding: "base64",
    time: "s", signed: "{id}.{timestamp}.{body}", event_key: "header", event_type: "/type", created: "/at /time" },
  { signature: "S", timestamp: "T", id_header: "I", time: "rfc3339", signed: "{id}{timestamp}{body}", handshake: "twitch" },
  { signature: "S", timestamp: "T", time: "s", signed: "{body}{timestamp}", key: "hex" },
  { signature: "S", time: "rfc3339 /a/b", signed: "{method}{url_decoded}{body}", envelope: "id type", event_key: "/id", event_type: "/type" },
  { signature: "S", timestamp: "T", time: "s", signed: "{timestamp}{body}", handshake: "x" },
  { id: "acme", name: "Acme", signature: "S", id_header: "I", signed: "{body}:{id}", event_type_header: "E", delivery_id_header: "D" },
];
const headers = ["S: @H", `T: ${TIME}`, "I: msg_1"];
for (const columns of rows) {
  for (const body of ["", "a=100", '{"id":"1","type":"a","a":{"b":"2023-11-14T22:13:20Z"}}']) {
    seed("custom", row(columns).join("|"), "msg_1", body);
    seed("custom", row(columns).join("\v"), "1700000100", body);
    seed("verify", row(columns).join("|"), ...headers, "", body);
    seed("round_trip", row(columns).join("|"), "msg_1", 5, 70, 1, body);
  }
  seed("handshake", row(columns).join("|"), "GET", "/in?crc_token=1700000000", "secret", "", "");
}

for (const [provider, method, url, has, lines, body] of [
  ["x", "GET", "/in?crc_token=abc_-1", "secret", [], ""],
  ["x", "GET", "/in?crc_token=%61&nonce=1", "secret", [], ""],
  ["dropbox", "GET", "/in?challenge=abc", "", [], ""],
  ["meta", "GET", "/in?hub.mode=subscribe&hub.verify_token=a+verify%20token&hub.challenge=1158201444", "token", [], ""],
  ["slack", "POST", "/in", "secret", ["X-Slack-Signature: v0=@H", `X-Slack-Request-Timestamp: ${TIME}`], '{"type":"url_verification","challenge":"abc"}'],
  ["twitch", "POST", "/in", "secret", ["Twitch-Eventsub-Message-Signature: sha256=@H", "Twitch-Eventsub-Message-Id: 1",
    "Twitch-Eventsub-Message-Timestamp: 2023-11-14T22:13:20Z"], '{"subscription":{"status":"webhook_callback_verification_pending"},"challenge":"abc"}'],
  ["zoom", "POST", "/in", "secret", ["x-zm-signature: v0=@H", `x-zm-request-timestamp: ${TIME}`], '{"event":"endpoint.url_validation","payload":{"plainToken":"abc"}}'],
  ["xero", "POST", "/in", "secret", ["x-xero-signature: @B"], '{"events":[ ]}'],
  ["woocommerce", "POST", "/in", "secret", [], "webhook_id=12"],
  ["asana", "POST", "/in", "open", ["X-Hook-Secret: abc"], ""],
  ["notion", "POST", "/in", "open", [], '{"verification_token":"secret_abc"}'],
]) {
  seed("handshake", provider, method, url, has, ...lines, "", body);
}

console.log(Object.entries(counts).map(([target, count]) => `${count} for ${target}`).join(", "));
