// A request as JSON: an entry of a HAR file, what serverless gateways hand to functions, or simply
// `{ "method", "url", "headers", "body" or "body_base64" }`.

import { UsageError } from "../usage.js";
import type { Captured } from "./request.js";

type Fields = { readonly [name: string]: unknown };

const isFields = (value: unknown): value is Fields => typeof value === "object" && value !== null && !Array.isArray(value);
const text = (value: unknown) => (typeof value === "string" ? value : undefined);

/** `entry`: which one of a HAR file, counted from 1. */
export function parseJson(json: string, entry: number | undefined): Captured {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw new UsageError(`the request is no JSON: ${(error as Error).message}`);
  }
  if (isFields(value) && isFields(value["log"])) return parseHar(value["log"], entry);
  if (entry !== undefined) throw new UsageError("--entry is for HAR files, and the request is none");
  // A single entry, copied out of a HAR file.
  if (isFields(value) && isFields(value["request"])) return parseFields(value["request"], []);
  if (isFields(value)) return parseFields(value, []);
  throw new UsageError("the request must be a JSON object");
}

function parseHar(log: Fields, wanted: number | undefined): Captured {
  const entries = Array.isArray(log["entries"]) ? log["entries"].filter(isFields) : [];
  const requests = entries.map((entry) => entry["request"]).filter(isFields);
  if (wanted !== undefined) {
    const request = requests[wanted - 1];
    if (request === undefined) throw new UsageError(`the HAR file has ${requests.length} requests, and no number ${wanted}`);
    return parseFields(request, []);
  }
  const posts = requests.filter((request) => request["method"] === "POST");
  const [only, ...others] = posts.length > 0 ? posts : requests;
  if (only === undefined) throw new UsageError("the HAR file has no request in it");
  const notes = others.length > 0 ? [`The HAR file has several requests: number ${requests.indexOf(only) + 1} is taken; --entry chooses another.`] : [];
  return parseFields(only, notes);
}

function parseFields(fields: Fields, notes: string[]): Captured {
  const context = isFields(fields["requestContext"]) ? fields["requestContext"] : {};
  const http = isFields(context["http"]) ? context["http"] : {};
  const headers = readHeaders(fields["headers"] ?? fields["multiValueHeaders"]);
  return {
    method: text(fields["method"]) ?? text(fields["httpMethod"]) ?? text(http["method"]),
    url: text(fields["url"]),
    headers,
    ...readBody(fields, notes),
    notes,
  };
}

function readHeaders(headers: unknown): [string, string][] {
  if (headers === undefined) throw new UsageError("the request has no member headers");
  if (Array.isArray(headers)) {
    // Node's rawHeaders, HAR's list of objects, or pairs.
    if (headers.every((one) => typeof one === "string")) {
      return headers.flatMap((name, at): [string, string][] => (at % 2 === 0 ? [[name, headers[at + 1] ?? ""]] : []));
    }
    return headers.flatMap((one): [string, string][] => {
      const [name, value] = Array.isArray(one) ? (one as unknown[]) : isFields(one) ? [one["name"] ?? one["key"], one["value"]] : [];
      // What browsers say of HTTP/2, and is no header.
      return typeof name === "string" && typeof value === "string" && !name.startsWith(":") ? [[name, value]] : [];
    });
  }
  if (!isFields(headers)) throw new UsageError("the request's member headers must be an object or a list");
  return Object.entries(headers).flatMap(([name, value]) =>
    (Array.isArray(value) ? (value as unknown[]) : [value]).flatMap((one): [string, string][] =>
      typeof one === "string" || typeof one === "number" ? [[name, String(one)]] : [],
    ),
  );
}

function readBody(fields: Fields, notes: string[]): Pick<Captured, "body" | "parsedBody"> {
  const utf8 = (body: string) => ({ body: Buffer.from(body, "utf8") });
  const base64 = text(fields["body_base64"]) ?? text(fields["bodyBase64"]);
  if (base64 !== undefined) return { body: Buffer.from(base64, "base64") };
  const posted = fields["postData"];
  if (isFields(posted)) {
    const content = text(posted["text"]);
    if (content !== undefined) return posted["encoding"] === "base64" ? { body: Buffer.from(content, "base64") } : utf8(content);
    notes.push("The HAR entry has its body only as parsed parameters: what was sent cannot be had from it.");
    return {};
  }
  const body = fields["rawBody"] ?? fields["body"] ?? fields["payload"];
  if (typeof body === "string") return fields["isBase64Encoded"] === true ? { body: Buffer.from(body, "base64") } : utf8(body);
  if (isFields(body) && body["type"] === "Buffer" && Array.isArray(body["data"])) return { body: Buffer.from(body["data"] as number[]) };
  if (body === undefined || body === null) return {};
  notes.push("The request has its body in parsed form, not as the text that was sent.");
  return { parsedBody: body };
}
