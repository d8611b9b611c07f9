/**
 * The command line itself is wrong: exit code 2.
 *
 * Not of core's catalogue, which knows no command line, and so that `--help` need not load core.
 */
export class UsageError extends Error {
  readonly code = "TH_USAGE";
  /** What to do instead, as one sentence. */
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.name = "UsageError";
    this.hint = hint;
  }
}
