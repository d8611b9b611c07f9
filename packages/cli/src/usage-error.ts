/**
 * The command line itself is wrong: exit code 2.
 *
 * Not part of core's error catalogue, because core knows no command line and `--help` need not load core.
 */
export class UsageError extends Error {
  readonly code = "TH_USAGE";
  /** The remedy, as one sentence. */
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.name = "UsageError";
    this.hint = hint;
  }
}
