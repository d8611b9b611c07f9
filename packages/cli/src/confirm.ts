import { createInterface } from "node:readline/promises";
import type { CommandContext } from "./command-context.ts";
import { UsageError } from "./usage-error.ts";

/**
 * Asks for confirmation on a terminal before something is deleted for good; without a terminal, `--yes` is required.
 *
 * @param what Such as `purge 3 dead letters`.
 * @returns Whether to go on.
 * @throws {UsageError} Standard input is not a terminal, and `--yes` is missing.
 */
export async function confirm(
  { stdin, output, signal }: Pick<CommandContext, "stdin" | "output" | "signal">,
  what: string,
  yes: boolean | undefined,
): Promise<boolean> {
  if (yes) return true;
  if (stdin.isTTY !== true || output.json) throw new UsageError(`this would ${what}`, "Add --yes to do it.");
  const terminal = createInterface({ input: stdin, output: output.stderr });
  try {
    const answer = await terminal.question(`This would ${what}. Continue? [y/N] `, { signal });
    const goesOn = /^y(es)?$/i.test(answer.trim());
    if (!goesOn) output.note("Nothing was changed.");
    return goesOn;
  } finally {
    terminal.close();
  }
}
