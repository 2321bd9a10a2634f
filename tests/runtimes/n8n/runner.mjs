// n8n's task runner, which is the sandbox of its Code node, and a small broker that gives it tasks as n8n
// would: https://docs.n8n.io/hosting/configuration/task-runners/

import { once } from "node:events";
import { fileURLToPath } from "node:url";

import { WebSocketServer } from "ws";

import { startGroup } from "../../harness/process.mjs";
import { scratch } from "../../packaging/packed.mjs";

const runner = fileURLToPath(new URL("node_modules/@n8n/task-runner/dist/start.js", import.meta.url));
const START_MS = 60_000;

/**
 * Starts a runner.
 *
 * @param {{ modules: string, allowed: string[] }} options where it finds modules, and which ones a Code
 *   node may require
 */
export async function startRunner({ modules, allowed }) {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0, path: "/runners/_ws" });
  await once(server, "listening");
  const lines = [];
  const home = scratch();
  const group = startGroup(process.execPath, [runner], {
    cwd: home,
    env: {
      PATH: process.env.PATH,
      HOME: home,
      NODE_PATH: modules,
      N8N_RUNNERS_TASK_BROKER_URI: `http://127.0.0.1:${server.address().port}`,
      N8N_RUNNERS_GRANT_TOKEN: "unused",
      NODE_FUNCTION_ALLOW_EXTERNAL: allowed.join(","),
    },
    onLine: (line) => lines.push(line),
  });
  const stop = async () => {
    await group.kill();
    for (const client of server.clients) client.terminate();
    server.close();
  };
  let timer;
  const late = new Promise((resolve) => (timer = setTimeout(resolve, START_MS)));
  const connection = await Promise.race([once(server, "connection"), late, group.ended]);
  clearTimeout(timer);
  if (!Array.isArray(connection)) {
    await stop();
    throw new Error(`n8n's task runner did not start:\n${lines.join("\n")}`);
  }
  return { ...broker(connection[0], group, lines), stop };
}

/** The broker's side of one runner's connection. */
function broker(socket, group, lines) {
  const send = (message) => socket.send(JSON.stringify(message));
  // The runner offers to take tasks; an offer holds for some seconds, and one task takes it.
  const offers = [];
  const waiting = [];
  const tasks = new Map();
  const settle = (taskId, how, value) => {
    tasks.get(taskId)[how](value);
    tasks.delete(taskId);
  };
  const match = () => {
    while (waiting.length > 0 && offers.length > 0) {
      const { offerId, until } = offers.shift();
      if (until < Date.now()) continue;
      const taskId = `task ${offerId}`;
      tasks.set(taskId, waiting.shift());
      send({ type: "broker:taskofferaccept", offerId, taskId });
    }
  };
  const answers = {
    "runner:info": () => send({ type: "broker:runnerregistered" }),
    "runner:taskoffer": ({ offerId, validFor }) => {
      offers.push({ offerId, until: Date.now() + validFor });
      match();
    },
    "runner:taskaccepted": ({ taskId }) => {
      const { code } = tasks.get(taskId);
      send({ type: "broker:tasksettings", taskId, settings: { code, nodeMode: "runOnceForAllItems", continueOnFail: false } });
    },
    "runner:taskdatarequest": ({ taskId, requestId }) => {
      send({ type: "broker:taskdataresponse", taskId, requestId, data: execution(tasks.get(taskId)) });
    },
    "runner:nodetypesrequest": ({ taskId, requestId }) => send({ type: "broker:nodetypes", taskId, requestId, nodeTypes: [] }),
    "runner:rpc": ({ taskId, callId, name }) => {
      const { binary } = tasks.get(taskId);
      const known = name === "helpers.getBinaryDataBuffer" && binary;
      const data = known ? { type: "Buffer", data: [...binary] } : `the broker knows no ${name}, or there is no file`;
      send({ type: "broker:rpcresponse", taskId, callId, status: known ? "success" : "error", data });
    },
    "runner:taskdone": ({ taskId, data }) => {
      // n8n writes what has changed to its database.
      Object.assign(tasks.get(taskId).staticData, data.staticData);
      settle(taskId, "resolve", data.result);
    },
    "runner:taskerror": ({ taskId, error }) => settle(taskId, "reject", Object.assign(new Error(error.message), { error })),
    "runner:taskrejected": ({ taskId, reason }) => settle(taskId, "reject", new Error(reason)),
  };
  socket.on("message", (data) => {
    const message = JSON.parse(data);
    const answer = answers[message.type];
    if (answer) answer(message);
    else if (tasks.has(message.taskId)) settle(message.taskId, "reject", new Error(`the broker knows no ${message.type}`));
  });
  group.ended.then(() => {
    for (const task of [...waiting, ...tasks.values()]) task.reject(new Error(`the runner ended:\n${lines.join("\n")}`));
  });
  send({ type: "broker:inforequest" });
  return {
    /**
     * Runs a Code node's JavaScript over one item. Resolves to what it returned.
     *
     * @param {string} code
     * @param {object} [how]
     * @param {object} [how.json] the item
     * @param {Uint8Array} [how.binary] its file `data`; if there is none, the item has no file
     * @param {object} [how.staticData] the workflow's, which may be changed
     * @param {object} [how.variables] of the instance
     * @param {object} [how.env] the environment; if there is none, nodes may not read it
     */
    run: (code, { json = {}, binary, staticData = {}, variables = {}, env } = {}) =>
      new Promise((resolve, reject) => {
        waiting.push({ code, json, binary, staticData, variables, env, resolve, reject });
        match();
      }),
  };
}

/** What a runner wants to know of the workflow, of which there is only the Code node. */
function execution({ json, binary, staticData, variables, env }) {
  const item = { json, pairedItem: { item: 0 } };
  if (binary) item.binary = { data: { mimeType: "application/json", data: "kept elsewhere" } };
  const node = { id: "1", name: "Code", type: "n8n-nodes-base.code", typeVersion: 2, position: [0, 0], parameters: {} };
  return {
    workflow: { id: "1", name: "project", active: false, nodes: [node], connections: {}, settings: {}, staticData },
    node,
    inputData: { main: [[item]] },
    connectionInputSource: null,
    runExecutionData: { startData: {}, resultData: { runData: {}, pinData: {} }, executionData: {} },
    runIndex: 0,
    itemIndex: 0,
    defaultReturnRunIndex: -1,
    activeNodeName: node.name,
    contextNodeName: node.name,
    siblingParameters: {},
    selfData: {},
    mode: "manual",
    additionalData: { variables, restApiUrl: "", instanceBaseUrl: "", webhookBaseUrl: "", formWaitingBaseUrl: "" },
    envProviderState: { env: env ?? {}, isEnvAccessBlocked: env === undefined, isProcessAvailable: true },
  };
}
