// Google's own server for Cloud Functions, which parses every body and keeps its bytes.

import assert from "node:assert/strict";
import { test } from "node:test";

import { http } from "@google-cloud/functions-framework";
import { getTestServer } from "@google-cloud/functions-framework/testing";

import { SECRET, delivery, hookward, later, reports } from "../adapters.mjs";
import { send } from "../client.mjs";

test("Google Cloud Functions", async () => {
  const { codes, onError } = reports();
  const seen = [];
  http("webhooks", hookward.node({ provider: "tinyposter", secret: SECRET, onError }, (event) => void seen.push(event.id)));
  const server = getTestServer("webhooks").listen(0, "127.0.0.1");
  later(() => server.close());
  await new Promise((resolve) => server.once("listening", resolve));
  const url = `http://127.0.0.1:${server.address().port}/`;
  const sent = delivery();
  assert.deepEqual((await send(url, sent)).json, { status: "accepted" });
  for (const type of ["application/x-www-form-urlencoded", "text/plain", "what/ever"]) {
    assert.equal((await send(url, { body: sent.body, headers: { ...sent.headers, "content-type": type } })).status, 200, type);
  }
  assert.deepEqual((await send(url, { ...sent, body: "{}" })).json, { code: "signature_mismatch" });
  assert.equal((await send(url, { headers: sent.headers, body: JSON.stringify(["x".repeat(2 ** 20)]) })).status, 413);
  assert.deepEqual([seen.length, codes()], [4, ["signature_mismatch", "body_too_large"]]);
});
