// The method and the URL, for providers that sign them: what a proxy may have made of them.

import type { Repair } from "./finding.js";
import type { Pair } from "./read-headers.js";
import type { Circumstances } from "./request.js";

export interface AddressVariant {
  readonly circumstances: Circumstances;
  readonly repairs: readonly Repair[];
}

/** A URL in its parts. Written out, because not every runtime has URL, and this one changes nothing. */
interface Parts {
  readonly scheme: string;
  readonly host: string;
  readonly path: string;
  readonly query: string;
}

/** Everything that method and URL may have been. */
export function addressVariants(circumstances: Circumstances, pairs: readonly Pair[]): AddressVariant[] {
  const header = (name: string) => pairs.find(([one]) => one.toLowerCase() === name)?.[1].split(",")[0]?.trim();
  const { url = "", method } = circumstances;
  const parts = split(url);
  const hosts = [parts.host, header("x-forwarded-host"), header("x-original-host"), header(":authority"), header("host")];
  const schemes = [parts.scheme, "https", "http"];
  const paths = [parts.path, parts.path.replace(/\/+$/, ""), `${parts.path.replace(/\/+$/, "")}/`, header("x-original-uri")?.split("?")[0], "", "/"];
  const queries = [parts.query, "", query(header("x-original-uri"))];
  const urls = new Set<string>();
  for (const host of new Set(hosts)) {
    for (const scheme of new Set(schemes)) {
      for (const path of new Set(paths)) {
        for (const rest of new Set(queries)) {
          for (const name of new Set([host, host?.replace(/:\d+$/, "")])) {
            if (name) urls.add(`${scheme || "https"}://${name}${path ?? ""}${rest ?? ""}`);
          }
        }
      }
    }
  }
  for (const text of [decoded(url), encodeSpaces(url)]) if (text) urls.add(text);
  urls.delete(url);
  const found: AddressVariant[] = [];
  const methods = [...new Set([method, method?.toUpperCase(), "POST", "GET", "PUT"])].filter((one) => one !== undefined);
  for (const one of methods) {
    if (one !== method) found.push({ circumstances: { ...circumstances, method: one }, repairs: [wrongMethod(one)] });
  }
  for (const text of urls) found.push({ circumstances: { ...circumstances, url: text }, repairs: [wrongUrl(parts, split(text))] });
  for (const one of methods) {
    if (one === method) continue;
    for (const text of urls) {
      const repairs = [wrongMethod(one), wrongUrl(parts, split(text))];
      found.push({ circumstances: { ...circumstances, method: one, url: text }, repairs });
    }
  }
  return found;
}

const wrongMethod = (method: string): Repair => ({
  kind: "target_wrong",
  evidence: `The signature is over the method ${method}, which is not what was given.`,
  fix: `Give the request's own method, ${method}.`,
});

/** What differs, in words: a URL may hold a token, so that it is not repeated. */
function wrongUrl(given: Parts, right: Parts): Repair {
  const differing = [
    given.scheme !== right.scheme && `the scheme is ${right.scheme || "none"}, not ${given.scheme || "none"}`,
    given.host !== right.host && `the host is ${shown(right.host)}, not ${shown(given.host)}`,
    given.path !== right.path && (given.path.replace(/\/$/, "") === right.path.replace(/\/$/, "")
      ? `the path ${right.path.endsWith("/") ? "ends" : "does not end"} in a slash`
      : "the path is another"),
    given.query !== right.query && (right.query === "" ? "there is no query" : "the query is another"),
  ].filter((one) => one !== false);
  return { kind: "target_wrong", evidence: `The signature is over another URL than the one given: ${differing.join(", ")}.` };
}

const shown = (host: string) => (host === "" ? "none" : /^[\w.:[\]-]{1,100}$/.test(host) ? host : "an unusual one");

function split(url: string): Parts {
  const [, scheme = "", host = "", path = "", query = ""] = /^(?:([a-z]+):\/\/([^/?#]*))?([^?#]*)(\?[^#]*)?/i.exec(url) ?? [];
  return { scheme, host, path, query };
}

const query = (path: string | undefined) => (path?.includes("?") ? path.slice(path.indexOf("?")) : undefined);

function decoded(url: string): string | undefined {
  try {
    return decodeURI(url);
  } catch {
    return undefined;
  }
}

const encodeSpaces = (url: string) => url.replaceAll(" ", "%20");
