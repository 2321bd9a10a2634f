// The load, in a process of its own: events signed as tinyposter signs them, sent on a number of
// connections. What to send to is `{ origin, path, secret, run }`.

import { Connection, nowMs, signedRequest } from "./wire.mjs";

/** As many events as go in `ms` (or `events` of them), each connection sending one after the other. */
export async function flood({ target, connections, ms = Infinity, events = Infinity }) {
  const requests = requestsTo(target);
  const latencies = [];
  const begun = nowMs();
  let next = 0;
  let accepted = 0;
  const refused = {};
  async function sender() {
    const connection = new Connection(target.origin);
    while (next < events && nowMs() - begun < ms) {
      const request = requests(next++);
      const sent = nowMs();
      const { status, text } = await connection.request(request);
      latencies.push(nowMs() - sent);
      if (status === 200 && text.includes('"accepted"')) accepted += 1;
      else refused[`${status} ${text.slice(0, 200)}`] = (refused[`${status} ${text.slice(0, 200)}`] ?? 0) + 1;
    }
    connection.close();
  }
  await Promise.all(Array.from({ length: connections }, sender));
  if (Object.keys(refused).length > 0) throw new Error(`not accepted: ${JSON.stringify(refused)}`);
  return { accepted, begun, tookMs: nowMs() - begun, latencies };
}

/** One event every `everyMs`, `events` in all; the time at which each was sent. */
export async function drip({ target, events, everyMs }) {
  const requests = requestsTo(target);
  const idle = [];
  const sent = [];
  const begun = nowMs();
  const answers = [];
  for (let number = 0; number < events; number += 1) {
    const wait = begun + number * everyMs - nowMs();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    const connection = idle.pop() ?? new Connection(target.origin);
    const request = requests(number);
    sent.push(nowMs());
    const answer = connection.request(request).then(({ status, text }) => {
      if (status !== 200) throw new Error(`${status} ${text}`);
      idle.push(connection);
    });
    answers.push(answer);
  }
  await Promise.all(answers);
  for (const connection of idle) connection.close();
  return sent;
}

/**
 * `events` events on `connections`, each sent again until it is acknowledged, as providers do: workerd
 * is killed meanwhile.
 */
export async function insist({ target, connections, events }) {
  const requests = requestsTo(target);
  const left = Array.from({ length: events }, (_, number) => events - 1 - number);
  let broken = 0;
  async function sender() {
    let connection = new Connection(target.origin);
    for (let number = left.pop(); number !== undefined; number = left.pop()) {
      try {
        const { status } = await connection.request(requests(number));
        if (status === 200) continue;
      } catch {
        connection = new Connection(target.origin);
      }
      broken += 1;
      left.push(number);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    connection.close();
  }
  await Promise.all(Array.from({ length: connections }, sender));
  return { broken, ended: nowMs() };
}

function requestsTo({ origin, ...target }) {
  const { host } = new URL(origin);
  return (number) => signedRequest({ ...target, host }, number);
}
