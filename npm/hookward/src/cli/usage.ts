/** The command line cannot be run as it is written: exit code 2. */
export class UsageError extends Error {
  override get name(): string {
    return "UsageError";
  }
}
