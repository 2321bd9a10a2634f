// What nearly every test file needs: one gateway, one receiver, one admin; started before the file's
// tests and stopped after them.

import assert from "node:assert/strict";
import { after, afterEach, before } from "node:test";

import { Admin } from "./admin.mjs";
import { startGateway } from "./gateway.mjs";
import { checkNpm } from "./npm.mjs";
import { checkStandard, startReceiver } from "./receiver.mjs";

const LINES_SHOWN = 60;

/**
 * Declares the file's world. Its fields are set once the tests run.
 *
 * @param {Parameters<typeof startGateway>[0]} [options]
 * @param {() => Promise<void>} [setUp] what else is to be done before the first test
 * @returns {{ gateway: any, receiver: any, admin: Admin, route: Function }}
 */
export function useWorld(options, setUp = async () => {}) {
  const world = {
    /**
     * A source of `provider` and a destination at a path of its own that gets its events.
     *
     * @param {string} provider
     * @param {{ behaviours?: any, source?: object, destination?: object }} [fields]
     */
    async route(provider, { behaviours, source: sourceFields, destination: fields } = {}) {
      const path = uniquePath();
      if (behaviours) world.receiver.on(path, behaviours);
      const source = await world.admin.source(provider, sourceFields);
      const destination = await world.admin.destination(world.receiver, path, source, fields);
      return { source, destination, path, arrived: () => world.receiver.at(path) };
    },
  };
  before(async () => {
    world.receiver = await startReceiver({ check: checkBoth });
    world.gateway = await startGateway(options);
    world.admin = new Admin(world.gateway);
    await setUp();
  });
  afterEach(async (context) => {
    if (context.passed === false || context.error) {
      console.error(world.gateway?.lines.slice(-LINES_SHOWN).join("\n"));
    }
    if (world.gateway?.faulty) await world.gateway.setFaults({}).catch(() => {});
  });
  after(async () => {
    await world.gateway?.stop();
    await world.receiver?.stop();
  });
  return world;
}

/** The npm package's verdict and that of node:crypto, which have to agree. */
function checkBoth(secret, got) {
  const [npm, independent] = [checkNpm(secret, got), checkStandard(secret, got)];
  return npm === "ok" && independent === "ok" ? "ok" : `npm: ${npm}, node:crypto: ${independent}`;
}

let paths = 0;
/** A path of the receiver that no other test uses. */
export function uniquePath() {
  paths += 1;
  return `/hook/${paths}`;
}

/** Asserts that `answer` is a problem document with `status` and `code`. */
export function assertProblem(answer, status, code) {
  const seen = `${answer.status} ${answer.text.slice(0, 300)}`;
  assert.equal(answer.status, status, seen);
  assert.match(answer.headers["content-type"] ?? "", /^application\/problem\+json/, seen);
  assert.equal(typeof answer.json?.code, "string", seen);
  assert.match(answer.json.code, /^[a-z0-9_]+$/, seen);
  assert.equal(answer.json.status, status, seen);
  assert.equal(typeof answer.json.title, "string", seen);
  if (code !== undefined) assert.equal(answer.json.code, code, seen);
}

/** Asserts that an ingest answered 200 with `outcome` ("accepted", "duplicate" or "ignored"). */
export function assertOutcome(answer, outcome) {
  assert.equal(answer.status, 200, `${answer.status} ${answer.text.slice(0, 300)}`);
  assert.equal(answer.json?.status, outcome, answer.text);
}
