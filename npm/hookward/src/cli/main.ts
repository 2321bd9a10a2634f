#!/usr/bin/env node
// `npx hookward`: the package on the command line.

import { createRequire } from "node:module";
import type { Command } from "./command.js";
import { explainCommand } from "./commands/explain.js";
import { providersCommand } from "./commands/providers.js";
import { sendCommand } from "./commands/send.js";
import { signCommand } from "./commands/sign.js";
import { snippetCommand } from "./commands/snippet.js";
import { verifyCommand } from "./commands/verify.js";
import { commandHelp, overview } from "./help.js";
import { COMMON, readArguments } from "./options.js";
import { complain, OK, print, printJson, USAGE } from "./output.js";
import { UsageError } from "./usage.js";

const COMMANDS: readonly Command[] = [verifyCommand, signCommand, sendCommand, explainCommand, snippetCommand, providersCommand];

async function main(args: readonly string[]): Promise<number> {
  const [first, ...rest] = args;
  if (first === undefined) {
    complain(overview(COMMANDS));
    return USAGE;
  }
  if (first === "--version" || first === "-v") {
    print((createRequire(import.meta.url)("hookward/package.json") as { version: string }).version);
    return OK;
  }
  const asked = first === "help" || first === "--help" || first === "-h";
  if (asked && rest[0] === undefined) {
    print(overview(COMMANDS));
    return OK;
  }
  const name = asked ? rest[0] : first;
  const command = COMMANDS.find((one) => one.name === name);
  if (command === undefined) throw new UsageError(`there is no command ${JSON.stringify(name)}; \`hookward help\` lists them`);
  // Also where the other arguments cannot be read.
  if (asked || rest.includes("--help") || rest.includes("-h")) {
    print(commandHelp(command));
    return OK;
  }
  return command.run(readArguments(rest, { ...command.options, ...COMMON }, command.positionals));
}

/** A reader that has seen enough (`| head`) is no failure. */
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

const args = process.argv.slice(2);
try {
  process.exitCode = await main(args);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  if (args.includes("--json")) printJson({ ok: false, code: "usage", message: error.message });
  const command = COMMANDS.find(({ name }) => name === args[0])?.name;
  complain(`hookward: ${error.message}`);
  complain(`\`hookward help${command === undefined ? "" : ` ${command}`}\` says how.`);
  process.exitCode = USAGE;
}
