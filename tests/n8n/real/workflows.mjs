// The workflows that are imported besides the examples: the trigger for two more providers, Code nodes
// with the check pasted and required, and the nodes in their other modes.

import { execFileSync } from "node:child_process";

import { PROVIDERS } from "./deliveries.mjs";

const RAW = { options: { rawBody: true } };

/** What each provider's credential is called; the examples ask for it by this name. */
export const credentials = Object.entries(PROVIDERS).map(([provider, { secret }]) => ({
  id: `credential-${provider}`,
  name: `${provider} signing secret`,
  type: "hookwardApi",
  data: { secret, previousSecret: "", verifyToken: "" },
}));

const credential = (provider) => ({ hookwardApi: { id: `credential-${provider}`, name: `${provider} signing secret` } });

/** Builds a workflow from chains of nodes, each handing on to the next by its outputs in order. */
function workflow(name) {
  const nodes = [];
  const connections = {};
  return {
    add(type, typeVersion, title, parameters, more = {}) {
      nodes.push({ id: `${name}-${nodes.length}`, name: title, type, typeVersion, position: [0, 0], parameters, ...more });
      return title;
    },
    connect(from, ...to) {
      connections[from] = { main: to.map((title) => (title ? [{ node: title, type: "main", index: 0 }] : [])) };
    },
    text: () => JSON.stringify({ name, nodes, connections, settings: { executionOrder: "v1" }, pinData: {} }),
  };
}

/** The trigger alone, for a provider that no example is for. */
export function triggerWorkflow(provider) {
  const flow = workflow(provider);
  const parameters = { provider, path: provider, responseMode: "onReceived" };
  const from = flow.add("n8n-nodes-hookward.hookwardTrigger", 1, "Hookward Trigger", parameters, { credentials: credential(provider), webhookId: provider });
  flow.connect(from, flow.add("n8n-nodes-base.noOp", 1, "Then", {}));
  return flow.text();
}

/** The text of a Code node, as the command prints it, with the secret filled in. */
function code(cli, provider, ...more) {
  const args = [cli, "snippet", "--for", "n8n", "--provider", provider, ...more];
  const printed = execFileSync(process.execPath, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"], timeout: 30_000 });
  const filled = printed.replace('const SECRETS = [""]', `const SECRETS = [${JSON.stringify(PROVIDERS[provider].secret)}]`);
  if (filled === printed) throw new Error(`the text for ${provider} has no place for the secret`);
  return filled;
}

/** Webhook, Code and two answers, as docs/n8n.md has it: pasted, and with the package required; and pasted with `--once`. */
export function codeWorkflow(cli) {
  const flow = workflow("code");
  for (const provider of Object.keys(PROVIDERS)) {
    for (const [way, ...options] of [["pasted"], ["required", "--require"]]) {
      const title = `${provider} ${way}`;
      const from = webhook(flow, title, `${way}/${provider}`);
      const check = flow.add("n8n-nodes-base.code", 2, `${title}: check`, { jsCode: code(cli, provider, ...options) }, { onError: "continueErrorOutput" });
      flow.connect(from, check);
      flow.connect(check, respond(flow, `${title}: 200`, 200), respond(flow, `${title}: 401`, 401));
    }
  }
  const once = webhook(flow, "once", "once");
  const check = flow.add("n8n-nodes-base.code", 2, "once: check", { jsCode: code(cli, "tinyposter", "--once") });
  flow.connect(once, check);
  flow.connect(check, respond(flow, "once: 201", 201));
  return flow.text();
}

function webhook(flow, title, path) {
  return flow.add("n8n-nodes-base.webhook", 2.1, title, { httpMethod: "POST", path, responseMode: "responseNode", ...RAW }, { webhookId: path });
}

function respond(flow, title, responseCode) {
  const parameters = { respondWith: "json", responseBody: "={{ $json }}", options: { responseCode } };
  return flow.add("n8n-nodes-base.respondToWebhook", 1.5, title, parameters);
}

/** The nodes in their other modes, with tinyposter. */
export function modesWorkflow() {
  const flow = workflow("modes");
  const trigger = (path, parameters) =>
    flow.add("n8n-nodes-hookward.hookwardTrigger", 1, path, { provider: "tinyposter", path: `modes/${path}`, ...parameters }, { credentials: credential("tinyposter"), webhookId: path });
  const action = (title, parameters, more = {}) =>
    flow.add("n8n-nodes-hookward.hookward", 1, title, { provider: "tinyposter", ...parameters }, { credentials: credential("tinyposter"), ...more });

  const last = trigger("last", { responseMode: "lastNode", responseData: "firstEntryJson", options: { rawBody: true } });
  flow.connect(last, flow.add("n8n-nodes-base.noOp", 1, "last: the end", {}));

  const text = trigger("text", { responseMode: "onReceived", options: { responseCode: 202, responseText: "thanks" } });
  flow.connect(text, flow.add("n8n-nodes-base.noOp", 1, "text: the end", {}));

  const node = trigger("node", { responseMode: "responseNode" });
  const answer = { operation: "respond", responseCode: 202, responseBody: '={{ JSON.stringify({ id: $json.id, duplicate: $json.duplicate }) }}' };
  flow.connect(node, action("node: answer", answer));

  const verify = { operation: "verify", headers: "={{ $json.headers }}" };
  const checked = action("verify: check", verify);
  flow.connect(webhook(flow, "verify", "modes/verify"), checked);
  flow.connect(checked, respond(flow, "verify: 401", 401), respond(flow, "verify: 200", 200));

  // The binary field is not there: a fault of the node, which n8n is told to go on after.
  const broken = action("broken: check", { ...verify, binaryPropertyName: "nothing" }, { onError: "continueRegularOutput" });
  flow.connect(webhook(flow, "broken", "modes/broken"), broken);
  flow.connect(broken, respond(flow, "broken: 401", 401), respond(flow, "broken: 200", 200));

  // What n8n makes up for outputs that nothing came out of must not go on as valid.
  const always = action("always: check", verify, { alwaysOutputData: true });
  flow.connect(webhook(flow, "always", "modes/always"), always);
  flow.connect(always, respond(flow, "always: 401", 401), respond(flow, "always: 200", 200));
  const off = action("off: check", verify, { disabled: true });
  flow.connect(webhook(flow, "off", "modes/off"), off);
  flow.connect(off, respond(flow, "off: 401", 401), respond(flow, "off: 200", 200));
  return flow.text();
}
