// Private database servers for the tests: on a free port of the loopback, with their data in a folder
// of their own, and gone when the tests are.

import { execFileSync, spawnSync } from "node:child_process";
import { accessSync, chmodSync, chownSync, constants, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

import { startGroup } from "../harness/process.mjs";
import { sleep, until } from "../harness/wait.mjs";

const START_MS = 30_000;

/** A program's path; says which package of Debian's has it if it is not there. */
function program(name, pkg, folders = []) {
  for (const folder of [...(process.env.PATH ?? "").split(delimiter), ...folders]) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not here.
    }
  }
  throw new Error(`these tests need ${name}, which is not installed: apt-get install ${pkg}`);
}

const folders = [];
process.once("exit", () => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

function folderOfItsOwn(prefix) {
  const folder = mkdtempSync(join(tmpdir(), prefix));
  folders.push(folder);
  return folder;
}

/** A port that was free a moment ago. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Starts a program, and waits until one of its lines matches. */
async function startServer(command, args, cwd, ready) {
  const lines = [];
  const group = startGroup(command, args, { cwd, env: { ...process.env, LC_ALL: "C" }, onLine: (line) => lines.push(line) });
  await until(
    `${args.join(" ")} to start`,
    () => {
      if (!group.running()) throw new Error(`it ended:\n${lines.join("\n")}`);
      return lines.some((line) => ready.test(line));
    },
    { timeoutMs: START_MS },
  );
  return group;
}

/**
 * A Redis server that keeps nothing on disk unless `args` say so. `restart()` kills and starts it again on
 * the same port, with the data that it had written down.
 */
export async function startRedis(...args) {
  const command = program("redis-server", "redis-server");
  const folder = folderOfItsOwn("hookward-redis-");
  const port = await freePort();
  const start = () =>
    startServer(
      command,
      [
        ...["--port", String(port), "--bind", "127.0.0.1", "--dir", folder, "--daemonize", "no"],
        ...["--save", "", "--appendonly", "no", ...args],
      ],
      folder,
      /Ready to accept connections/,
    );
  let group = await start();
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    stop: () => group.kill(),
    async restart() {
      await group.kill();
      group = await start();
    },
    /** Answers nothing for a while, as if the network were gone. */
    pause: () => signal(group, "redis-server", "SIGSTOP"),
    resume: () => signal(group, "redis-server", "SIGCONT"),
  };
}

function signal(group, name, kind) {
  const members = group.members(name);
  if (members.length === 0) throw new Error(`${name} does not run`);
  for (const pid of members) process.kill(pid, kind);
}

/** A PostgreSQL server with an empty database. Root may not run one: then it runs as `postgres`. */
export async function startPostgres() {
  const versions = "/usr/lib/postgresql";
  let programs = [];
  try {
    programs = readdirSync(versions).map((version) => join(versions, version, "bin"));
  } catch {
    // Not Debian's.
  }
  const initdb = program("initdb", "postgresql", programs);
  const postgres = program("postgres", "postgresql", programs);
  const folder = folderOfItsOwn("hookward-postgres-");
  const as = process.getuid() === 0 ? asUser("postgres", folder) : (command, ...args) => [command, args];
  const data = join(folder, "data");

  const made = spawnSync(...as(initdb, "-D", data, "-U", "hookward", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C"), {
    cwd: folder,
    encoding: "utf8",
  });
  if (made.status !== 0) throw new Error(`initdb failed: ${made.error ?? made.stderr}`);

  const port = await freePort();
  const settings = ["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off"];
  const [command, args] = as(postgres, "-D", data, "-p", String(port), ...settings);
  const start = () => startServer(command, args, folder, /database system is ready to accept connections/);
  let group = await start();
  // Its processes lead groups of their own; they end when it does.
  const kill = async () => {
    const pids = group.members("postgres");
    await group.kill();
    await until("PostgreSQL to end", () => pids.every((pid) => !isRunning(pid)));
    await sleep(100);
  };
  return {
    url: `postgres://hookward@127.0.0.1:${port}/postgres`,
    stop: kill,
    async restart() {
      await kill();
      group = await start();
    },
  };
}

function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Commands as another user, who owns the folder. */
function asUser(user, folder) {
  const id = (flag) => Number(execFileSync("id", [flag, user], { encoding: "utf8" }));
  chownSync(folder, id("-u"), id("-g"));
  chmodSync(folder, 0o700);
  const setpriv = program("setpriv", "util-linux");
  const who = [`--reuid=${user}`, `--regid=${user}`, "--clear-groups", "--"];
  return (command, ...args) => [setpriv, [...who, command, ...args]];
}
