// A folder served on loopback, and headless Chromium to look at it.

import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join, normalize } from "node:path";

import { chromium } from "playwright-core";

/** Debian's Chromium, or another one by the environment. */
const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";

const TYPES = { html: "text/html", js: "text/javascript", mjs: "text/javascript", json: "application/json" };

function serve(folder, policy) {
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url, "http://localhost").pathname);
    const file = join(folder, path);
    if (!existsSync(file)) return response.writeHead(404).end();
    const type = TYPES[/\.(\w+)$/.exec(path)?.[1]] ?? "application/octet-stream";
    response.writeHead(200, { "content-type": `${type}; charset=utf-8`, ...(policy && { "content-security-policy": policy }) });
    response.end(readFileSync(file));
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

/**
 * Opens a page, and runs a function in it.
 *
 * @param {string} url of the page
 * @param {Function} script runs in the page; what it resolves to is the outcome
 * @param {unknown} argument what `script` is called with
 */
export async function visit(url, script, argument) {
  if (!existsSync(executablePath)) throw new Error(`there is no ${executablePath}: install Debian's package chromium, or set CHROMIUM`);
  const browser = await chromium.launch({
    executablePath,
    args: [
      ...["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
      ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
    ],
  });
  try {
    const tab = await browser.newPage();
    const broken = new Promise((_, reject) => tab.once("pageerror", reject));
    broken.catch(() => {});
    await tab.goto(url);
    return await Promise.race([tab.evaluate(script, argument), broken]);
  } finally {
    await browser.close();
  }
}

/** The same with a page of a folder, served with this Content-Security-Policy. */
export async function inChromium(folder, page, script, { policy, argument } = {}) {
  const server = await serve(folder, policy);
  try {
    return await visit(`http://127.0.0.1:${server.address().port}/${page}`, script, argument);
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

/** In a page: the checks of a bundle, a module or a script that leaves its exports in the global `bundled`. */
export async function checksOfBundle({ bundle, isScript }) {
  if (isScript) {
    await new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = bundle;
      script.onload = resolve;
      script.onerror = () => reject(new Error(`${bundle} cannot be loaded`));
      document.head.append(script);
    });
  }
  const { everything } = isScript ? globalThis.bundled : await import(bundle);
  return everything(await (await fetch("/vectors.json")).json());
}
