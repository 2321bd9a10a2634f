// The one account of a scenario: what was sent, acknowledged, delivered, delivered twice, and lost; by
// what the providers and the destinations saw, held against what the gateway says of itself.

import { until } from "../harness/wait.mjs";

/** What is counted of each destination. */
const COUNTED = ["owed", "delivered", "dead", "attempts", "duplicates", "lost", "renamed", "stuck", "forged"];

/** The account of one destination. */
async function accountOf(target, admin) {
  const { line } = target;
  const rows = await admin.deliveries(target.id, { limit: "100" });
  const idsByEvent = new Map();
  let forged = 0;
  for (const request of target.arrivals) {
    const event = line.eventOf(request.body);
    if (!idsByEvent.has(event)) idsByEvent.set(event, new Set());
    idsByEvent.get(event).add(request.get("webhook-id"));
    if (request.verdict !== "ok") forged += 1;
  }
  const took = target.takenByEvent();
  const owed = [...line.acknowledged.keys()].filter(target.owes);
  const missing = owed.filter((event) => !took.has(event));
  // A dead letter says nothing of the event it is: as many may be missing as there are of them.
  const dead = rows.filter(({ id, status }) => status === "dead" && !target.taken.has(id)).length;
  const claimed = rows.filter(({ id, status }) => status === "delivered" && !target.taken.has(id)).length;
  const stuck = rows.filter(({ status }) => status === "pending").length;
  const repeats = [...target.taken.values()].map(({ times }) => times - 1);
  return {
    owed: owed.length,
    delivered: owed.length - missing.length,
    dead: Math.min(dead, missing.length),
    attempts: target.arrivals.length,
    duplicates: repeats.reduce((sum, times) => sum + times, 0),
    lost: Math.max(missing.length - dead - stuck, claimed),
    // Another webhook-id for the same event, or more rows than there were events.
    renamed: [...idsByEvent.values()].filter((ids) => ids.size > 1).length + Math.max(0, rows.length - line.sent.size),
    stuck,
    forged,
  };
}

/**
 * The account of all lines of a world, and what is wrong with it.
 *
 * @returns {Promise<{ counts: Record<string, number>, wrong: string[] }>}
 */
export async function account(world) {
  const counts = Object.fromEntries(["sent", "acknowledged", "ignored", ...COUNTED].map((name) => [name, 0]));
  for (const line of world.lines) {
    counts.sent += line.sent.size;
    counts.acknowledged += line.acknowledged.size;
    counts.ignored += line.ignored.size;
    for (const target of line.targets) {
      for (const [name, count] of Object.entries(await accountOf(target, world.admin))) {
        counts[name] += count;
      }
    }
  }
  const wrong = [];
  if (counts.sent === 0) wrong.push("nothing was sent");
  if (counts.lost > 0) wrong.push(`${counts.lost} lost`);
  if (counts.renamed > 0) wrong.push(`${counts.renamed} events under a second webhook-id`);
  if (counts.stuck > 0) wrong.push(`${counts.stuck} stuck`);
  if (counts.forged > 0) wrong.push(`${counts.forged} that do not verify`);
  return { counts, wrong };
}

/**
 * Waits until no destination has anything pending, for `timeoutMs` at most: what is pending then is
 * found by the account. Returns the seconds that it took.
 */
export async function settled(world, timeoutMs) {
  const begun = Date.now();
  for (const target of world.lines.flatMap(({ targets }) => targets)) {
    const path = `/v1/destinations/${target.id}/deliveries?status=pending&limit=1`;
    const empty = async () => (await world.admin.must("GET", path)).data.length === 0;
    const left = Math.max(0, begun + timeoutMs - Date.now());
    await until("nothing pending", empty, { timeoutMs: left, everyMs: 250 }).catch(() => {});
  }
  return (Date.now() - begun) / 1000;
}

/** The value below which `share` of the numbers lie. */
export function quantile(numbers, share) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

/** Refusals as one would say them. */
export function refusals(lines) {
  const all = new Map();
  for (const { refused } of lines) {
    for (const [why, count] of refused) all.set(why, (all.get(why) ?? 0) + count);
  }
  return [...all].map(([why, count]) => `${count} × ${why}`).join(", ") || "none";
}
