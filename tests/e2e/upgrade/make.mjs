// Makes the state that upgrade.test.mjs starts from: runs an older gateway, lets it store something of
// everything, kills it, and writes what its objects hold as SQL to state.json beside this file.
//
//   node tests/e2e/upgrade/make.mjs FOLDER_OF_THE_OLDER_BUILT_WORKER ITS_COMMIT
//
// To be run again only to add what an older gateway stored; a state that has been committed stays.

import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { Admin } from "../../harness/admin.mjs";
import { startGateway } from "../../harness/gateway.mjs";
import { behave, startReceiver } from "../../harness/receiver.mjs";
import { sleep, until } from "../../harness/wait.mjs";
import { dump, objectFolders } from "./objects.mjs";
import { ADMIN_TOKEN, EVENTS, MASTER_KEY, RECEIVER } from "./old.mjs";

const [build, commit] = process.argv.slice(2);
if (!build || !commit || !existsSync(join(build, "index.js"))) {
  throw new Error("usage: make.mjs FOLDER_OF_THE_OLDER_BUILT_WORKER ITS_COMMIT");
}

const receiver = await startReceiver(RECEIVER);
const gateway = await startGateway({
  build,
  vars: { HOOKWARD_ADMIN_TOKEN: ADMIN_TOKEN, HOOKWARD_MASTER_KEY: MASTER_KEY },
});
try {
  const made = await fill(new Admin(gateway));
  // What is written in the background.
  await sleep(12_000);
  await gateway.kill9();
  const madeAtMs = Date.now();
  const objects = {};
  for (const [kind, folder] of Object.entries(objectFolders(gateway.stateDir))) {
    for (const file of readdirSync(folder).filter((name) => /^[0-9a-f]{64}\.sqlite$/.test(name))) {
      objects[`${kind}/${file}`] = dump(join(folder, file), madeAtMs);
    }
  }
  const state = { commit, made, objects };
  const path = fileURLToPath(new URL("state.json", import.meta.url));
  writeFileSync(path, `${JSON.stringify(state, null, 1)}\n`);
  console.log(`${Object.keys(objects).length} objects in ${path}`);
} finally {
  await gateway.stop();
  await receiver.stop();
}

/** Sources, destinations, and deliveries in every state that there is. */
async function fill(admin) {
  const posts = await admin.source("tinyposter");
  const others = await admin.source("standard-webhooks", { tolerance_s: 120 });
  const off = await admin.source("tinysend");
  await admin.must("PATCH", `/v1/sources/${off.id}`, { enabled: false });

  const destinations = {};
  const to = async (name, source, fields) => {
    const made = await admin.destination(receiver, `/${name}`, source, { name, ...fields });
    destinations[name] = { id: made.id, secret: made.secret };
    return made.id;
  };
  receiver.on("/retrying", behave.status(500));
  receiver.on("/given-up", behave.status(503));
  receiver.on("/gone", behave.status(410));
  receiver.on("/deleted", behave.status(500));
  await to("delivered", posts, {
    sources: ["*"],
    headers: { "x-team-key": "an old value" },
    concurrency: 2,
  });
  await to("retrying", posts, { retry: { schedule_s: [3600, 7200] }, events: ["post.*"] });
  await to("given-up", posts, { retry: { schedule_s: [1] } });
  await to("gone", posts);
  const paused = await to("paused", posts, { signing: { profile: "tinyposter" } });
  const disabled = await to("disabled", posts, { signing: { profile: "none" } });
  const deleted = await to("deleted", posts);
  await admin.patchDestination(paused, { status: "paused" });
  await admin.patchDestination(disabled, { status: "disabled" });
  const rotated = await admin.must("POST", `/v1/destinations/${paused}/rotate-secret`, {
    overlap_s: 604_800,
  });
  destinations.paused.newSecret = rotated.secret;

  for (const id of EVENTS) await accepted(posts, { id });
  await accepted(others, { id: "another" });
  const forged = posts.sign();
  await posts.post({ ...forged, body: `${forged.body} ` });

  const settled = (name, count, probe) =>
    until(`what ${name} comes to`, async () => {
      const all = await admin.deliveries(destinations[name].id);
      return all.length === count && all.every(probe);
    });
  const dead = (one) => one.status === "dead";
  await settled("delivered", EVENTS.length + 1, (one) => one.status === "delivered");
  await settled("retrying", EVENTS.length, (one) => one.status === "pending" && one.attempts === 1);
  for (const name of ["given-up", "gone", "disabled"]) await settled(name, EVENTS.length, dead);
  await settled("paused", EVENTS.length, (one) => one.status === "pending");
  await admin.must("DELETE", `/v1/destinations/${deleted}`);
  const sources = [posts, others, off].map(({ id, provider, secret }) => ({ id, provider, secret }));
  return { sources, destinations };
}

async function accepted(source, event) {
  const answer = await source.post(source.sign(event));
  if (answer.json?.status !== "accepted") throw new Error(`${answer.status} ${answer.text}`);
}
