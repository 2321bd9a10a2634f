// The text of a Code node in n8n: the verifier for one provider, and the lines around it.
//
// What n8n's sandbox has and has not: no crypto, no import, Error.prototype frozen, values of another realm,
// Object.defineProperty without effect.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { deflateRawSync } from "node:zlib";
import type { SchemeOptions } from "hookward";
import { prepared, type Subject } from "./subject.js";

export interface CodeNode {
  /** Whether the package is installed where n8n finds it; if not, it is in the text. */
  readonly require: boolean;
  /** Whether the workflow remembers events, and drops those that come again. */
  readonly once: boolean;
  /** Where the secret is. */
  readonly secret: { readonly from: "code" } | { readonly from: "env" | "vars"; readonly name: string };
}

/** Events that a workflow remembers: they are one text in n8n's database, written after each execution. */
const MOST_KEYS = 1000;

/** Characters of a line of the module's text: editors are slow with long ones, and atob() skips line ends. */
const LINE = 160;

export function codeNode(subject: Subject, { require, once, secret }: CodeNode): string {
  const { id, name, tolerance: usual } = subject.provider;
  const { version } = createRequire(import.meta.url)("hookward/package.json") as { version: string };
  const { url, tolerance, own } = subject;
  const options = [
    require && own ? "scheme" : `provider: ${JSON.stringify(id)}`,
    "secrets: SECRETS",
    "headers: item.json.headers",
    "body",
    ...(tolerance === usual ? [] : [`tolerance: ${tolerance}`]),
    ...(url === undefined ? [] : ['method: "POST"', "url: WEBHOOK_URL"]),
  ];
  const lines = [
    `// Lets only webhooks through that ${name.replaceAll(/[\u2028\u2029]/g, " ")} signed. Made by \`hookward snippet\` ${version}; MIT or Apache-2.0.`,
    `// In the Webhook node in front of this one, switch on the option "Raw Body".`,
    ...secretLines(secret),
    ...(url === undefined ? [] : ["// The URL as it is registered with the sender, who signs it.", `const WEBHOOK_URL = ${JSON.stringify(url)};`]),
    'if (!SECRETS[0]) throw new Error("no_secret: the signing secret is not there, see the top of the code");',
    "",
    ...(require ? required(own) : ["const verify = verifier();"]),
    ...(once ? ["// What came before, kept with the workflow: only in production executions, not when testing by hand.", 'const memory = $getWorkflowStaticData("global");', "const seen = new Set(memory.hookward ?? []);"] : []),
    "const items = [];",
    "for (const [index, item] of $input.all().entries()) {",
    "  try {",
    `    const raw = item.binary?.data ? "data" : item.json._files?.data;`,
    `    if (!raw) throw { code: "body_not_raw", message: 'switch on "Raw Body" in the Webhook node' };`,
    "    const body = await helpers.getBinaryDataBuffer(index, raw);",
    `    const event = verify({ ${options.join(", ")} });`,
    ...(once ? ["    const key = event.verification.eventKey;", "    if (seen.has(key)) continue;", "    if (key) seen.add(key);"] : []),
    "    items.push({",
    "      json: { ...event.toJSON(), payload: event.payload, headers: item.json.headers, verification: { ...event.verification } },",
    "      pairedItem: { item: index },",
    "    });",
    "  } catch (error) {",
    "    throw new Error(`${error.code ?? \"internal_error\"}: ${error.message}`);",
    "  }",
    "}",
    ...(once ? [`memory.hookward = [...seen].slice(-${MOST_KEYS});`] : []),
    "return items;",
    ...(require ? [] : ["", "// The verifier. It is one with the lines above: nothing in it is to be changed.", `function verifier() { let hookward; ${verifier(subject.row)} return hookward; }`]),
  ];
  return lines.join("\n");
}

function secretLines(secret: CodeNode["secret"]): string[] {
  switch (secret.from) {
    case "code":
      return ["// Write the signing secret between the quotes. While it is being changed, both: [\"new\", \"old\"].", 'const SECRETS = [""];'];
    case "env":
      return ["// The environment of n8n: only where it runs with N8N_BLOCK_ENV_ACCESS_IN_NODE=false.", `const SECRETS = [$env.${secret.name}];`];
    case "vars":
      return ["// A variable of n8n.", `const SECRETS = [$vars.${secret.name}];`];
  }
}

function required(own: SchemeOptions | undefined): string[] {
  if (own === undefined) return ['const { verify } = require("hookward");'];
  return ['const { customScheme, verify } = require("hookward");', `const scheme = customScheme(${JSON.stringify(own)});`];
}

/** The bundle with the sender's row and the module in it. */
function verifier(row: string): string {
  const { code, open } = prepared();
  const module = readFileSync(new URL("../hookward.wasm", import.meta.url));
  const text = deflateRawSync(module, { level: 9, memLevel: 9 }).toString("base64");
  const parts: [string, string][] = [
    [open.HOOKWARD_ROWS, JSON.stringify(row)],
    [open.HOOKWARD_DEFLATED, `\`\n${text.replaceAll(new RegExp(`.{${LINE}}`, "g"), "$&\n")}\``],
    [open.HOOKWARD_BYTES, String(module.length)],
  ];
  return parts.reduce((whole, [place, part]) => whole.replace(place, () => part), code);
}
