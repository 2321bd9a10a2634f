// What the demo sends for each provider, and what has to come of it.

import { request } from "../harness/http.mjs";
import { nowS, senders } from "../harness/providers.mjs";

const COPIES = 20;
const HOUR_S = 3600;

/**
 * One line of the demo's table.
 *
 * @typedef {object} Scenario
 * @property {string} sent in words
 * @property {(source: import("../harness/admin.mjs").Source) => { post: object, copies?: number }} make
 *   the delivery and how many copies of it are sent at once
 * @property {string} answer what has to come back, as `summary` writes it
 * @property {number} arrivals how often exactly these bytes have to arrive
 */

/** The scenarios for `provider`. Those that build on the one before share its delivery. */
export function scenariosOf(provider) {
  const { timed } = senders[provider];
  // tinysend signs no timestamp: its time is the `created_at` inside the signed body, good for 24 hours.
  const staleS = { tinyposter: 37 * HOUR_S, tinysend: 25 * HOUR_S, letmepost: 13 * HOUR_S }[provider] ?? 600;
  const age = staleS >= HOUR_S ? `${staleS / HOUR_S} hours` : `${staleS / 60} minutes`;
  let good;
  const list = [
    {
      sent: "a good delivery",
      make: (source) => ({ post: (good = source.sign()) }),
      answer: "200 accepted",
      arrivals: 1,
    },
    { sent: "the same again", make: () => ({ post: good }), answer: "200 duplicate", arrivals: 1, again: true },
    {
      sent: `${COPIES} copies of one at once`,
      make: (source) => ({ post: source.sign(), copies: COPIES }),
      answer: `200 accepted × 1, duplicate × ${COPIES - 1}`,
      arrivals: 1,
    },
    {
      sent: "a tampered body",
      make: (source) => {
        const { headers, body } = source.sign();
        return { post: { headers, body: body.replace('"type"', '"tYpe"') } };
      },
      answer: "401 signature_mismatch",
      arrivals: 0,
    },
    {
      sent: "signed with a wrong secret",
      make: (source) => ({ post: source.sign.call({ ...source, secret: senders[provider].secret() }) }),
      answer: "401 signature_mismatch",
      arrivals: 0,
    },
    {
      sent: `${timed ? "signed" : "created"} ${age} ago`,
      make: (source) => ({ post: source.sign({ atS: nowS() - staleS }) }),
      answer: "401 timestamp_too_old",
      arrivals: 0,
    },
    {
      sent: `${timed ? "signed" : "created"} an hour in the future`,
      make: (source) => ({ post: source.sign({ atS: nowS() + HOUR_S }) }),
      answer: "401 timestamp_in_future",
      arrivals: 0,
    },
  ];
  if (provider === "letmepost") {
    list.push({
      sent: "a retry, signed two hours ago",
      make: (source) => ({ post: source.sign({ atS: nowS() - 2 * HOUR_S }) }),
      answer: "200 accepted",
      arrivals: 1,
    });
  }
  return list;
}

/** Sends a scenario's deliveries; what came back, in the words of `Scenario.answer`. */
export async function send(source, { post, copies = 1 }) {
  const answers = await Promise.all(
    Array.from({ length: copies }, () => request(source.url, { method: "POST", ...post })),
  );
  return summary(answers);
}

function summary(answers) {
  const groups = new Map();
  for (const { status, json } of answers) {
    const outcome = json?.status === status ? json.code : (json?.status ?? json?.code ?? "?");
    const key = `${status} ${outcome}`;
    groups.set(key, (groups.get(key) ?? 0) + 1);
  }
  const sorted = [...groups].sort(([a], [b]) => a.localeCompare(b));
  if (sorted.length === 1) return answers.length === 1 ? sorted[0][0] : `${sorted[0][0]} × ${sorted[0][1]}`;
  const [first, ...others] = sorted.map(([key, count]) => `${key} × ${count}`);
  return [first, ...others.map((text) => text.replace(`${first.slice(0, 3)} `, ""))].join(", ");
}
