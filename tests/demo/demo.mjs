// The demo: the gateway in real workerd, a receiver that verifies with the npm package, and signed
// deliveries of four providers on their way through. Run by `cargo xtask demo`, on loopback alone.
//
// Exits 0 only if every line is as it should be.

import { Admin } from "../harness/admin.mjs";
import { startGateway } from "../harness/gateway.mjs";
import { checkNpm } from "../harness/npm.mjs";
import { senders } from "../harness/providers.mjs";
import { behave, startReceiver } from "../harness/receiver.mjs";
import { sleep, until } from "../harness/wait.mjs";
import { scenariosOf, send } from "./scenarios.mjs";
import { bold, columns, dim, heading, row, say, tally } from "./table.mjs";

const PROVIDERS = ["tinyposter", "tinysend", "letmepost", "standard-webhooks"];
const SCHEDULE_S = [1, 2];
/** How long a delivery too many would have had to show up. */
const SETTLE_MS = 800;
const LIMIT_MS = 110_000;

const plural = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;
const same = (a, b) => Buffer.from(a).equals(Buffer.from(b));

/** A source of `provider` and a destination that gets its events. */
async function connect(admin, receiver, provider) {
  const path = `/${provider}`;
  const source = await admin.source(provider);
  const destination = await admin.destination(receiver, path, source, { retry: { schedule_s: SCHEDULE_S } });
  return { provider, path, source, destination, arrived: () => receiver.at(path) };
}

/** Sends all scenarios of a provider and prints what came of them. */
async function showProvider({ provider, source, arrived }) {
  const done = [];
  for (const scenario of scenariosOf(provider)) {
    const sending = scenario.make(source);
    done.push({ scenario, post: sending.post, answer: await send(source, sending) });
  }
  const copiesOf = ({ post }) => arrived().filter(({ body }) => same(body, post.body));
  await until("the deliveries", () => done.every((each) => copiesOf(each).length >= each.scenario.arrivals), {
    timeoutMs: 5_000,
  }).catch(() => {}); // what is missing shows in the table
  await sleep(SETTLE_MS);

  heading(provider, `signed in ${senders[provider].signatureHeader}`);
  columns("sent", "came back", "arrived");
  for (const each of done) {
    const { scenario, answer } = each;
    const copies = copiesOf(each);
    const verified = copies.filter(({ verdict }) => verdict === "ok").length;
    const right = answer === scenario.answer && copies.length === scenario.arrivals && verified === copies.length;
    const seen = copies.length === 0 ? "nothing" : `${times(copies.length)}, ${verdictOf(copies)}`;
    const text = scenario.again && copies.length === 1 ? "nothing more" : seen;
    const expected = `${scenario.answer}, ${plural(scenario.arrivals, "verified arrival")}`;
    row([scenario.sent, answer, text], right, expected);
  }
}

const times = (count) => (count === 1 ? "once" : `${count} times`);
const verdictOf = (requests) => {
  const bad = requests.find(({ verdict }) => verdict !== "ok");
  return bad ? bad.verdict : "verified";
};

/** Lets the receiver fail for a while, for every provider at once. */
async function showFailures(admin, receiver, routes) {
  heading("the receiver fails for a while", `it answers 500; tried again after ${SCHEDULE_S.join(" s and ")} s`);
  columns("sent", "what became of it", "arrived");
  await Promise.all(
    routes.map(async (route) => {
      receiver.on(route.path, behave.status(500));
      route.doomed = route.source.sign();
      await route.source.post(route.doomed);
      await until(
        `${route.provider}: a dead letter`,
        async () => {
          [route.dead] = await admin.deliveries(route.destination.id, { status: "dead" });
          return route.dead;
        },
        { timeoutMs: 20_000, everyMs: 100 },
      );
      route.attemptsAtDeath = copies(route, route.doomed).length;

      route.saved = route.source.sign();
      await route.source.post(route.saved);
      await until(`${route.provider}: a failed attempt`, () => copies(route, route.saved).length === 1);
      receiver.on(route.path, behave.status(200));
      await until(`${route.provider}: the retry`, () => copies(route, route.saved).length === 2);

      const { id } = route.destination;
      await admin.must("POST", `/v1/destinations/${id}/deliveries/${route.dead.id}/replay`, {});
      await until(`${route.provider}: the replay`, () => copies(route, route.doomed).length > route.attemptsAtDeath);
    }),
  );
  await sleep(SETTLE_MS);
  for (const route of routes) showFailure(route);
  for (const route of routes) await showLog(admin, route);
}

const copies = ({ arrived }, { body }) => arrived().filter((request) => same(request.body, body));

function showFailure(route) {
  const [doomed, saved] = [copies(route, route.doomed), copies(route, route.saved)];
  const oneId = (requests) => new Set(requests.map((request) => request.get("webhook-id"))).size === 1;
  const verified = (requests) => requests.every(({ verdict }) => verdict === "ok");
  row(
    [
      `${route.provider}, then recovery`,
      `500, then ${plural(saved.length - 1, "retry").replace("retrys", "retries")}: 200`,
      `attempt ${saved.map((request) => request.get("hookward-attempt")).join(", ")}; ${oneId(saved) ? "one id" : "DIFFERENT ids"}`,
    ],
    saved.length === 2 && oneId(saved) && verified(saved),
    "2 attempts under one webhook-id, both verified",
  );
  row(
    [
      `${route.provider}, no recovery`,
      `${plural(route.attemptsAtDeath, "attempt")}: dead letter; replayed`,
      `${plural(doomed.length, "attempt")}, ${oneId(doomed) ? "one id" : "DIFFERENT ids"}, ${verdictOf(doomed)}`,
    ],
    route.attemptsAtDeath === 3 && doomed.length === 4 && oneId(doomed) && verified(doomed),
    "3 attempts and a dead letter, then 1 replayed, all under one webhook-id, verified",
  );
}

/** Nothing may be left over: every delivery of the log is delivered by now. */
async function showLog(admin, route) {
  const all = await until("the log to settle", async () => {
    const list = await admin.deliveries(route.destination.id);
    return list.every(({ status }) => status !== "pending") && list;
  });
  const open = all.filter(({ status }) => status !== "delivered");
  route.log = { all: all.length, open: open.length };
}

function showLogs(routes) {
  heading("the gateway's own log, at the end");
  for (const { provider, log } of routes) {
    const expected = provider === "letmepost" ? 5 : 4;
    row(
      [provider, plural(log.all, "delivery").replace("deliverys", "deliveries"), `${log.open} not delivered`],
      log.all === expected && log.open === 0,
      `${expected} deliveries, all delivered`,
    );
  }
}

async function main() {
  const begunMs = Date.now();
  const timer = setTimeout(() => {
    say("the demo did not end in time");
    process.exit(1);
  }, LIMIT_MS);
  say(bold("Hookward: signed webhooks on their way through the gateway"));
  const receiver = await startReceiver({ check: checkNpm });
  const gateway = await startGateway({ faults: false });
  say(dim(`gateway in workerd at ${gateway.origin}, receiver at ${receiver.origin} (verifies with the npm package)`));
  try {
    const admin = new Admin(gateway);
    const routes = await Promise.all(PROVIDERS.map((provider) => connect(admin, receiver, provider)));
    for (const route of routes) await showProvider(route);
    await showFailures(admin, receiver, routes);
    showLogs(routes);
  } catch (error) {
    say(gateway.lines.slice(-40).join("\n"));
    throw error;
  } finally {
    clearTimeout(timer);
    await gateway.stop();
    await receiver.stop();
  }
  const { good, bad } = tally();
  say();
  say(bold(`${good} of ${good + bad} as they should be`) + dim(`, in ${((Date.now() - begunMs) / 1000).toFixed(1)} s`));
  return bad === 0 ? 0 : 1;
}

process.exit(await main());
