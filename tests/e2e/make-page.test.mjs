// npm/hookward/docs/make.md: the gateway in front of Make, set up by the page's own commands.

import assert from "node:assert/strict";
import { test } from "node:test";

import { filledIn, home, shellBlocks } from "../cli/page.mjs";
import { behave } from "../harness/receiver.mjs";
import { until } from "../harness/wait.mjs";
import { uniquePath, useWorld } from "../harness/world.mjs";

const world = useWorld({ faults: false });

test("make.md, the gateway in front: only genuine events arrive, with the key", async () => {
  const { run } = await home();
  const [, makeKey, tellSource, tellMake, tryIt] = await shellBlocks("make.md");
  const { gateway, receiver } = world;

  const made = await run(makeKey);
  assert.match(made.out, /^[0-9a-f]{64}\n$/);
  const key = made.out.trim();

  const secret = "whsec_make_page";
  const source = await run(filledIn(tellSource, { "https://hookward.example.workers.dev": gateway.origin, "the admin token": gateway.token, "whsec_…": secret }));
  assert.equal(source.code, 0, source.err);
  const { id, ingest_url } = JSON.parse(source.out);
  assert.match(id, /^src_/);

  const path = uniquePath();
  receiver.on(path, behave.status(200));
  const env = { GATEWAY: gateway.origin, TOKEN: gateway.token, WEBHOOK_SECRET: secret };
  const destination = await run(filledIn(tellMake, { "https://hook.eu2.make.com/…": receiver.url(path), "the value of the API key": key }), env);
  assert.equal(destination.code, 0, destination.err);
  assert.match(JSON.parse(destination.out).id, /^dst_/);
  assert.ok(!destination.out.includes(key), "the key is shown to nobody");

  // The gateway's own URL, as it is reached from here.
  const ingest = new URL(new URL(ingest_url).pathname, gateway.origin).href;
  const { code, out, err } = await run(filledIn(tryIt, { "https://hookward.example.workers.dev/in/…": ingest }), env);
  assert.equal(code, 0, out + err);
  assert.match(out, /^200 [^]*"accepted"[^]*^401 [^]*signature_mismatch/m);

  const [got, ...more] = await until("the delivery", () => receiver.at(path).length > 0 && receiver.at(path));
  assert.equal(more.length, 0);
  assert.equal(got.get("x-make-apikey"), key);
  assert.ok(got.get("webhook-id"));
  assert.equal(JSON.parse(got.body).type, "post.published");
});
