// One child process group that cannot outlive its parent.
//
// The command runs under a small guard (this same file, run as a script) that leads a process group of
// its own. The guard ends the whole group when the pipe to its parent closes, so that even a parent that
// was killed with SIGKILL leaves nothing behind.

import { execFileSync, spawn } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";

const GUARD = fileURLToPath(import.meta.url);
const groups = new Set();

/**
 * Starts `command` in a process group of its own.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd: string, env: Record<string, string>, onLine: (line: string) => void }} options
 *   `onLine` gets each line of stdout and stderr.
 */
export function startGroup(command, args, { cwd, env, onLine }) {
  const child = spawn(process.execPath, [GUARD, command, ...args], {
    cwd,
    env,
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
  });
  child.stdin.on("error", () => {});
  const group = {
    pid: child.pid,
    /** Resolves once the leader has gone. */
    ended: new Promise((resolve) => child.once("close", resolve)),
    running: () => child.exitCode === null && child.signalCode === null,
    /** Process ids of the group's members whose executable is called `name`. */
    members: (name) => membersOf(child.pid, name),
    async kill() {
      killGroup(child.pid);
      await group.ended;
      groups.delete(group);
    },
  };
  groups.add(group);
  for (const stream of [child.stdout, child.stderr]) eachLine(stream, onLine);
  return group;
}

/** Calls `onLine` for each line that `stream` yields. */
function eachLine(stream, onLine) {
  let rest = "";
  stream.setEncoding("utf8");
  stream.on("data", (text) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) onLine(line);
  });
  stream.on("end", () => rest && onLine(rest));
}

function killGroup(pid) {
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    if (error.code !== "ESRCH") throw error;
  }
}

/** The members of process group `pgid` that run an executable called `name`. */
function membersOf(pgid, name) {
  return processes()
    .filter(([, group, command]) => group === pgid && basename(command) === name)
    .map(([pid]) => pid);
}

/** Process id, group and command of every process: from /proc, or from `ps` where there is none. */
function processes() {
  if (!existsSync("/proc/self/stat")) {
    const lines = execFileSync("ps", ["-A", "-o", "pid=,pgid=,comm="], { encoding: "utf8" }).split("\n");
    return lines.map((line) => {
      const [pid, group, ...command] = line.trim().split(/\s+/);
      return [Number(pid), Number(group), command.join(" ")];
    });
  }
  return readdirSync("/proc").flatMap((entry) => {
    if (!/^\d+$/.test(entry)) return [];
    let stat;
    try {
      stat = readFileSync(`/proc/${entry}/stat`, "utf8");
    } catch {
      return []; // it ended while we looked
    }
    const close = stat.lastIndexOf(")");
    const [, , group] = stat.slice(close + 2).split(" ");
    return [[Number(entry), Number(group), stat.slice(stat.indexOf("(") + 1, close)]];
  });
}

/** The memory that a process holds, in bytes. */
export function residentBytes(pid) {
  const kilobytes = existsSync("/proc/self/status")
    ? /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1]
    : execFileSync("ps", ["-o", "rss=", "-p", String(pid)], { encoding: "utf8" });
  return Number(kilobytes ?? 0) * 1024;
}

function endAll() {
  for (const group of groups) killGroup(group.pid);
}

function guard([command, ...args]) {
  const child = spawn(command, args, { stdio: ["ignore", "inherit", "inherit"] });
  child.once("exit", (code) => process.exit(code ?? 1));
  child.once("error", () => process.exit(127));
  process.stdin.resume();
  process.stdin.once("close", () => process.kill(-process.pid, "SIGKILL"));
}

if (process.argv[1] === GUARD) {
  guard(process.argv.slice(2));
} else {
  process.once("exit", endAll);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.once(signal, () => {
      endAll();
      process.exit(130);
    });
  }
}
