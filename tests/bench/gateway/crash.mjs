// SIGKILL: how long until the last event is delivered, with providers that go on sending, and with nothing
// that comes in any more.

import { setTimeout as sleep } from "node:timers/promises";

import { table } from "../table.mjs";
import { newRun } from "./subjects.mjs";
import { nowMs } from "./wire.mjs";

const TIMEOUT_MS = 120_000;

/** Returns Markdown. */
export async function report({ load, receiver, subjects, quick }) {
  const subject = subjects.find(({ name, mode }) => name === "hookward" && mode === "on_duplicate");
  const events = quick ? 100 : 3_000;
  const rows = [
    ["under load", await killed(subject, events, load, receiver, { underLoad: true })],
    ["with a backlog, and nothing new", await killed(subject, events, load, receiver, { underLoad: false })],
  ];
  return [
    "## After a SIGKILL",
    "",
    table(
      ["killed", "sent", "delivered", "lost", "sent twice", "back after, s", "last delivery after, s"],
      rows.map(([what, one]) => [
        what,
        events,
        one.came,
        events - one.came,
        one.repeated,
        one.backS.toFixed(1),
        one.lastS.toFixed(1),
      ]),
    ),
    "",
    "Seconds from the kill. What was not acknowledged is sent again, as providers do.",
    "",
  ].join("\n");
}

async function killed(subject, events, load, receiver, { underLoad }) {
  const run = newRun();
  const target = { origin: subject.workerd.origin, ...(await subject.queue()), run };
  const sending = load.call("insist", { target, connections: 32, events });
  if (underLoad) await receiver.call("wait", { run, events: events / 3, ms: TIMEOUT_MS });
  else await sending;
  const killedAt = nowMs();
  await subject.workerd.restart();
  const backS = (nowMs() - killedAt) / 1000;
  await sending;
  const { came, repeated, last } = await receiver.call("wait", { run, events, ms: TIMEOUT_MS });
  // What is still under way would count as sent twice in the next round.
  await sleep(200);
  return { came, repeated, backS, lastS: Math.max(0, last - killedAt) / 1000 };
}
