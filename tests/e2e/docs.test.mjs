// What README.md and worker/API.md say of the gateway, done as they say it.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { promisify } from "node:util";

import { checkNpm } from "../harness/npm.mjs";
import { behave, checkStandard } from "../harness/receiver.mjs";
import { until } from "../harness/wait.mjs";
import { uniquePath, useWorld } from "../harness/world.mjs";

const world = useWorld({ faults: false });
const page = (name) => readFileSync(new URL(`../../${name}`, import.meta.url), "utf8");
const API = page("worker/API.md");

/** The first shell block of `text` after `words`. */
function blockAfter(text, words) {
  const [, after] = text.split(words);
  assert.ok(after, `the page says "${words}" once`);
  return after.split("```sh\n")[1].split("\n```")[0];
}

/** Replaces `from`, which has to be there. */
function put(script, from, to) {
  assert.ok(script.includes(from), from);
  return script.replace(from, to);
}

/** The output of a script of a page; it must not fail. */
async function bash(script, env = {}) {
  const { stdout, stderr } = await promisify(execFile)("bash", ["--norc", "-euo", "pipefail", "-c", script], {
    env: { PATH: process.env.PATH, ...env },
    timeout: 30_000,
  });
  assert.equal(stderr, "");
  return stdout.trim().split("\n");
}

test("the README's quickstart of the gateway", async () => {
  const path = uniquePath();
  let script = blockAfter(page("README.md"), "in another terminal of the checkout:");
  script = put(script, "http://127.0.0.1:8787", world.gateway.origin);
  script = put(script, "$(cat .hookward/dev/admin-token)", world.gateway.token);
  script = put(script, "http://127.0.0.1:3000/hooks", world.receiver.url(path));
  const [hint, accepted, duplicate, refused, log] = await bash(script);

  assert.equal(JSON.parse(accepted).status, "accepted");
  assert.equal(JSON.parse(duplicate).status, "duplicate");
  assert.equal(JSON.parse(refused).code, "signature_mismatch");
  assert.equal(JSON.parse(log).data.length, 1);
  const [, secret] = hint.match(/PROVIDER=standard-webhooks WEBHOOK_SECRET=(whsec_\S+) node server\.mjs$/);
  const [got] = await until("the delivery", () => world.receiver.at(path).length > 0 && world.receiver.at(path));
  assert.equal(checkStandard(secret, got), "ok");
  assert.equal(checkNpm(secret, got), "ok");
  assert.equal(JSON.parse(got.body).id, "evt_1");
});

test("the README's quickstart says what is wrong when nobody may do it", async () => {
  let script = blockAfter(page("README.md"), "in another terminal of the checkout:");
  script = put(script, "http://127.0.0.1:8787", world.gateway.origin);
  script = put(script, "$(cat .hookward/dev/admin-token)", "wrong");
  await assert.rejects(bash(script), ({ stderr }) => /no id in: .*unauthorized/s.test(stderr));
});

test("the API page's way to find and replay a dead letter", async () => {
  const { source, destination, path, arrived } = await world.route("tinyposter", {
    behaviours: behave.status(500),
    destination: { retry: { schedule_s: [1] } },
  });
  await source.post(source.sign());
  const dead = () => world.admin.deliveries(destination.id, { status: "dead" });
  const [letter] = await until("a dead letter", async () => (await dead()).length > 0 && dead());
  world.receiver.on(path, behave.status(200));

  const script = blockAfter(API, "## Find and replay a dead letter");
  const env = { GATEWAY: world.gateway.origin, TOKEN: world.gateway.token, DST: destination.id, DLV: letter.id };
  const lines = await bash(script, env);
  const [list, single, replayed, dry, all] = lines.map((line) => JSON.parse(line));
  assert.deepEqual(list.data.map(({ id }) => id), [letter.id]);
  assert.equal(single.attempts[0].status, 500);
  assert.equal(replayed.status, "pending");
  assert.ok(Number.isInteger(dry.matched) && Number.isInteger(all.replayed), lines.join("\n"));
  await until("the replay", () => arrived().every(({ get }) => get("webhook-id") === letter.id) && arrived().length > 2);
});

/** The rows of a table of fields: its name, what it is where nothing is said, and whether it can be changed. */
function fieldsOf(heading) {
  const table = API.split(`## ${heading}\n`)[1].split("\n\n")[0];
  const rows = [...table.matchAll(/^\| `(\w+)` \| (.+?) \| (yes|no) \|/gm)];
  assert.ok(rows.length > 4, heading);
  return rows.map(([, name, standard, changes]) => ({ name, standard, changes: changes === "yes" }));
}

const SECRET = "whsec_0123456789abcdef";
const VALUES = {
  source: {
    name: "n", provider: "letmepost", scheme: { signature: "X-Sig" }, secrets: [SECRET], tolerance_s: 200,
    retry_horizon_s: 4000, enabled: false,
  },
  destination: {
    name: "n", url: "https://hooks.example.com/in", sources: ["*"], events: ["post.*"], retry: { schedule_s: [1, 2] },
    concurrency: 2, rate_limit_per_s: 2.5, retention: { delivered_days: 5, dead_days: 6 }, headers: { "x-key": "secret-value" }, signing: { profile: "letmepost" }, status: "paused",
  },
};

for (const [what, collection] of [["source", "sources"], ["destination", "destinations"]]) {
  test(`the API page's fields of a ${what}: taken, shown, changed, and with the defaults it names`, async () => {
    const fields = fieldsOf(`A ${what}`);
    const values = VALUES[what];
    assert.deepEqual(fields.map(({ name }) => name).sort(), Object.keys(values).sort());
    // Of two of which one is required, the first is taken; the other is shown by a second of its kind.
    const isOther = ({ standard }) => /^required, or/.test(standard);
    const [, other] = fields.filter(isOther).map(({ name }) => name);
    const needed = fields
      .filter(({ name, standard }) => /^required/.test(standard) && name !== other)
      .map(({ name }) => [name, values[name]]);
    const make = (given) => world.admin.must("POST", `/v1/${collection}`, given);
    const least = await make(Object.fromEntries(needed));
    const without = (dropped) => Object.fromEntries(Object.entries(values).filter(([name]) => name !== dropped));
    const full = { ...(other ? await make(without(fields.find(isOther).name)) : {}), ...(await make(without(other))) };
    for (const { name, standard, changes } of fields) {
      const patch = () => world.admin.call("PATCH", `/v1/${collection}/${least.id}`, { [name]: values[name] });
      assert.equal((await patch()).status, changes ? 200 : 400, `PATCH ${name}`);
      const shown = name === "url" ? "origin" : name;
      assert.ok(shown in full, `${name} is shown`);
      const [, json] = standard.match(/^`(.+)`$/) ?? [];
      if (/^[[\d]|^(true|enabled)$/.test(json ?? "")) {
        assert.deepEqual(least[shown], /^[a-z]+$/.test(json) && json !== "true" ? json : JSON.parse(json), name);
      }
    }
    for (const [name] of needed) {
      const rest = Object.fromEntries(needed.filter(([other]) => other !== name));
      assert.equal((await world.admin.call("POST", `/v1/${collection}`, rest)).status, 400, `without ${name}`);
    }
  });
}

test("the API page's list of providers is what a source takes, and its scheme too", async () => {
  const [, list] = API.match(/^Providers: (.*?)\. /m);
  const ids = [...list.matchAll(/`([a-z0-9-]+)`/g)].map(([, id]) => id);
  assert.ok(ids.length >= 77, `${ids.length}`);
  const bring = /^(asana|notion)$/;
  for (const provider of ids) {
    // Readable in every form that there is: hex is base64 too, and both are text.
    const secrets = bring.test(provider) ? undefined : ["0123456789abcdef0123456789abcdef"];
    await world.admin.must("POST", "/v1/sources", { name: provider, provider, secrets });
  }
  const [, unsupported] = API.match(/such as `([a-z]+)`/);
  const refused = await world.admin.call("POST", "/v1/sources", { name: "n", provider: unsupported, secrets: [SECRET] });
  assert.equal(refused.json.code, "unsupported_provider");
  const [, scheme] = API.match(/```json\n(\{"name":"Acme".*)\n```/);
  await world.admin.must("POST", "/v1/sources", JSON.parse(scheme));
  const columns = API.split("### A scheme of your own\n")[1].split("\n### ")[0].matchAll(/^\| ((?:`\w+`(?:, )?)+) \|/gm);
  const names = [...columns].flatMap(([, cell]) => [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name));
  assert.equal(names.length, 21, names.join(" "));
  for (const name of names) {
    const own = { name: "n", secrets: [SECRET], scheme: { signature: "X-Sig", [name]: "~" } };
    const answer = await world.admin.call("POST", "/v1/sources", own);
    // Known, whatever is said of the value.
    assert.ok(!/no field/.test(answer.json.detail ?? ""), `${name}: ${answer.text}`);
  }
});

test("every call in the API page's table exists, and wants the token where it says", async () => {
  const source = await world.admin.source("tinyposter");
  const [letter] = await (async () => {
    const { source: from, destination } = await world.route("tinyposter");
    await from.post(from.sign());
    const list = () => world.admin.deliveries(destination.id);
    return (await until("a delivery", async () => (await list()).length > 0 && list())).map(({ id }) => [destination.id, id]);
  })();
  const [dst, dlv] = letter;
  const { id: rpl } = await world.admin.must("POST", `/v1/destinations/${dst}/replay`, {});
  const rows = [...API.split("## Calls\n")[1].split("\n\n")[0].matchAll(/^\| ((?:`[^`]+`(?:, )?)+) \|/gm)];
  assert.ok(rows.length >= 14);
  for (const [, calls] of rows) {
    const words = [...calls.matchAll(/`([^`]+)`/g)].flatMap(([, text]) => text.split(" "));
    const path = words.find((word) => word.startsWith("/"))
      .replace("{source}", source.id).replace("/v1/sources/{id}", `/v1/sources/${source.id}`)
      .replace("{id}", dst).replace("{dlv}", dlv).replace("{rpl}", rpl);
    for (const method of words.filter((word) => /^[A-Z]+$/.test(word) && word !== "DELETE")) {
      const answer = await world.admin.call(method, path, ["GET", "DELETE"].includes(method) ? undefined : {});
      assert.ok(![404, 405].includes(answer.status) && answer.status < 500, `${method} ${path}: ${answer.status}`);
      if (path.startsWith("/v1")) {
        const bare = await fetch(world.gateway.origin + path, { method });
        assert.equal(bare.status, 401, `${method} ${path}`);
      }
    }
  }
});
