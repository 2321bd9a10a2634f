// The document itself: valid, and about the same calls and codes as the gateway's sources.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { Validator } from "@seriousme/openapi-schema-validator";

import { document, operations } from "./document.mjs";

const source = (path) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

test("it is OpenAPI 3.1", async () => {
  const validator = new Validator();
  const { valid, errors } = await validator.validate(document);
  assert.ok(valid, JSON.stringify(errors, null, 1));
  assert.equal(validator.version, "3.1");
});

test("every call has a name of its own, a summary and a tag that is declared", () => {
  const ids = operations.map(({ operationId }) => operationId);
  assert.equal(new Set(ids).size, ids.length);
  const declared = document.tags.map(({ name }) => name);
  for (const { operationId, summary, tags } of operations) {
    assert.ok(summary && tags.every((tag) => declared.includes(tag)), operationId);
  }
});

test("it names every parameter of a path", () => {
  for (const { operationId, path, parameters } of operations) {
    const named = parameters.filter((one) => one.in === "path").map(({ name }) => name);
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    assert.deepEqual(named.sort(), inPath.sort(), operationId);
  }
});

test("its paths are those of the sources", () => {
  const described = Object.keys(document.paths).map((path) => path.replace(/\{\w+\}/g, "{}"));
  const routed = [
    ...arms("worker/src/lib.rs").map((parts) => `/${parts.join("/")}`),
    ...arms("worker/src/api.rs").map((parts) => `/v1/${parts.join("/")}`),
  ];
  assert.deepEqual(routed.sort(), described.sort());
});

/** The paths that a `match` of segments has, without those that only lead on; `{}` for a variable. */
function arms(path) {
  const text = source(path);
  const inner = text.indexOf("async fn of_destination");
  return [...text.matchAll(/\[((?:"[a-z0-9._-]+"|[a-z_]+)(?:, (?:"[a-z0-9._-]+"|[a-z_]+))*)\](?: if [^=]+)? =>/g)].map((arm) => {
    const parts = arm[1].split(", ").map((part) => (part.startsWith('"') ? part.slice(1, -1) : "{}"));
    return inner >= 0 && arm.index > inner ? ["destinations", "{}", ...parts] : parts;
  });
}

test("its codes and titles are those of the sources", () => {
  const text = source("crates/hookward-relay/src/problem.rs");
  const words = Object.fromEntries([...text.matchAll(/^ {8}(\w+) = "([a-z_]+)",$/gm)].map(([, name, word]) => [name, word]));
  assert.deepEqual(document.components.schemas.Problem.properties.code.enum, Object.values(words));
  const titles = [...text.matchAll(/Self::(\w+) => "([^"]+)"/g)].map(([, name, title]) => `\`${words[name]}\`: ${title}.`);
  const all = JSON.stringify(document);
  // The first two are for paths and methods that the document does not have; what the others say, the API
  // says by another code before it comes to that.
  const ofNoCall = /^`(not_found|method_not_allowed|no_secret|too_many_secrets|delivery_pending)`/;
  const missing = titles.filter((title) => !ofNoCall.test(title) && !all.includes(JSON.stringify(title).slice(1, -1)));
  assert.deepEqual(missing, []);
});

test("it names every provider", () => {
  // A test of the gateway's compares that line with the catalogue.
  const line = /^Providers: (.*)\. For one/m.exec(source("worker/API.md"))[1];
  const named = [...line.matchAll(/`([^`]+)`/g)].map(([, id]) => id);
  assert.ok(named.length > 70);
  assert.deepEqual(document.components.schemas.Provider.enum, named);
});
