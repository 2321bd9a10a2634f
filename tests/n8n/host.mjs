// A small host for the trigger, which does around webhook() what n8n does, in n8n's order (its
// webhook-helpers and live-webhooks): static data is read from the store when a request comes in, and
// written when it is answered, by whoever answers last; an error while a workflow is started is a 500
// and writes nothing. Parameters, static data and expressions are n8n's own code.

import { once } from "node:events";
import { createRequire } from "node:module";

import express from "express";

const { NodeHelpers, Workflow } = createRequire(import.meta.url)("n8n-workflow");

const TYPE = "n8n-nodes-hookward.hookwardTrigger";

/** What n8n keeps of a workflow between requests; give it to another host for a restart. */
export const store = () => ({ staticData: "{}" });

/** A workflow with nothing but this trigger in it. */
export function triggerWorkflow(trigger, parameters, staticData) {
  const node = { id: "trigger-1", name: "Hookward Trigger", type: TYPE, typeVersion: 1, position: [0, 0], parameters };
  const nodeTypes = { getByName: () => trigger, getByNameAndVersion: () => trigger };
  return new Workflow({ id: "workflow-1", nodes: [node], connections: {}, active: true, nodeTypes, staticData });
}

/**
 * Starts a host on loopback.
 *
 * @param {{ trigger: object, parameters?: object, credentials?: object | Error, mode?: string, stored?: object,
 *   start?: (item: object, response: object) => Promise<void> | void, answer?: (item: object) => Promise<void> | void,
 *   found?: Promise<void>, keepsRawBody?: boolean, workflowId?: string }} options
 *   `start` stands for n8n starting the workflow, and in the modes that wait for it, running it; `answer`
 *   for the time between n8n's storing the static data and its answer, and `found` for that until it has
 *   the credential
 */
export async function startHost(options) {
  const { trigger, parameters = {}, credentials = { secret: "whsec_test" }, mode = "webhook", stored = store() } = options;
  const { start = () => {}, answer = () => {}, found, keepsRawBody = true } = options;
  const host = { runs: [], log: [], stored, handled: 0 };
  const app = express();
  app.disable("x-powered-by");
  app.use(async (request, response) => {
    const staticData = JSON.parse(stored.staticData);
    const workflow = triggerWorkflow(trigger, parameters, staticData);
    workflow.id = options.workflowId ?? workflow.id;
    const save = () => {
      if (workflow.staticData.__dataChanged) stored.staticData = JSON.stringify(workflow.staticData);
    };
    const chunks = await request.toArray();
    if (keepsRawBody) request.rawBody = Buffer.concat(chunks);
    else request.readRawBody = async () => { throw new Error("stream is not readable"); };
    const result = await trigger.webhook.call(context(workflow, request, response));
    try {
      if (result.workflowData) {
        const [[item]] = result.workflowData;
        if (!result.noWebhookResponse) await start(item, response);
        host.runs.push(item);
      }
    } catch (error) {
      response.status(error.status ?? 500).end(error.message);
      return;
    }
    save();
    if (result.workflowData) await answer(result.workflowData[0][0]);
    if (!result.noWebhookResponse && !response.headersSent) response.json({ message: "Workflow was started" });
    host.handled += 1;
  });

  const context = (workflow, request, response) => {
    const node = workflow.getNode("Hookward Trigger");
    const logged = (level) => (message) => host.log.push(`${level} ${message}`);
    return {
      getMode: () => mode,
      getNode: () => node,
      getWorkflow: () => ({ id: workflow.id }),
      getRequestObject: () => request,
      getResponseObject: () => response,
      getWorkflowStaticData: (type) => workflow.getStaticData(type, node),
      getCredentials: async () => {
        if (credentials instanceof Error) throw credentials;
        await found;
        return credentials;
      },
      getNodeParameter: (name, fallback) => {
        const value = resolve(trigger, node)[name];
        if (value === undefined && fallback === undefined) throw new Error(`Could not get parameter ${name}`);
        return value ?? fallback;
      },
      logger: { debug: logged("debug"), error: logged("error") },
    };
  };

  const server = app.listen(0, "127.0.0.1");
  await once(server, "listening");
  const base = `http://127.0.0.1:${server.address().port}`;
  host.stop = async () => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  };
  host.send = async ({ method = "POST", path = "/webhook/hooks", headers = {}, body } = {}) => {
    const answer = await fetch(base + path, { method, headers, body });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, text, json: parsed(text) };
  };
  host.address = server.address();
  return host;
}

/** A node's parameters with defaults, and without those that are hidden: n8n's own code. */
export function resolve(type, node) {
  return NodeHelpers.getNodeParameters(type.description.properties, node.parameters, true, false, node, type.description);
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
