// workerd is killed while destinations are made, changed and deleted. What was answered holds, and what
// was not answered is either done or not: after a sweep the list, each destination and the deliveries
// agree.

import { sleep, until } from "../../harness/wait.mjs";

export const what = "SIGKILLs while destinations are made, changed and deleted";

const SETTLE_MS = 60_000;

export async function run(world, { short, random, check }) {
  const rounds = short ? 1 : 12;
  const line = await world.line();
  /** What was answered of each destination: its name and status, or that it is gone. */
  const answered = new Map();
  /** Destinations of which the last change was not answered. */
  const open = new Set();
  const busy = new Set();
  const paths = [];
  let [changes, unanswered] = [0, 0];

  const attempt = async (id, method, path, body, done) => {
    changes += 1;
    try {
      const answer = await world.admin.call(method, path, body);
      if (answer.status < 300) return done(answer.json);
    } catch {
      // The answer died with workerd.
    }
    unanswered += 1;
    if (id) open.add(id);
    return undefined;
  };
  const make = () => {
    const path = world.path();
    paths.push(path);
    const url = world.receiver.url(path);
    const fields = { url, name: "made", sources: [line.source.id], retry: { schedule_s: [1, 1, 1] } };
    return attempt(undefined, "POST", "/v1/destinations", fields, ({ id }) => answered.set(id, { name: "made" }));
  };
  const rename = (id) => {
    const name = `renamed ${changes}`;
    return attempt(id, "PATCH", `/v1/destinations/${id}`, { name }, () => {
      answered.set(id, { ...answered.get(id), name });
    });
  };
  const remove = (id) =>
    attempt(id, "DELETE", `/v1/destinations/${id}`, undefined, () => {
      answered.set(id, { ...answered.get(id), gone: true });
    });

  /** One change after the other, until workerd is killed. */
  const operator = async (turn) => {
    while (!turn.over) {
      const free = [...answered.keys()].filter((id) => !open.has(id) && !busy.has(id) && !answered.get(id).gone);
      if (free.length < 3 || random.chance(0.4)) {
        await make();
        continue;
      }
      const id = random.pick(free);
      busy.add(id);
      await (random.chance(0.6) ? rename(id) : remove(id));
      busy.delete(id);
    }
  };
  for (let round = 0; round < rounds; round += 1) {
    const turn = { over: false };
    const operators = [operator(turn), operator(turn), operator(turn)];
    await sleep(random.between(50, 800));
    const killed = world.kill();
    turn.over = true;
    await Promise.all([killed, ...operators]);
  }
  await make();
  await world.gateway.sweep();
  await sleep(500);

  const listed = await listAll(world);
  let odd = 0;
  for (const { id, name, status } of listed) {
    const shown = await world.admin.must("GET", `/v1/destinations/${id}`);
    if (shown.name !== name || shown.status !== status) odd += 1;
  }
  const has = new Map(listed.map((row) => [row.id, row]));
  for (const [id, { name, gone }] of answered) {
    if (open.has(id)) continue;
    if (gone ? has.has(id) : has.get(id)?.name !== name) odd += 1;
  }
  check(odd === 0, `${changes} changes, ${unanswered} without an answer; ${odd} destinations are not as was said`);

  await line.push();
  const [[event]] = [...line.acknowledged];
  const got = (path) => world.receiver.at(path).filter(({ body }) => line.eventOf(body) === event).length;
  const served = () => paths.filter((path) => got(path) > 0).length;
  await until("the event everywhere", () => served() >= listed.length, { timeoutMs: SETTLE_MS, everyMs: 250 }).catch(() => {});
  await sleep(1_000);
  check(served() === listed.length, `the next event came to ${served()} destinations, and ${listed.length} are there`);
  check(paths.every((path) => got(path) <= 1), "and to none of them twice");
}

async function listAll(world) {
  const all = [];
  let cursor;
  do {
    const page = await world.admin.must("GET", `/v1/destinations?limit=100${cursor ? `&cursor=${cursor}` : ""}`);
    all.push(...page.data);
    cursor = page.next_cursor;
  } while (cursor);
  return all;
}
