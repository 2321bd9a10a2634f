// Destinations and senders that mean harm: each costs at most its time-out and the read cap, and nobody
// else notices.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import http from "node:http";
import net from "node:net";
import { test } from "node:test";
import { gzipSync } from "node:zlib";

import { startWorkerd } from "../bench/gateway/workerd.mjs";
import { Admin } from "../harness/admin.mjs";
import { BUILD } from "../harness/gateway.mjs";
import { request } from "../harness/http.mjs";
import { behave } from "../harness/receiver.mjs";
import { sleep, until } from "../harness/wait.mjs";
import { assertOutcome, assertProblem, uniquePath, useWorld } from "../harness/world.mjs";

const world = useWorld();

/**
 * The gateway as shipped, without the proxy of wrangler dev before it, which answers an upload that is not
 * over in its own way; and a route through it.
 */
async function startDirect(t) {
  const direct = await startWorkerd(BUILD, {
    HOOKWARD_ADMIN_TOKEN: world.gateway.token,
    HOOKWARD_MASTER_KEY: world.gateway.vars.HOOKWARD_MASTER_KEY,
    HOOKWARD_ALLOW_LOOPBACK: "true",
  });
  t.after(() => direct.stop());
  direct.token = world.gateway.token;
  const admin = new Admin(direct);
  const path = uniquePath();
  const source = await admin.source("tinyposter");
  await admin.destination(world.receiver, path, source);
  return { direct, route: { source, arrived: () => world.receiver.at(path) } };
}

const MIB = 1024 * 1024;
/** How much more memory workerd may hold than before: what it keeps ready, not what it was sent. */
const MEMORY = 192 * MIB;
/** The first bytes of an answer that are kept, as characters. */
const KEPT = 2_048;
/** The time-out of an attempt, with what a busy machine adds. */
const TIMEOUT_MS = 13_000;

/** Writes the same bytes again and again, as fast as they are read. */
function pour(socket, chunk) {
  const pump = () => {
    while (!socket.destroyed && socket.write(chunk));
  };
  socket.on("drain", pump);
  pump();
}

/** Writes the same bytes now and then. */
function drip(socket, text, everyMs = 100) {
  const timer = setInterval(() => socket.write(text), everyMs);
  socket.on("close", () => clearInterval(timer));
}

/** Compressed zeros without end, a thousand times as much as they look, behind `status`. */
const BOMB = gzipSync(Buffer.alloc(64 * MIB), { level: 9 });
const bomb = (status) => (req) => {
  req.socket.write(`HTTP/1.1 ${status} Whatever\r\ncontent-encoding: gzip\r\ncontent-type: text/plain\r\n\r\n`);
  pour(req.socket, BOMB);
};

/** Says `text` and lets go of the connection, rudely where it says so. */
const say = (text, rudely = false) => (req) => {
  req.socket.write(text, () => (rudely ? req.socket.resetAndDestroy() : req.socket.end()));
};

/** What a destination does, and what has to come of the attempt: a status, or a class of failure. */
const HOSTILE = {
  "an endless body behind 200": [behave.endless(200), 200],
  "an endless body behind 500": [behave.endless(500), 500],
  "a slow drip behind 200": [behave.drip(200), 200],
  "a slow drip behind 500": [behave.drip(500), 500],
  "a head that never ends, slowly": [behave.slowHead(), "timeout"],
  "a head that never ends, fast": [
    (req) => {
      req.socket.write("HTTP/1.1 200 OK\r\n");
      pour(req.socket, Buffer.from(`x-more: ${"y".repeat(1_000)}\r\n`.repeat(64)));
    },
    "reset",
  ],
  "one header of eight megabytes": [
    (req) => req.socket.write(`HTTP/1.1 200 OK\r\nx-huge: ${"y".repeat(8 * MIB)}\r\n\r\n`),
    "reset",
  ],
  "a compression bomb behind 200": [bomb(200), 200],
  "a compression bomb behind 500": [bomb(500), 500],
  "what is no gzip, called gzip": [say("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 5\r\n\r\nhello"), 200],
  "a reset in the middle of the head": [say("HTTP/1.1 200 OK\r\nx-mo", true), "reset"],
  "a reset in the middle of the body": [say("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf", true), 200],
  "less body than it says": [say("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf"), 200],
  "a length, and chunks without end": [
    (req) => {
      req.socket.write("HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n");
      pour(req.socket, Buffer.from(`1000\r\n${"y".repeat(0x1000)}\r\n`));
    },
    200,
  ],
  "two lengths": [say("HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 99\r\n\r\nx"), "reset"],
  "103 without end": [(req) => drip(req.socket, "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n"), "timeout"],
  "100, and nothing more": [(req) => req.socket.write("HTTP/1.1 100 Continue\r\n\r\n"), "timeout"],
  "101, and then anything": [
    say("HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n\x00\x01"),
    101,
  ],
  "a redirect to itself": [(req, res) => behave.redirect(307, req.url)(req, res), 307],
  "a redirect to where nobody may go": [behave.redirect(302, "http://169.254.169.254/latest/"), 302],
  "no answer at all": [behave.hang(), "timeout"],
  "a connection that is closed at once": [behave.reset(), "reset"],
};

const detail = (destination, { id }) => world.admin.must("GET", `/v1/destinations/${destination.id}/deliveries/${id}`);

async function settled(destination) {
  let rows;
  await until(
    "a settled delivery",
    async () => {
      rows = await world.admin.deliveries(destination.id);
      return rows.length > 0 && rows.every(({ status }) => status !== "pending");
    },
    { timeoutMs: 40_000, everyMs: 100 },
  );
  return rows;
}

/** Posts to `route` while `work` goes on; returns how long the slowest delivery took. */
async function whileOthersGoOn({ source, arrived }, work) {
  let over = false;
  let slowestMs = 0;
  const before = arrived().length;
  const others = (async () => {
    for (let sent = 1; !over; sent += 1) {
      const begun = Date.now();
      assertOutcome(await source.post(), "accepted");
      await until("another's delivery", () => arrived().length >= before + sent, { timeoutMs: 10_000 });
      slowestMs = Math.max(slowestMs, Date.now() - begun);
      await sleep(100);
    }
  })();
  const result = await work().finally(() => (over = true));
  await others;
  return { result, slowestMs };
}

test("invented source ids, many and fast, ask no object at all", async () => {
  const real = await world.admin.source("tinyposter");
  await world.gateway.setFaults({ registry: { fetch: "count" } });
  const invented = () => `src_${randomBytes(20).toString("hex")}`;
  const close = () => real.id.slice(0, -2) + (real.id.endsWith("00") ? "01" : "00");
  const ask = async (at) => {
    const id = at % 2 === 0 ? invented() : close();
    const method = at % 3 === 0 ? "GET" : "POST";
    const url = `${world.gateway.origin}/in/${id}${at % 5 === 0 ? "?challenge=x" : ""}`;
    const answer = await request(url, { method, ...(method === "POST" ? real.sign() : {}) });
    assertProblem(answer, 404, "unknown_source");
  };
  let left = 500;
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      while (left > 0) {
        left -= 1;
        await ask(left);
      }
    }),
  );
  assert.deepEqual(await world.gateway.faultHits(), {});
});

test("a flood of unsigned and forged deliveries asks no queue, and the registry hardly ever", async () => {
  const { source, destination, arrived } = await world.route("tinyposter");
  assertOutcome(await source.post(), "accepted");
  await until("the delivery", () => arrived().length === 1);
  const counted = { registry: { fetch: "count" }, queues: { [destination.id]: { fetch: "count" } } };
  await world.gateway.setFaults(counted);
  const begun = Date.now();
  let left = 1_000;
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      while (left > 0) {
        left -= 1;
        const { headers, body } = source.sign();
        const unsigned = headers.filter(([name]) => !/signature/i.test(name));
        const answer = await source.post(left % 2 ? { headers: unsigned, body } : { headers, body: `${body} ` });
        assertProblem(answer, 401);
      }
    }),
  );
  const hits = await world.gateway.faultHits();
  // A look-up in 2.5 s, and the rejections handed over once in 10 s; those of the tests before on top.
  const allowed = 4 + Math.ceil((Date.now() - begun) / 2_500) * 2;
  assert.ok((hits["registry.fetch"] ?? 0) <= allowed, `${JSON.stringify(hits)}, allowed ${allowed}`);
  assert.equal(hits[`queues.${destination.id}.fetch`] ?? 0, 0);
  assertOutcome(await source.post(), "accepted");
});

/** Uploads without end; how it ended, and how much was written until then. */
function uploadWithoutEnd({ origin, id }, head) {
  return new Promise((resolve) => {
    const { port } = new URL(origin);
    const socket = net.connect(Number(port), "127.0.0.1");
    let answer = "";
    socket.on("data", (bytes) => (answer += bytes));
    socket.on("error", () => {});
    const end = () => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ answer, written: socket.bytesWritten });
    };
    const timer = setTimeout(end, 10_000);
    socket.on("close", end);
    socket.write(`POST /in/${id} HTTP/1.1\r\nhost: ${port}\r\n${head}\r\n\r\n`);
    const chunk = Buffer.alloc(16 * 1024, "x");
    const framed = /chunked/.test(head) ? Buffer.concat([Buffer.from("4000\r\n"), chunk, Buffer.from("\r\n")]) : chunk;
    pour(socket, framed);
  });
}

test("bodies without end are cut off while they are read, many of them at once", async (t) => {
  const { direct, route } = await startDirect(t);
  const at = { origin: direct.origin, id: route.source.id };
  const heads = ["transfer-encoding: chunked", `content-length: ${1024 * MIB}`];
  const before = direct.rssMb();
  const { result, slowestMs } = await whileOthersGoOn(route, async () => {
    const ended = [];
    for (let round = 0; round < 4; round += 1) {
      const both = heads.flatMap((head) => Array.from({ length: 6 }, () => uploadWithoutEnd(at, head)));
      ended.push(...(await Promise.all(both)));
    }
    return ended;
  });
  // A connection that is closed on a sender that goes on sending may take the answer with it.
  for (const { answer } of result) assert.match(answer, /^(HTTP\/1\.1 413 |$)/);
  assert.ok(result.some(({ answer }) => answer.startsWith("HTTP/1.1 413 ")));
  const most = Math.max(...result.map(({ written }) => written));
  assert.ok(most < 16 * MIB, `${most} bytes were taken`);
  assert.ok(slowestMs < 5_000, `others waited ${slowestMs} ms`);
  assert.ok(direct.rssMb() - before < MEMORY / MIB, `${direct.rssMb() - before} MB more`);
});

test("a length over the cap is refused before the body; bodies that drip keep nobody waiting", async (t) => {
  const { direct, route } = await startDirect(t);
  const url = `${direct.origin}/in/${route.source.id}`;
  const declared = await new Promise((resolve, reject) => {
    const headers = { "content-length": 1024 * MIB };
    const req = http.request(url, { method: "POST", headers, agent: false, timeout: 5_000 });
    req.once("response", (res) => resolve(res.resume().statusCode));
    req.once("timeout", () => req.destroy(new Error("no answer")));
    req.on("error", reject);
    req.flushHeaders();
  });
  assert.equal(declared, 413);

  const { port, pathname } = new URL(url);
  const sockets = Array.from({ length: 100 }, () => {
    const socket = net.connect(Number(port), "127.0.0.1").on("error", () => {});
    socket.write(`POST ${pathname} HTTP/1.1\r\nhost: x\r\ncontent-length: 5000\r\n\r\n{`);
    drip(socket, " ", 500);
    return socket;
  });
  const { slowestMs } = await whileOthersGoOn(route, () => sleep(3_000));
  for (const socket of sockets) socket.destroy();
  assert.ok(slowestMs < 5_000, `others waited ${slowestMs} ms`);
});

test("a body that drips is given up on after 30 s, to be sent again", async (t) => {
  const { direct, route } = await startDirect(t);
  const { port } = new URL(direct.origin);
  const answered = async (framing, piece) => {
    const begun = Date.now();
    const socket = net.connect(Number(port), "127.0.0.1").on("error", () => {});
    socket.write(`POST /in/${route.source.id} HTTP/1.1\r\nhost: x\r\n${framing}`);
    drip(socket, piece, 500);
    const [answer] = await once(socket, "data");
    socket.destroy();
    return { answer: answer.toString(), tookMs: Date.now() - begun };
  };
  const answers = await Promise.all([
    answered("content-length: 5000\r\n\r\n{", " "),
    answered("transfer-encoding: chunked\r\n\r\n1\r\n{\r\n", "1\r\n \r\n"),
  ]);
  for (const { answer, tookMs } of answers) {
    assert.match(answer, /^HTTP\/1\.1 503 /);
    assert.ok(tookMs > 29_000 && tookMs < 40_000, `${tookMs} ms`);
  }
});

test("hostile destinations, all at once: each attempt ends in time, with the right result", async () => {
  const others = await world.route("tinyposter");
  const before = world.gateway.memory();
  const judge = async ([name, [behaviour, expected]]) => {
    const { source, destination, arrived } = await world.route("tinyposter", {
      behaviours: [behaviour, behave.status(200)],
      destination: { retry: { schedule_s: [1] } },
    });
    assertOutcome(await source.post(), "accepted");
    const [row] = await settled(destination);
    assert.equal(row.status, "delivered", name);
    const { attempts } = await detail(destination, row);
    const [first] = attempts;
    const got = first.status ?? first.error;
    assert.equal(got, expected, `${name}: ${JSON.stringify(first)}`);
    assert.ok(first.duration_ms <= TIMEOUT_MS, `${name}: ${first.duration_ms} ms`);
    assert.ok((first.response ?? "").length <= KEPT, `${name}: ${first.response?.length} characters kept`);
    const delivered = got === 200;
    assert.equal(arrived().length, delivered ? 1 : 2, `${name}: ${JSON.stringify(attempts)}`);
    // A destination that misbehaves keeps its own next event from nothing either.
    assertOutcome(await source.post(), "accepted");
    await until(`${name}: the next event`, () => arrived().length === (delivered ? 2 : 3), { timeoutMs: 10_000 });
  };
  const { result, slowestMs } = await whileOthersGoOn(others, () =>
    Promise.allSettled(Object.entries(HOSTILE).map(judge)),
  );
  const failed = result.filter(({ status }) => status === "rejected");
  assert.deepEqual(failed.map(({ reason }) => reason.message), []);
  assert.ok(slowestMs < 5_000, `others waited ${slowestMs} ms`);
  const grown = world.gateway.memory() - before;
  assert.ok(grown < MEMORY, `${Math.round(grown / MIB)} MiB more`);
});

test("answers that never come to the end that they declare are let go of", async () => {
  const open = new Set();
  const { source, destination } = await world.route("tinyposter", {
    behaviours: ({ socket }) => {
      open.add(socket);
      socket.on("close", () => open.delete(socket));
      socket.write("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf");
    },
    destination: { concurrency: 6, retry: { schedule_s: [1] } },
  });
  // Twice as many as an object may have connections at a time.
  for (let i = 0; i < 12; i += 1) assertOutcome(await source.post(), "accepted");
  const delivered = async () => (await world.admin.deliveries(destination.id)).filter(({ status }) => status === "delivered");
  await until("twelve deliveries", async () => (await delivered()).length === 12, { timeoutMs: 8_000, everyMs: 100 });
  await until("twelve closed connections", () => open.size === 0, { timeoutMs: 3_000 });
  const [row] = await delivered();
  assert.equal((await detail(destination, row)).attempts[0].response, "half");
});

test("a redirect loop is one request an attempt, and a dead letter in the end", async () => {
  const { source, destination, arrived } = await world.route("tinyposter", {
    behaviours: (req, res) => behave.redirect(308, req.url)(req, res),
    destination: { retry: { schedule_s: [1, 1] } },
  });
  assertOutcome(await source.post(), "accepted");
  const [row] = await settled(destination);
  assert.equal(row.status, "dead");
  assert.equal(arrived().length, 3);
});

/** A process that listens and is then stopped: the kernel takes a few connections, and after that none. */
async function neverAccepting(t) {
  const code = `const server = require("node:net").createServer();
    server.listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => console.log(server.address().port));`;
  const child = spawn(process.execPath, ["-e", code], { stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => child.kill("SIGKILL"));
  const [line] = await once(child.stdout, "data");
  const port = Number(String(line));
  child.kill("SIGSTOP");
  const fillers = Array.from({ length: 8 }, () => net.connect(port, "127.0.0.1").on("error", () => {}));
  t.after(() => fillers.forEach((socket) => socket.destroy()));
  await sleep(300);
  return port;
}

test("a destination that accepts no connection is given up on in time", async (t) => {
  const port = await neverAccepting(t);
  const source = await world.admin.source("tinyposter");
  const deaf = { url: () => `http://127.0.0.1:${port}/`, expectSecret() {} };
  const destination = await world.admin.destination(deaf, "/", source, { retry: { schedule_s: [1] } });
  const { slowestMs } = await whileOthersGoOn(await world.route("tinyposter"), async () => {
    assertOutcome(await source.post(), "accepted");
    const [row] = await settled(destination);
    assert.equal(row.status, "dead");
    const { attempts } = await detail(destination, row);
    assert.equal(attempts.length, 2);
    for (const { error, duration_ms } of attempts) {
      assert.match(error, /timeout|connect|reset|network/);
      assert.ok(duration_ms <= TIMEOUT_MS, `${duration_ms} ms`);
    }
  });
  assert.ok(slowestMs < 5_000, `others waited ${slowestMs} ms`);
});
