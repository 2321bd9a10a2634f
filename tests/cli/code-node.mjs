// n8n's Code node, as far as a vm can be it: another realm, the globals that are there, what is frozen. The
// real one runs the same snippets in tests/runtimes/n8n.

import vm from "node:vm";

/** Before a snippet's own lines: what its clock says, in Unix seconds. */
export const atTime = (seconds) => `const Date = { now: () => ${seconds * 1000} };\n`;

/** A snippet with these secrets written into it. */
export function withSecrets(code, secrets) {
  const [before, after, ...more] = code.split('const SECRETS = [""]');
  if (after === undefined || more.length > 0) throw new Error("the snippet does not have its line for the secrets once");
  return `${before}const SECRETS = ${JSON.stringify(secrets)}${after}`;
}

/** The names and values of headers as a Webhook node gives them: in lower case, repeated ones joined. */
export function webhookHeaders(pairs) {
  const headers = {};
  for (const [name, value] of Array.isArray(pairs) ? pairs : Object.entries(pairs)) {
    const key = name.toLowerCase();
    headers[key] = key in headers ? `${headers[key]}, ${value}` : value;
  }
  return headers;
}

/** What a Webhook node hands on. */
export const item = (headers, body, more = {}) => ({ json: { headers: webhookHeaders(headers), ...more }, binary: { data: { body } } });

/**
 * Runs a Code node's JavaScript. Resolves to what it returned, as JSON carries it.
 *
 * @param {string} code
 * @param {object} [how]
 * @param {object[]} [how.items] see {@link item}
 * @param {object} [how.memory] the workflow's static data
 * @param {object} [how.globals] what else is there
 */
export async function codeNode(code, { items = [], memory = {}, globals = {} } = {}) {
  const getBinaryDataBuffer = async (index, property) => {
    const { binary, json } = items[index];
    return Buffer.from(typeof property === "string" ? binary[property].body : json._files.data.body);
  };
  const realm = vm.createContext({
    ...{ TextEncoder, TextDecoder, atob, btoa, Buffer },
    ...{ $input: { all: () => items }, helpers: { getBinaryDataBuffer }, $getWorkflowStaticData: () => memory },
    ...globals,
  });
  vm.runInContext("Object.freeze(Error.prototype); Object.defineProperty = Object.defineProperties = () => ({}); delete globalThis.crypto;", realm);
  const result = await vm.runInContext(`(async function () {${code}\n})()`, realm);
  return result === undefined ? undefined : JSON.parse(JSON.stringify(result));
}
