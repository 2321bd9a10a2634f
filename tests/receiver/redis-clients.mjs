// The clients that RedisStore is for, each as its package makes it.

import { createRequire } from "node:module";
import { after } from "node:test";

import { tool } from "../packaging/packed.mjs";
import { freePort, startRedis } from "./servers.mjs";
import { until } from "../harness/wait.mjs";

const load = createRequire(tool("package.json"));

const closing = [];
after(() => Promise.all(closing.map((close) => close())));

/** A server that is stopped when the tests of the file are over. */
export async function redisServer(...args) {
  const server = await startRedis(...args);
  closing.push(server.stop);
  return server;
}

/** A cluster of one node, which refuses scripts that touch two slots as any other does. */
export async function clusterServer() {
  const bus = ["--cluster-port", String(await freePort())];
  const server = await redisServer("--cluster-enabled", "yes", "--cluster-announce-ip", "127.0.0.1", ...bus);
  const client = await nodeRedis("redis", server.url);
  await client.sendCommand(["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]);
  await until("the cluster to be up", async () => /cluster_state:ok/.test(await client.sendCommand(["CLUSTER", "INFO"])));
  return server;
}

/** A client of node-redis, connected. */
async function nodeRedis(module, url) {
  const client = load(module).createClient({ url, socket: { reconnectStrategy: 50 } });
  client.on("error", () => {});
  await client.connect();
  closing.push(() => client.disconnect());
  return client;
}

/** A client of ioredis, connected. */
async function ioRedis(module, url, options = {}) {
  const { Redis } = load(module);
  const client = new Redis(url, { retryStrategy: () => 50, ...options });
  client.on("error", () => {});
  await client.ping();
  closing.push(() => client.disconnect());
  return client;
}

/** Each gives a new connection to a server. */
export const CLIENTS = {
  "node-redis 6": (url) => nodeRedis("redis", url),
  "node-redis 5": (url) => nodeRedis("redis5", url),
  "node-redis 4": (url) => nodeRedis("redis4", url),
  "ioredis 6": (url) => ioRedis("ioredis", url),
  "ioredis 5": (url) => ioRedis("ioredis5", url),
  "ioredis with a prefix and numbers as text": (url) => ioRedis("ioredis5", url, { keyPrefix: "app:", stringNumbers: true }),
  "a function that sends a command": async (url) => {
    const client = await nodeRedis("redis", url);
    return (command) => client.sendCommand(command);
  },
};

/** The same, of a cluster. */
export const CLUSTER_CLIENTS = {
  "node-redis 6 of a cluster": async (url) => {
    const client = load("redis").createCluster({ rootNodes: [{ url }] });
    client.on("error", () => {});
    await client.connect();
    closing.push(() => client.destroy());
    return client;
  },
  "ioredis 6 of a cluster": async (url) => {
    const client = new (load("ioredis").Cluster)([url]);
    client.on("error", () => {});
    await client.ping();
    closing.push(() => client.disconnect());
    return client;
  },
};
