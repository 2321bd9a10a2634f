import { writeFileSync } from "node:fs";
import type { Command } from "../command.js";
import { PROVIDER, type Given } from "../options.js";
import { complain, FAILED, OK, paint, print, printJson } from "../output.js";
import { recipe, type Recipe } from "../snippet/make.js";
import { codeNode, type CodeNode } from "../snippet/n8n.js";
import { notesOn, subject, type Subject } from "../snippet/subject.js";
import { UsageError } from "../usage.js";

/** What is not made, because it would not do what it seems to. */
interface Refused {
  readonly code: "handshake_needed" | "no_formula";
  readonly message: string;
}

/** Only for n8n. */
const N8N_ONLY = ["require", "once", "secret-from"] as const;

export const snippetCommand: Command = {
  name: "snippet",
  summary: "print what to paste into n8n or Make",
  synopsis: "--for n8n|make --provider ID [options]",
  description: `For n8n: the text of a Code node that stands behind a Webhook node and lets only genuine deliveries
through. It holds the whole verifier, so that nothing has to be installed; with --require it takes the
installed package. docs/n8n.md in this package says what to do with it, step by step.

For Make: how to set up the webhook, and the conditions of the filter behind it. They come without what
the package does besides, as the text says itself; docs/make.md has the way that is safe.`,
  examples: [
    "hookward snippet --for n8n --provider tinyposter --output code-node.js",
    "hookward snippet --for n8n --provider stripe --require --once",
    "hookward snippet --for make --provider github",
  ],
  exits: ["printed", "there is none for this provider"],
  options: {
    for: { type: "string", value: "n8n|make", help: "where to paste it" },
    ...PROVIDER,
    url: { type: "string", value: "URL", help: "the URL as registered, for providers that sign it" },
    tolerance: { type: "string", value: "SECONDS", help: "how far the signed time may be from now; by default the provider's" },
    require: { type: "boolean", help: "n8n: require the package, where it is installed and NODE_FUNCTION_ALLOW_EXTERNAL=hookward is set" },
    once: { type: "boolean", help: "n8n: drop events that the workflow has had already" },
    "secret-from": { type: "string", value: "code|env:NAME|vars:NAME", help: "n8n: where the secret is; by default it is written into the code" },
    "without-handshake": { type: "boolean", help: "also where the provider first asks what the snippet cannot answer" },
    output: { type: "string", value: "FILE", help: "write it to this file" },
  },
  positionals: 0,
  run(given) {
    const place = given.text("for");
    if (place === undefined) throw new UsageError("--for is missing: n8n or make");
    if (place !== "n8n" && place !== "make") throw new UsageError(`--for must be n8n or make, not ${JSON.stringify(place)}`);
    const wrong = place === "make" && N8N_ONLY.find((name) => given.flag(name) || given.text(name) !== undefined);
    if (wrong) throw new UsageError(`--${wrong} goes with --for n8n`);
    const about = subject(given);
    const json = given.flag("json");
    const node = readCodeNode(given);
    const result = unanswered(about, place, given) ?? (place === "n8n" ? forN8n(about, node) : forMake(about));
    if ("code" in result) {
      if (json) printJson({ ok: false, ...result });
      else complain(`${paint(process.stderr).bad(result.code)}: ${result.message}`);
      return FAILED;
    }
    const path = given.text("output");
    if (path !== undefined) write(path, `${result.text}\n`);
    if (json) {
      const { text, ...rest } = result;
      printJson({ ok: true, for: place, provider: about.provider.id, code: text, bytes: Buffer.byteLength(text), ...rest });
    } else if (path === undefined) print(result.text);
    else complain(`${path}: ${Buffer.byteLength(result.text)} bytes`);
    if (!json) result.notes.forEach((note) => complain(`note: ${note}`));
    return OK;
  },
};

function readCodeNode(given: Given): CodeNode {
  const from = given.text("secret-from") ?? "code";
  const [, where, name] = /^(env|vars):([A-Za-z_][A-Za-z0-9_]{0,127})$/.exec(from) ?? [];
  if (from !== "code" && name === undefined) throw new UsageError("--secret-from must be code, env:NAME or vars:NAME");
  const secret: CodeNode["secret"] = name === undefined ? { from: "code" } : { from: where as "env" | "vars", name };
  return { require: given.flag("require"), once: given.flag("once"), secret };
}

function forN8n(about: Subject, node: CodeNode) {
  const notes = notesOn(about);
  const { from } = node.secret;
  if (from !== "env") notes.push(`whoever may open the workflow${from === "vars" ? "'s project" : ""} can read the secret; in the node of n8n-nodes-hookward it is a credential`);
  return { text: codeNode(about, node), require: node.require, notes };
}

function unanswered({ provider, shakes }: Subject, place: string, given: Given): Refused | undefined {
  if (!shakes || given.flag("without-handshake")) return undefined;
  const [what, others] = place === "n8n" ? ["a Code node", "the node of n8n-nodes-hookward and the gateway do"] : ["a scenario of Make", "the gateway does"];
  return {
    code: "handshake_needed",
    message: `${provider.name} also sends requests that are no deliveries and want an answer of their own, which ${what} does not give; ${others}. Where they are answered in another way, add --without-handshake`,
  };
}

function forMake(about: Subject): Recipe | Refused {
  const made = recipe(about);
  if ("text" in made) return made;
  return { code: "no_formula", message: `no filter of Make is right for ${about.provider.name}: ${made.none}. Put the gateway in front: docs/make.md says how` };
}

function write(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw new UsageError(`--output ${path}: it cannot be written (${(error as NodeJS.ErrnoException).code ?? "?"})`);
  }
}
