/** The translations that a command of review acts on: named by their ids, or one by its business id. */
import { InvalidItemError, type Translation, TranslationNotFoundError } from "@trans-hub/core";
import type { Command } from "commander";
import type { CommandContext } from "../command-context.ts";
import { textOf } from "../input/text-argument.ts";
import { projectOption, required, toOption } from "../options.ts";
import type { Session } from "../session.ts";
import { UsageError } from "../usage-error.ts";

export interface TargetOptions {
  to?: string;
  businessId?: string;
  project?: string;
}

/** The name of one translation, as the coordinator takes it. */
export type TargetName = { targetLocale: string } & ({ id: string } | { businessId: string });

export interface Targets {
  names: TargetName[];
  /** One was named, and not by a list on stdin: its end is the end of the command. */
  isSingle: boolean;
}

export function withTarget(command: Command, { isBulk }: { isBulk: boolean }): Command {
  const argument = isBulk ? "[ids...]" : "[id]";
  const lines = "; - reads them from stdin, one a line";
  return command
    .argument(argument, `id of the translation, as \`review list\` prints it${isBulk ? lines : ""}`)
    .addOption(toOption())
    .option("--business-id <id>", "instead of the id: the id under which the text was registered")
    .addOption(projectOption());
}

/** @throws {UsageError} None was named, or in two ways. */
export async function targetsOf(
  ids: readonly string[],
  { to, businessId }: TargetOptions,
  context: Pick<CommandContext, "stdin" | "signal">,
): Promise<Targets> {
  const targetLocale = required(to, "--to");
  if ((ids.length === 0) === (businessId === undefined)) {
    throw new UsageError("give either ids of translations or --business-id", "`trans-hub review list` prints the ids.");
  }
  if (businessId !== undefined) return { names: [{ businessId, targetLocale }], isSingle: true };
  const [only] = ids;
  if (ids.length > 1 || only !== "-") {
    return { names: ids.map((id) => ({ id, targetLocale })), isSingle: ids.length === 1 };
  }
  const lines = (await textOf("-", context)).split("\n").map((line) => line.trim());
  const listed = lines.filter((line) => line !== "");
  if (listed.length === 0) throw new UsageError("stdin names no translation", "It takes one id a line.");
  return { names: listed.map((id) => ({ id, targetLocale })), isSingle: false };
}

/** A translation that is named, and how it stands. Undefined: there is none, or the name is none. */
export type Found = Translation | TranslationNotFoundError | InvalidItemError;

/** Reads the translations that acts are about, for the acts to name the revisions that stood. */
export async function readTargets(session: Pick<Session, "hub">, names: readonly TargetName[]): Promise<Found[]> {
  const [{ targetLocale } = { targetLocale: "" }] = names;
  try {
    const found = await session.hub.getTranslations(names.map(nameAlone), { targetLocale });
    return found.map(
      (each) => each ?? new TranslationNotFoundError("There is no such translation to review", NOT_FOUND),
    );
  } catch (error) {
    if (!(error instanceof InvalidItemError)) throw error;
    if (names.length === 1) return [error];
    const alone = names.map((name) => readTargets(session, [name]));
    return (await Promise.all(alone)).flat();
  }
}

function nameAlone(name: TargetName) {
  return "id" in name ? { id: name.id } : { businessId: name.businessId };
}

const NOT_FOUND = {
  hint: "Its id is that of one project and target locale: see --project and --to. A text that was forgotten has lost its id.",
};
