// `hookward snippet --for make`: the filter's formulas, run by an evaluator of Make's functions over the
// vectors. Its HMAC is Node's, and nothing of this package.

import assert from "node:assert/strict";
import { before, test } from "node:test";

import { vectors } from "../packaging/packed.mjs";
import { bytes } from "../packaging/suite.mjs";
import { passes, webhook } from "./make.mjs";
import { file, hookward, installation, NOW, signed } from "./tool.mjs";

const make = (provider, ...args) => hookward(["snippet", "--for", "make", "--provider", provider, ...args]);
const recipe = async (...args) => {
  const { code, out, err } = await make(...args, "--json");
  assert.equal(code, 0, out + err);
  return JSON.parse(out);
};

/**
 * What a filter cannot tell of a delivery that is signed: how strictly its headers and its secret are written,
 * and what is in the body.
 */
const NOT_TOLD = /^malformed_(?:signature|id|envelope|secret)$|^header_too_large$|^too_many_secrets$/;
const NOT_TOLD_IN_THE_BODY = /^two [a-z_A-Z]+$|^a webhookTimestamp that is text$/;

/**
 * Genuine deliveries that a filter refuses: without a memory all that are late, one spelling of the headers, and
 * text as the vendors write it.
 */
const REFUSED = [
  /^late, |^as late as the horizon$/,
  /^svix- spelling: |^the webhook- spelling$/,
  /^the fields the other way round$|^no padding$|^capital hex$|^an id with a full stop$|^a timestamp with zeros before it/,
  /^RFC 4231, test case 4$|^a body that is not UTF-8$/,
];

/** The URL that is written into a provider's formula, if it signs one: of its cases, the first without escapes. */
const targets = new Map(
  vectors.map(({ provider, cases }) => [provider, cases.find(({ target, expect }) => target && expect.ok && !/%(?!20)/.test(target.url))?.target]),
);

let recipes;
before(async () => {
  const { providers } = await installation();
  const list = providers();
  recipes = new Map();
  const next = async () => {
    for (let one = list.pop(); one; one = list.pop()) {
      const url = one.scheme.signed?.includes("{url") ? ["--url", targets.get(one.id).url] : [];
      recipes.set(one.id, await recipe(one.id, "--without-handshake", ...url));
    }
  };
  await Promise.all([next(), next(), next()]);
});

/** Whether the filters let a delivery through, with this secret written into them. */
function lets({ filters, keyPrefix }, secret, { headers, body, now }) {
  const value = Buffer.from(bytes(body)).toString("utf8");
  let parsed;
  try {
    parsed = JSON.parse(value);
  } catch {
    parsed = {};
  }
  const key = secret.startsWith(keyPrefix) ? secret.slice(keyPrefix.length) : secret;
  const scope = { modules: { 1: webhook(headers, value), 2: parsed }, now };
  return filters.every(({ conditions }) => {
    const groups = conditions.map((group) => group.map((one) => ({ ...one, b: one.b.replaceAll("YOUR-SECRET", key) })));
    return passes(groups, scope);
  });
}

test("every provider has a filter", () => {
  for (const [id, { filters, code }] of recipes) {
    assert.ok(filters.length === 1 || filters.length === 2, id);
    for (const { conditions } of filters) for (const group of conditions) for (const { a, b } of group) assert.ok(code.includes(a) && code.includes(b), id);
  }
});

/** A delivery by this very package's other half, `sign`, with a URL and a body of one's own. */
async function delivery(provider, secret, body, more = {}) {
  return { headers: Object.entries(await signed(provider, secret, body, more)), body: { utf8: body }, now: NOW };
}

test("a URL that is signed is the one that was given", async () => {
  for (const [provider, url] of [["square", "https://hook.eu2.make.com/abc?x=%201"], ["hubspot", "https://hook.eu2.make.com/abc?x=1"]]) {
    const made = await recipe(provider, "--url", url);
    const one = await delivery(provider, "secret", "{}", { url, method: "POST" });
    assert.ok(lets(made, "secret", one), provider);
    assert.ok(!lets(made, "secret", await delivery(provider, "secret", "{}", { url: `${url}1`, method: "POST" })), provider);
  }
  const none = await make("hubspot", "--url", "https://hook.eu2.make.com/abc?x=%20");
  assert.deepEqual([none.code, none.out], [1, ""]);
  assert.match(none.err, /^no_formula: no filter of Make is right for HubSpot \(v3\): it signs the URL with its escapes undone.*docs\/make\.md/);
  const json = await make("square", "--url", 'https://example.com/"', "--json");
  assert.deepEqual([json.code, JSON.parse(json.out).code], [1, "no_formula"]);
});

test("a request without a signature passes no filter, whatever Make's sha256 makes of nothing", async () => {
  const { filters } = await recipe("github");
  const [[signature, written]] = filters[0].conditions;
  assert.equal(signature.o, "text:equal");
  assert.ok(!passes([[written]], { modules: { 1: webhook([], "") }, now: NOW }));
});

test("--tolerance is what the filter allows", async () => {
  const one = await delivery("paddle", "secret", "{}");
  const [usual, longer] = [await recipe("paddle"), await recipe("paddle", "--tolerance", "60")];
  const at = (made, seconds) => lets(made, "secret", { ...one, now: NOW + seconds });
  assert.deepEqual([at(usual, 5), at(usual, 6), at(longer, 60), at(longer, 61), at(longer, -60), at(longer, -61)], [true, false, true, false, true, false]);
  assert.match(usual.notes.join(), /--tolerance 60/);
  assert.doesNotMatch(longer.notes.join(), /--tolerance/);
});

test("a scheme of one's own has a filter, where one can be right", async () => {
  const own = async (scheme) => hookward(["snippet", "--for", "make", "--json", "--scheme", await file(JSON.stringify(scheme))]);
  const scheme = { signature: "X-Acme", timestamp: "X-Acme-Time", time: "ms", signed: "v0.{timestamp}.{body}", encoding: "base64", key: "hex" };
  const made = JSON.parse((await own(scheme)).out);
  const { customScheme, sign } = await installation();
  const secret = "00ff".repeat(8);
  const headers = Object.entries(sign({ scheme: customScheme(scheme), secret, body: "{}", timestamp: NOW }));
  const passed = (body, now) => lets(made, secret, { headers, body: { utf8: body }, now });
  assert.deepEqual([passed("{}", NOW), passed("{} ", NOW), passed("{}", NOW + 301)], [true, false, false]);
  const odd = await own({ signature: "X-Acme", time: "s /sent-at" });
  assert.deepEqual([odd.code, JSON.parse(odd.out).code], [1, "no_formula"], odd.out);
});

test("bytes cannot be moved from one signed part into another", async () => {
  const made = recipes.get("tinyposter");
  const body = '{"id":"a.1700000000.b","type":"x","created":"2023-11-14T22:13:20Z"}';
  const one = await delivery("tinyposter", "secret", body);
  assert.ok(lets(made, "secret", one));
  const [[name, value]] = one.headers;
  const [, tag] = /v1=(.*)$/.exec(value);
  const moved = { ...one, headers: [[name, `t=${NOW}.{"id":"a,v1=${tag}`]], body: { utf8: body.slice(body.indexOf(".") + 1) } };
  assert.ok(!lets(made, "secret", moved));
  const standard = recipes.get("standard-webhooks");
  const secret = `whsec_${Buffer.from("a secret of some length").toString("base64")}`;
  const two = await delivery("standard-webhooks", secret, body, { id: "msg_1" });
  assert.ok(lets(standard, secret, two));
  const all = Object.fromEntries(two.headers);
  const shifted = { ...all, "webhook-id": `msg_1.${NOW}.{"id":"a`, "webhook-timestamp": "1700000000" };
  assert.ok(!lets(standard, secret, { ...two, headers: Object.entries(shifted), body: { utf8: 'b","type":"x","created":"2023-11-14T22:13:20Z"}' } }));
});

test("the recipe says how to set it up, and what it lacks", async () => {
  const { code, out, err } = await make("tinyposter");
  assert.equal(code, 0);
  for (const part of ["Get request headers", "JSON pass-through", "Text operators: Contains", "YOUR-SECRET", "What this filter lacks"]) assert.ok(out.includes(part), part);
  assert.match(err, /^note: tinyposter sends an event/);
  assert.match((await make("openai")).out, /without the whsec_ at its beginning/);
  assert.match((await make("hookdeck")).out, /2 groups are joined by "Or"/);
  assert.match((await make("tinysend")).out, /The filter behind the second module/);
  const slack = await make("slack");
  assert.deepEqual([slack.code, slack.out], [1, ""]);
  assert.match(slack.err, /^handshake_needed: .*a scenario of Make does not give; the gateway does/);
});

test("the good delivery of every provider passes, and no forged one does", (t) => {
  const tally = { passed: 0, refused: 0, signed: 0, forged: 0 };
  const wrong = [];
  for (const { provider, cases } of vectors.filter((file) => recipes.has(file.provider))) {
    const [made, target] = [recipes.get(provider), targets.get(provider)];
    for (const one of cases) {
      // URL and tolerance are written into the filter.
      if (JSON.stringify(one.target) !== JSON.stringify(target) || one.tolerance_s) continue;
      const passed = one.secrets.some((secret) => secret !== "" && lets(made, secret, one));
      const { ok, error } = one.expect;
      const untold = NOT_TOLD.test(error) || (made.filters.length === 2 && NOT_TOLD_IN_THE_BODY.test(one.name));
      const strict = REFUSED.some((names) => names.test(one.name));
      if (ok) tally[passed ? "passed" : "refused"] += 1;
      else tally[passed ? "signed" : "forged"] += 1;
      if (ok ? passed === strict : passed && !untold) wrong.push(`${provider}, ${one.name}: ${error ?? "ok"}, ${passed ? "let through" : "refused"}`);
    }
  }
  t.diagnostic(JSON.stringify(tally));
  assert.deepEqual(wrong, []);
  assert.ok(tally.passed > 400 && tally.forged > 2000);
});
