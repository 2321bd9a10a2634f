// A helper process that the benchmark asks by messages: load and receiver must not wait for each other.

import { fork } from "node:child_process";

/** Starts the module `file` (a URL) as a process. Its exported functions can then be called by name. */
export function startChild(file) {
  const child = fork(new URL(import.meta.url), [file.href], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const waiting = new Map();
  let asked = 0;
  child.on("message", ({ number, result, error }) => {
    const { resolve, reject } = waiting.get(number);
    waiting.delete(number);
    if (error === undefined) resolve(result);
    else reject(new Error(error));
  });
  child.once("exit", () => {
    for (const { reject } of waiting.values()) reject(new Error(`${file.pathname} ended`));
  });
  return {
    call: (name, args) =>
      new Promise((resolve, reject) => {
        asked += 1;
        waiting.set(asked, { resolve, reject });
        child.send({ number: asked, name, args });
      }),
    stop: () => child.kill("SIGKILL"),
  };
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const module = await import(process.argv[2]);
  process.on("message", async ({ number, name, args }) => {
    try {
      process.send({ number, result: await module[name](args) });
    } catch (error) {
      process.send({ number, error: error.stack });
    }
  });
  process.once("disconnect", () => process.exit());
}
