// The built gateway in workerd, whose wasm module is made to stop by a request.

import assert from "node:assert/strict";
import { cpSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { startGateway } from "../harness/gateway.mjs";
import { collect, request } from "../harness/http.mjs";
import { sleep } from "../harness/wait.mjs";

/**
 * Stands before the gateway: a request to /__stop reaches it as one whose method cannot be read. An error
 * that JavaScript throws there passes Rust by, which stops the module as a panic does.
 */
const FRONT = `
import gateway from "./gateway.js";
export { Registry, DestinationQueue } from "./gateway.js";
export default {
  fetch(request, env, ctx) {
    if (new URL(request.url).pathname !== "/__stop") return gateway.fetch(request, env, ctx);
    const poisoned = new Proxy(request, {
      get(target, name) {
        if (name === "method") throw new Error("injected");
        const value = Reflect.get(target, name);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    return gateway.fetch(poisoned, env, ctx);
  },
  scheduled: gateway.scheduled,
};
`;

let build;
let gateway;

before(async () => {
  build = mkdtempSync(join(tmpdir(), "hookward-entry-"));
  cpSync(fileURLToPath(new URL("../../worker/build", import.meta.url)), build, { recursive: true });
  renameSync(join(build, "index.js"), join(build, "gateway.js"));
  writeFileSync(join(build, "index.js"), FRONT);
  gateway = await startGateway({ faults: false, build });
});

after(async () => {
  await gateway?.stop();
  rmSync(build, { recursive: true, force: true });
});

const admin = (method, path, body) =>
  request(`${gateway.origin}${path}`, {
    method,
    headers: [
      ["authorization", `Bearer ${gateway.token}`],
      ["content-type", "application/json"],
    ],
    body: body && JSON.stringify(body),
  });

const SOURCE = { name: "kept", provider: "tinyposter", secrets: ["whsec_kept_through_a_stop"] };

/** A request that has begun and waits in the module for the rest of its body. */
function beginRequest() {
  const begun = http.request(`${gateway.origin}/v1/sources`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${gateway.token}`,
      "content-type": "application/json",
      "content-length": 1000,
    },
  });
  begun.write('{"name":');
  const answer = new Promise((resolve, reject) => {
    begun.once("response", (response) => collect(response).then(resolve, reject));
    begun.once("error", reject);
  });
  return { begun, answer };
}

test("one stopped module costs the requests that were in it, and nothing after", async () => {
  assert.equal((await admin("POST", "/v1/sources", SOURCE)).status, 201);
  const { begun, answer } = beginRequest();
  await sleep(300);

  const started = Date.now();
  const stopped = await request(`${gateway.origin}/__stop`);
  const waiting = await answer;
  for (const { status, headers, json } of [stopped, waiting]) {
    assert.equal(status, 503);
    assert.equal(headers["content-type"], "application/problem+json");
    assert.equal(json.code, "unavailable");
  }
  assert.ok(Date.now() - started < 5_000, "a request in a stopped module must not wait for its time-out");
  begun.destroy();

  const sources = await admin("GET", "/v1/sources");
  assert.equal(sources.status, 200);
  assert.deepEqual(sources.json.data.map(({ name }) => name), ["kept"]);
});

test("it can stop again and again", async () => {
  for (let round = 0; round < 5; round += 1) {
    assert.equal((await request(`${gateway.origin}/__stop`)).status, 503);
    assert.equal((await request(`${gateway.origin}/healthz`)).status, 200);
    assert.equal((await admin("GET", "/v1/sources")).status, 200);
  }
});
