// Chromium: the package's own files by an import map, without any bundler.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";

import { entries, expected, projectWithChecks } from "../everywhere.mjs";
import { inChromium } from "./chromium.mjs";

let folder;
before(() => {
  folder = projectWithChecks();
  const { exports } = JSON.parse(readFileSync(join(folder, "node_modules/hookward/package.json"), "utf8"));
  const imports = Object.fromEntries(
    entries.map((entry) => [entry, `/node_modules/hookward/${exports[entry.replace("hookward", ".")].default.default}`]),
  );
  writeFileSync(join(folder, "index.html"), `<!doctype html><script type="importmap">${JSON.stringify({ imports })}</script>`);
});

test("Chromium runs every vector", async () => {
  const script = async () => {
    const { everything } = await import("/everything.mjs");
    return everything(await (await fetch("/vectors.json")).json());
  };
  assert.deepEqual(await inChromium(folder, "index.html", script), expected);
});

const attempts = async () => {
  const { handshake, sign, verify } = await import("hookward");
  const delivery = { provider: "github", secret: "s", body: "{}" };
  const request = { ...delivery, headers: {} };
  const calls = [() => sign(delivery), () => verify(request), () => handshake({ ...request, provider: "x", method: "GET", url: "/?crc_token=a" })];
  return calls.map((call) => {
    try {
      return call() && "done";
    } catch (error) {
      return error.code;
    }
  });
};

test("a policy has to allow WebAssembly, and nothing more", async () => {
  const policy = "default-src 'none'; script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'";
  assert.deepEqual(await inChromium(folder, "index.html", attempts, { policy }), ["done", "missing_signature", "done"]);
});

test("where WebAssembly is forbidden, importing harms nobody, and each call says so", async () => {
  const policy = "default-src 'none'; script-src 'self' 'unsafe-inline'";
  assert.deepEqual(await inChromium(folder, "index.html", attempts, { policy }), Array(3).fill("internal_error"));
});
