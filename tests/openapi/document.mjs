// worker/openapi.json, and answers and requests judged by it.

import { readFileSync } from "node:fs";

import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";

export const document = JSON.parse(readFileSync(new URL("../../worker/openapi.json", import.meta.url), "utf8"));

const METHODS = ["get", "post", "put", "patch", "delete"];
const ID = "https://hookward/openapi.json";

/** Where `#/…` leads, as the names on the way. */
const placeOf = (ref) => ref.slice(2).split("/").map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
/** What is found where `$ref` leads, else the thing itself. */
const followed = (thing) => (thing.$ref ? placeOf(thing.$ref).reduce((at, part) => at[part], document) : thing);

/** Every call: its path and method, its description, and where in the document that is. */
export const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  METHODS.filter((method) => item[method]).map((method) => ({
    path,
    method,
    ...item[method],
    parameters: [...(item.parameters ?? []), ...(item[method].parameters ?? [])].map(followed),
    place: ["paths", path, method],
  })),
);
export const operationOf = (id) => operations.find(({ operationId }) => operationId === id);

const ajv = new Ajv2020({ strict: false, allErrors: true });
formats.default(ajv);
ajv.addSchema(document, ID);

const pointer = (place) =>
  `${ID}#/${place.map((part) => encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1"))).join("/")}`;

const compiled = new Map();
/** What is wrong with `value` by the schema at `place`; "" for nothing. */
function wrongBy(place, value) {
  const at = pointer(place);
  if (!compiled.has(at)) compiled.set(at, ajv.compile({ $ref: at }));
  const valid = compiled.get(at);
  return valid(value) ? "" : ajv.errorsText(valid.errors);
}

/** The codes that `operation` may answer, by status. */
export function codesOf(operation) {
  return Object.entries(operation.responses).flatMap(([status, response]) => {
    const schema = followed(response).content?.["application/problem+json"]?.schema;
    return schema ? schema.allOf[1].properties.code.enum.map((code) => `${status} ${code}`) : [];
  });
}

/** What is wrong with a JSON body sent to `operation`; "" for nothing. */
export function wrongRequest(operation, body) {
  if (body === undefined) return operation.requestBody?.required ? "a body is required" : "";
  if (!operation.requestBody) return "there is no body";
  return wrongBy([...operation.place, "requestBody", "content", "application/json", "schema"], body);
}

/** What is wrong with an answer of `operation`; "" for nothing. */
export function wrongAnswer(operation, { status, headers, text, json }) {
  const response = operation.responses[status];
  if (!response) return `status ${status} is not described`;
  const { content } = followed(response);
  const type = headers["content-type"]?.split(";")[0].trim();
  if (!content) return text === "" ? "" : "a body where none is described";
  if (!content[type]) return `content-type ${type} is not described for ${status}`;
  const base = response.$ref ? placeOf(response.$ref) : [...operation.place, "responses", String(status)];
  const value = type.endsWith("json") ? json : text;
  return wrongBy([...base, "content", type, "schema"], value);
}
