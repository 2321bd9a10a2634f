// Where everything is delivered to, in a process of its own: answers 200 at once, and notes when each
// event of each run came first.

import net from "node:net";

import { eachRequest, eventOf, nowMs } from "./wire.mjs";

const ANSWER = Buffer.from("HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n\r\nok");

const runs = new Map();

/** Starts it; its port. */
export function listen() {
  const server = net.createServer((socket) => {
    socket.setNoDelay(true);
    eachRequest(socket, (body) => {
      note(eventOf(body));
      socket.write(ANSWER);
    });
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server.address().port)));
}

function note({ run, number }) {
  const seen = runOf(run);
  if (seen.first.has(number)) {
    seen.repeated += 1;
    return;
  }
  seen.last = nowMs();
  seen.first.set(number, seen.last);
  seen.tell?.();
}

function runOf(run) {
  if (!runs.has(run)) runs.set(run, { first: new Map(), repeated: 0, last: 0 });
  return runs.get(run);
}

/** Waits until `events` different events of `run` have come, or for `ms`. */
export async function wait({ run, events, ms }) {
  const seen = runOf(run);
  await new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    seen.tell = () => {
      if (seen.first.size < events) return;
      clearTimeout(timer);
      resolve();
    };
    seen.tell();
  });
  seen.tell = undefined;
  return { came: seen.first.size, repeated: seen.repeated, last: seen.last };
}

/** When each event of `run` came, by number; `null` for one that did not. */
export function times({ run, events }) {
  const { first } = runOf(run);
  return Array.from({ length: events }, (_, number) => first.get(number) ?? null);
}
