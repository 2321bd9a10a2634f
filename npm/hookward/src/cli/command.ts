import type { Given, Options } from "./options.js";

/** One command of the tool. */
export interface Command {
  readonly name: string;
  /** In a line, for the list of commands. */
  readonly summary: string;
  /** What stands behind its name: `[options]`. */
  readonly synopsis: string;
  /** Longer, for its own help. */
  readonly description: string;
  readonly examples: readonly string[];
  /** What exit codes 0 and 1 mean here. */
  readonly exits: readonly [ok: string, failed: string];
  readonly options: Options;
  /** How many arguments without a name it takes at the most. */
  readonly positionals: number;
  /** Runs it; its exit code. */
  run(given: Given): number | Promise<number>;
}
