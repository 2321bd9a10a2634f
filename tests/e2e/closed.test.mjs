// What is shut unless it was opened: the admin API without a proper token, and destinations on loopback.

import assert from "node:assert/strict";
import { after, test } from "node:test";

import { Admin } from "../harness/admin.mjs";
import { startGateway } from "../harness/gateway.mjs";
import { request } from "../harness/http.mjs";
import { assertProblem } from "../harness/world.mjs";

const SHORT = "0123456789012345678901234567890"; // 31 characters
const open = [];
after(() => Promise.all(open.map((gateway) => gateway.stop())));

async function gatewayWith(vars) {
  const gateway = await startGateway({ faults: false, vars });
  open.push(gateway);
  return gateway;
}

test("without a configured token the admin API is closed to everyone", async () => {
  const gateway = await gatewayWith({ HOOKWARD_ADMIN_TOKEN: undefined });
  for (const token of ["", "undefined", "null", "x".repeat(32)]) {
    const answer = await request(`${gateway.origin}/v1/sources`, { headers: [["authorization", `Bearer ${token}`]] });
    assert.ok([401, 403, 503].includes(answer.status), String(answer.status));
    assertProblem(answer, answer.status);
  }
});

test("a configured token that is too short opens nothing", async () => {
  const gateway = await gatewayWith({ HOOKWARD_ADMIN_TOKEN: SHORT });
  const answer = await request(`${gateway.origin}/v1/sources`, { headers: [["authorization", `Bearer ${SHORT}`]] });
  assert.ok([401, 403, 503].includes(answer.status), String(answer.status));
  assertProblem(answer, answer.status);
});

test("one of several tokens is enough, and a token for reading only reads", async () => {
  const [old, next, reader] = ["o", "n", "r"].map((letter) => letter.repeat(32));
  const vars = { HOOKWARD_ADMIN_TOKEN: `${old} ${next} ${SHORT}`, HOOKWARD_READ_TOKEN: reader };
  const gateway = await gatewayWith(vars);
  const call = (token, method, path, body) =>
    request(`${gateway.origin}${path}`, {
      method,
      headers: [["authorization", `Bearer ${token}`], ["content-type", "application/json"]],
      body: body && JSON.stringify(body),
    });
  const fields = { name: "n", provider: "github", secrets: ["a secret"] };
  for (const token of [old, next]) {
    assert.equal((await call(token, "POST", "/v1/sources", fields)).status, 201);
  }
  for (const token of [SHORT, `${old} ${next}`, `${old} ${next} ${SHORT}`, "", "r".repeat(31)]) {
    assertProblem(await call(token, "GET", "/v1/sources"), 401, "unauthorized");
  }
  const { json } = await call(reader, "GET", "/v1/sources");
  assert.equal(json.data.length, 2);
  const { id } = json.data[0];
  for (const [method, path, body] of [
    ["POST", "/v1/sources", fields],
    ["PATCH", `/v1/sources/${id}`, { name: "x" }],
    ["DELETE", `/v1/sources/${id}`],
    ["POST", `/v1/sources/${id}/open`],
    ["POST", "/v1/nowhere", {}],
  ]) {
    assertProblem(await call(reader, method, path, body), 403, "read_only");
  }
  assert.equal((await call(old, "GET", `/v1/sources/${id}`)).json.name, "n");
});

test("without a usable master key nothing is taken and nothing is stored", async () => {
  const gateway = await gatewayWith({ HOOKWARD_MASTER_KEY: "c2hvcnQ=" });
  const admin = new Admin(gateway);
  const fields = { name: "n", provider: "tinyposter", secrets: ["whsec_0123456789abcdef0123456789abcdef"] };
  assertProblem(await admin.call("POST", "/v1/sources", fields), 503, "not_configured");
  assertProblem(await request(`${gateway.origin}/in/src_x`, { method: "POST", body: "{}" }), 503, "not_configured");
});

test("as shipped, no destination may be on loopback or speak plain http", async () => {
  const gateway = await gatewayWith({ HOOKWARD_ALLOW_LOOPBACK: undefined });
  const admin = new Admin(gateway);
  const create = (url) => admin.call("POST", "/v1/destinations", { url, name: "n", sources: ["*"], events: ["*"] });
  const refused = [
    "http://127.0.0.1:9/",
    "https://127.0.0.1/",
    "https://localhost/",
    "https://localhost./",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://2130706433/",
    "https://0x7f.1/",
    "https://0177.0.0.1/",
    "https://127.1/",
    "https://app.localhost/",
    "https://printer.local/",
    "https://vault.internal/",
    "https://10.1.2.3/",
    "https://172.16.0.1/",
    "https://192.168.1.1/",
    "https://100.64.0.1/",
    "https://169.254.169.254/",
    "https://[fd00::1]/",
    "https://[fe80::1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://0.0.0.0/",
    "http://example.com/",
    "https://example.com:99999/",
  ];
  for (const url of refused) {
    const answer = await create(url);
    assert.ok(answer.status >= 400 && answer.status < 500, `${url}: ${answer.status}`);
    assertProblem(answer, answer.status);
  }
  const good = await create("https://hooks.example.com/in?x=1");
  assert.equal(good.status, 201, good.text);
  const moved = await admin.call("PATCH", `/v1/destinations/${good.json.id}`, { url: "https://10.0.0.1/" });
  assertProblem(moved, moved.status);
  assert.ok(moved.status >= 400 && moved.status < 500);
});
