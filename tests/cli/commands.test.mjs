// The command-line tool, as npx runs it: what it prints, where, and with which exit code.

import assert from "node:assert/strict";
import { before, test } from "node:test";

import { file, hookward, installation, NOW, signed } from "./tool.mjs";

const SECRET = "whsec_5fd0b0aa94c3ee6c45fa67d3fbbd0c70";
const BODY = JSON.stringify({ id: "evt_1", type: "post.published", created: "2023-11-14T22:13:20.000Z", data: { n: "ü" } });
const env = { HOOK: SECRET, WRONG: "whsec_another" };

let headers;
let body;
/** The arguments of a good delivery, without its command. */
let good;
before(async () => {
  headers = await signed("tinyposter", SECRET, BODY);
  body = await file(BODY);
  good = ["--provider", "tinyposter", "--secret-env", "HOOK", "--body", body, "--now", String(NOW), ...headerArgs(headers)];
});

const headerArgs = (all) => Object.entries(all).flatMap(([name, value]) => ["--header", `${name}: ${value}`]);
const without = (args, option) => args.filter((_, at) => args[at] !== option && args[at - 1] !== option);
const run = (args, how = {}) => hookward(args, { env: { ...env, ...how.env }, ...how });
const json = ({ out }) => JSON.parse(out);

test("verify says what was verified, and 0", async () => {
  const { code, out, err } = await run(["verify", ...good]);
  assert.deepEqual([code, err], [0, ""]);
  assert.match(out, /^verified as tinyposter\n/);
  for (const row of [/type +post\.published/, /id +evt_1/, /signed +2023-11-14T22:13:20Z \(now\), fresh/, /secret +1 of 1/, /event key +[0-9a-f]{64}/]) assert.match(out, row);
  const found = json(await run(["verify", ...good, "--json"]));
  assert.deepEqual(Object.keys(found), ["ok", "event", "notes"]);
  assert.deepEqual([found.ok, found.event.id, found.event.data, found.event.verification.secretIndex], [true, "evt_1", { n: "ü" }, 0]);
});

test("verify refuses with 1, its reason on standard error", async () => {
  const changed = await file(`${BODY} `);
  const args = [...without(good, "--body"), "--body", changed];
  const { code, out, err } = await run(["verify", ...args]);
  assert.deepEqual([code, out], [1, ""]);
  assert.match(err, /^signature_mismatch: .*\n.*hookward explain/);
  const found = await run(["verify", ...args, "--json"]);
  assert.equal(found.code, 1);
  const { ok, code: reason, status, message } = json(found);
  assert.deepEqual([ok, reason, status, typeof message], [false, "signature_mismatch", 401, "string"]);
  assert.equal(found.err, "");
});

test("verify takes the time and the tolerance that it is told", async () => {
  const at = (time, ...more) => run(["verify", ...without(good, "--now"), "--now", time, ...more]);
  assert.equal((await at(String(NOW + 301))).code, 1);
  assert.equal((await at(String(NOW + 301), "--tolerance", "600")).code, 0);
  assert.equal((await at("2023-11-14T23:14:20+01:00")).code, 0);
  assert.equal((await run(["verify", ...without(good, "--now")])).code, 1, "by the clock it is years old");
});

test("secrets come from the environment, files and standard input", async () => {
  const rest = without(good, "--secret-env");
  for (const end of ["", "\n", "\r\n"]) {
    const secret = await file(SECRET + end);
    assert.equal((await run(["verify", ...rest, "--secret-file", secret])).code, 0);
    assert.equal((await run(["verify", ...rest, "--secret-stdin"], { input: SECRET + end })).code, 0);
  }
  assert.equal((await run(["verify", ...rest, "--secret", SECRET])).code, 0);
  const two = json(await run(["verify", ...rest, "--secret-env", "WRONG", "--secret-env", "HOOK", "--json"]));
  assert.equal(two.event.verification.secretIndex, 1);
  // Only one line end is left out: what is more is the secret's fault, and told.
  const spaced = await file(`${SECRET}\n\n`);
  assert.match((await run(["verify", ...rest, "--secret-file", spaced])).err, /malformed_secret/);
});

test("the body comes from a file or from standard input, byte for byte", async () => {
  const { code } = await run(["verify", ...without(good, "--body"), "--body", "-"], { input: BODY });
  assert.equal(code, 0);
  const bytes = Buffer.from([0xff, 0xfe, 0x00, 0x0a]);
  const args = ["--provider", "github", "--secret-env", "HOOK", ...headerArgs(await signed("github", SECRET, bytes))];
  assert.equal((await run(["verify", ...args, "--body", "-"], { input: bytes })).code, 0);
});

test("a command line that cannot be run ends with 2", async () => {
  const usage = async (args, pattern, how) => {
    const { code, out, err } = await run(args, how);
    assert.deepEqual([code, out], [2, ""], args.join(" "));
    assert.match(err, pattern);
  };
  await usage([], /Usage: hookward COMMAND/);
  await usage(["verfy"], /no command "verfy"/);
  await usage(["help", "verfy"], /no command "verfy"/);
  await usage(["verify"], /--provider is missing/);
  await usage(["verify", "--provdier", "x"], /--provdier/);
  await usage(["verify", ...good, "surplus"], /no argument "surplus"/);
  await usage(["verify", ...without(good, "--provider"), "--provider", "tinyposters"], /no provider of that id/);
  await usage(["verify", ...without(good, "--secret-env")], /no secret/);
  await usage(["verify", ...without(good, "--secret-env"), "--secret-env", "UNSET"], /UNSET is not set/);
  await usage(["verify", ...without(good, "--body")], /--body is missing/);
  await usage(["verify", ...without(good, "--body"), "--body", "no-such-file"], /no-such-file: there is no such file/);
  await usage(["verify", ...without(good, "--body"), "--body", "-", "--secret-stdin"], /standard input cannot be both/);
  await usage(["verify", ...without(good, "--now"), "--now", "yesterday"], /--now must be/);
  await usage(["verify", ...good, "--tolerance", "1.5"], /--tolerance must be a whole number/);
  await usage(["verify", ...good, "--header", "no colon"], /--header must be written/);
  await usage(["verify", ...good, "--entry", "1"], /--entry goes with --request/);
  await usage(["send", "--provider", "github", "--secret-env", "HOOK"], /the URL is missing/);
  await usage(["send", "ftp://localhost/", "--provider", "github", "--secret-env", "HOOK"], /http/);
  await usage(["send", "http://localhost:1/", "--provider", "github", "--secret-env", "HOOK", "--tamper", "all"], /--tamper must be one of/);
  const asJson = await run(["verify", "--json"]);
  assert.deepEqual([asJson.code, json(asJson).code, json(asJson).ok], [2, "usage", false]);
});

test("help says what there is", async () => {
  const { code, out, err } = await run(["--help"]);
  assert.deepEqual([code, err], [0, ""]);
  assert.match(out, /Exit codes: 0 ok; 1 refused.*; 2 /s);
  for (const command of ["verify", "sign", "send", "explain", "snippet", "providers"]) {
    assert.match(out, new RegExp(`^  ${command} +\\S`, "m"));
    const own = await run([command, "--help"]);
    assert.deepEqual([own.code, own.err], [0, ""]);
    assert.match(own.out, new RegExp(`^Usage: hookward ${command} `));
    for (const part of [/--json/, /^Exit codes: 0 /m, /^Examples:\n  hookward /m]) assert.match(own.out, part);
    assert.equal((await run(["help", command])).out, own.out);
    for (const line of own.out.split("\n")) assert.ok(line.length <= 120, `${command}: ${line}`);
  }
  assert.match((await run(["verify", "--help"])).out.replace(/\s+/g, " "), /--secret TEXT … the secret itself\. It will be in your shell's history/);
  assert.match((await run(["--version"])).out, /^\d+\.\d+\.\d+\n$/);
});

test("sign prints the headers that verify accepts", async () => {
  const { code, out, err } = await run(["sign", "--provider", "tinyposter", "--secret-env", "HOOK", "--body", body, "--timestamp", String(NOW)]);
  assert.deepEqual([code, err], [0, ""]);
  assert.equal(out, Object.entries(headers).map(([name, value]) => `${name}: ${value}\n`).join(""));
  const asJson = await run(["sign", "--provider", "svix", "--secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "--body", body, "--id", "msg_1", "--json"]);
  const { ok, headers: svix } = json(asJson);
  assert.deepEqual([asJson.code, ok, Object.keys(svix).sort()], [0, true, ["svix-id", "svix-signature", "svix-timestamp"]]);
  const refused = await run(["sign", "--provider", "svix", "--secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "--body", body, "--id", "a.b", "--json"]);
  assert.deepEqual([refused.code, json(refused).code], [1, "malformed_id"]);
});

test("providers lists the catalogue", async () => {
  const { providers } = await installation();
  const all = json(await run(["providers", "--json"]));
  assert.deepEqual(all, { ok: true, providers: JSON.parse(JSON.stringify(providers())) });
  const { code, out } = await run(["providers"]);
  assert.equal(code, 0);
  assert.equal(out.trimEnd().split("\n").length, providers().length);
  assert.match((await run(["providers", "X-Hub-Signature-256"])).out, /^github /m);
  const none = await run(["providers", "no such provider"]);
  assert.deepEqual([none.code, none.out], [1, ""]);
});

test("explain says why, with 0 for what is verified and 1 for what is not", async () => {
  const fine = await run(["explain", ...good]);
  assert.deepEqual([fine.code, fine.err], [0, ""]);
  assert.match(fine.out, /^verified/);
  const pretty = await file(JSON.stringify(JSON.parse(BODY), null, 2));
  const args = ["explain", ...without(good, "--body"), "--body", pretty];
  const { code, out, err } = await run(args);
  assert.deepEqual([code, err], [1, ""]);
  assert.match(out, /^signature_mismatch: .*\n\nproven {2}body_json\n.*\n  Fix: /s);
  assert.ok(!out.includes(SECRET));
  const found = json(await run([...args, "--json"]));
  assert.deepEqual(Object.keys(found), ["ok", "code", "message", "findings", "tried", "complete", "notes"]);
  assert.deepEqual(found.findings.map(({ kind, certainty }) => [kind, certainty]), [["body_json", "proven"]]);
  const other = await run(["explain", ...without(good, "--secret-env"), "--secret-env", "WRONG", "--candidate-env", "HOOK", "--json"]);
  assert.deepEqual(json(other).findings.map(({ kind }) => kind), ["secret_other"]);
  const unset = await run(["explain", ...without(good, "--secret-env"), "--json"]);
  assert.deepEqual([unset.code, json(unset).findings[0].kind], [1, "secret_missing"]);
});

test("no colour where there is no terminal", async () => {
  const outputs = await Promise.all([
    run(["verify", ...good]),
    run(["explain", ...without(good, "--secret-env"), "--secret-env", "WRONG"], { env: { FORCE_COLOR: "1" } }),
    run(["providers", "tiny"]),
  ]);
  for (const { out, err } of outputs) assert.ok(!(out + err).includes("\x1b"), out + err);
});

test("what a delivery holds cannot move the terminal's cursor", async () => {
  const hostile = JSON.stringify({ id: "evt_\u001b[2J\u202e\u0007", type: "a\nb", created: "2023-11-14T22:13:20Z" });
  const at = await file(hostile);
  const { code, out } = await run(["verify", "--provider", "tinyposter", "--secret-env", "HOOK", "--body", at, "--now", String(NOW), ...headerArgs(await signed("tinyposter", SECRET, hostile))]);
  assert.equal(code, 0);
  assert.match(out, /id +evt_\\u\{1b\}\[2J\\u\{202e\}\\u\{7\}\n/);
  assert.match(out, /type +a\\nb\n/);
});

for (const node of ["Node 20", "Node 24"]) {
  test(`it runs on ${node}`, async () => {
    assert.equal((await run(["verify", ...good], { node })).code, 0);
    assert.equal((await run(["explain", ...good], { node })).code, 0);
  });
}

test("a scheme of one's own is a file", async () => {
  const scheme = await file(JSON.stringify({ signature: "X-Own", format: "v9={signature}", timestamp: "X-Own-Time", time: "s", signed: "{timestamp}.{body}" }));
  const signature = await run(["sign", "--scheme", scheme, "--secret-env", "HOOK", "--body", body, "--json"]);
  assert.equal(signature.code, 0, signature.err);
  const args = ["--scheme", scheme, "--secret-env", "HOOK", "--body", body, ...headerArgs(json(signature).headers)];
  assert.equal((await run(["verify", ...args])).code, 0);
  const wrong = await run(["explain", ...without(args, "--secret-env"), "--secret", `${SECRET} `, "--json"]);
  assert.deepEqual(json(wrong).findings.map(({ kind }) => kind), ["secret_white_space"]);
  const broken = await file(JSON.stringify({ signature: "X-Own", signed: "no body" }));
  const refused = await run(["verify", ...without(args, "--scheme"), "--scheme", broken]);
  assert.deepEqual([refused.code, refused.out], [2, ""]);
  assert.match(refused.err, /--scheme .*scheme/);
});
