// The package: what is in it, what n8n asks of it, and the examples that come with it.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { before, test } from "node:test";

import { installed } from "../packaging/packed.mjs";
import { resolve } from "./host.mjs";
import { installNode } from "./packed.mjs";

const { NodeHelpers } = createRequire(import.meta.url)("n8n-workflow");
const THREE = ["tinyposter", "tinysend", "letmepost"];

let nodes;
let hookward;
before(async () => {
  nodes = installNode();
  hookward = await installed();
});
const text = (file) => readFileSync(join(nodes.home, file), "utf8");

test("the tarball holds what it should and nothing else", () => {
  const { manifest, files } = nodes;
  for (const file of [...manifest.n8n.nodes, ...manifest.n8n.credentials]) {
    assert.ok(files.includes(file), file);
    if (file.endsWith(".node.js")) assert.ok(files.includes(file.replace(/\.js$/, ".json")), `the codex of ${file}`);
  }
  for (const file of ["LICENSE.md", "README.md", "dist/icons/hookward.svg", "dist/icons/hookward.dark.svg"]) assert.ok(files.includes(file), file);
  const odd = files.filter((file) => !/^(?:dist\/(?:src|nodes|credentials|icons)\/|examples\/\w+\.json$|package\.json$|LICENSE\.md$|README\.md$)/.test(file));
  assert.deepEqual(odd, []);
});

test("it is what n8n takes for a verified community node", () => {
  const { manifest } = nodes;
  assert.equal(manifest.dependencies, undefined);
  assert.equal(manifest.license, "MIT");
  assert.deepEqual(manifest.peerDependencies, { "n8n-workflow": "*" });
  assert.ok(manifest.keywords.includes("n8n-community-node-package"));
  assert.deepEqual([manifest.n8n.n8nNodesApiVersion, manifest.n8n.strict], [1, true]);
  for (const script of ["preinstall", "install", "postinstall", "prepare"]) assert.equal(manifest.scripts[script], undefined);
});

test("its code requires n8n-workflow and itself alone", () => {
  for (const file of nodes.files.filter((name) => name.endsWith(".js"))) {
    const code = text(file);
    for (const [, name] of code.matchAll(/\brequire\(([^)]*)\)/g)) assert.match(name, /^"(?:n8n-workflow|\.\.?\/[\w./-]+)"$/, file);
    assert.doesNotMatch(code, /\bimport\(/, file);
  }
});

test("every provider can be chosen, by name, in both nodes", () => {
  for (const type of [nodes.HookwardTrigger, nodes.Hookward]) {
    const { properties } = new type().description;
    const { options } = properties.find(({ name }) => name === "provider");
    const offered = options.map(({ value }) => value).filter((value) => value !== "own:scheme");
    assert.deepEqual(offered.toSorted(), hookward.providers().map(({ id }) => id).toSorted());
    assert.ok(options.every(({ name }) => name.length > 1));
  }
});

test("a credential is told apart at sight", async () => {
  const { methods } = new nodes.HookwardTrigger();
  const tried = async (data) => (await methods.credentialTest.secretIsThere.call({}, { data })).status;
  assert.equal(await tried({ secret: "whsec_x" }), "OK");
  assert.equal(await tried({ secret: "new", previousSecret: "old" }), "OK");
  for (const data of [undefined, {}, { secret: "" }, { previousSecret: "old" }, { secret: "whsec_x\n" }, { secret: "a", previousSecret: " b" }]) {
    assert.equal(await tried(data), "Error", JSON.stringify(data));
  }
  const { properties } = new nodes.HookwardApi();
  assert.ok(properties.every(({ typeOptions }) => typeOptions.password));
});

test("the examples fit the nodes, and say which credential they want", () => {
  for (const provider of THREE) {
    const workflow = JSON.parse(text(`examples/${provider}.json`));
    const trigger = workflow.nodes.find(({ type }) => type === "n8n-nodes-hookward.hookwardTrigger");
    const type = new nodes.HookwardTrigger();
    assert.deepEqual(resolve(type, trigger).provider, provider);
    assert.equal(NodeHelpers.getNodeParametersIssues(type.description.properties, trigger, type.description), null);
    assert.deepEqual(trigger.credentials, { hookwardApi: { id: null, name: `${provider} signing secret` } });
    const names = new Set(workflow.nodes.map(({ name }) => name));
    for (const [from, { main }] of Object.entries(workflow.connections)) {
      for (const name of [from, ...main.flat().map(({ node }) => node)]) assert.ok(names.has(name), name);
    }
    const { rules } = workflow.nodes.find(({ name }) => name === "By type").parameters;
    assert.equal(workflow.connections["By type"].main.length, rules.values.length + 1, "each type, and anything else");
  }
});
