/** Options that several commands share, checked where they are read. */
import {
  canonicalLocale,
  InvalidItemError,
  PREFERENCES,
  parseAmount,
  parseTag,
  TEXT_FORMATS,
} from "@trans-hub/core/rules";
import { type Command, InvalidArgumentError, Option } from "commander";
import { type EngineNames, readEngineNames } from "./settings/engine-names.ts";
import { UsageError } from "./usage-error.ts";

export function projectOption(): Option {
  return new Option("--project <name>", "the project (default: TH_PROJECT)");
}

/** For commands that by default cover every project. */
export function onlyProjectOption(): Option {
  return new Option("--project <name>", "only this project (default: all)");
}

export function fromOption(): Option {
  return new Option("--from <locale>", "the texts' locale (default: TH_SOURCE_LOCALE)").argParser((value: string) =>
    parseOneLocale(value, { allowUndetermined: true }),
  );
}

/**
 * One target locale. Checked by {@link required} instead of commander, which would report the missing option before a
 * typo in another.
 */
export function toOption(): Option {
  return new Option("--to <locale>", "target locale (required)").argParser((value: string) => parseOneLocale(value));
}

/** For commands that by default act on every target locale. */
export function onlyToOption(): Option {
  return new Option("--to <locale>", "only into this target locale (default: all)").argParser((value: string) =>
    parseOneLocale(value),
  );
}

export function required<Value>(value: Value | undefined, flag: string): Value {
  if (value === undefined) throw new UsageError(`${flag} is missing`, "Add --help for the accepted values.");
  return value;
}

/** Which translations count as having a text. */
export function preferOption(): Option {
  return new Option(
    "--prefer <which>",
    "approved: a translation that no person approved counts as without a text",
  ).choices(PREFERENCES);
}

export function contextOption(): Option {
  return new Option("--context <context>", "context of the text: a note, or a JSON object");
}

/** An option given more than once adds to its earlier values. */
export function parseLocales(value: string, before: readonly string[] = []): string[] {
  const locales = value
    .split(",")
    .map((locale) => locale.trim())
    .filter((locale) => locale !== "")
    .map((locale) => parseOneLocale(locale));
  if (locales.length === 0) throw new InvalidArgumentError("Name at least one locale, such as fr or fr,de.");
  return [...new Set([...before, ...locales])];
}

export function parseOneLocale(value: string, options?: { allowUndetermined: boolean }): string {
  if (value.includes(",")) throw new InvalidArgumentError("It takes one locale.");
  try {
    return canonicalLocale(value, "locale", options);
  } catch (error) {
    if (!(error instanceof InvalidItemError)) throw error;
    throw new InvalidArgumentError([error.message, error.hint].filter(Boolean).join(". "));
  }
}

/** A whole number from `least` up. */
export function parseWhole(least: number, most = Number.MAX_SAFE_INTEGER): (value: string) => number {
  return (value) => {
    const number = Number(value);
    if (/^\d+$/.test(value) && number >= least && number <= most) return number;
    const range = most === Number.MAX_SAFE_INTEGER ? `from ${least}` : `from ${least} to ${most}`;
    throw new InvalidArgumentError(`Must be a whole number ${range}.`);
  };
}

export function parseTime(value: string): Date {
  const time = new Date(value);
  if (/^\d{4}-/.test(value) && !Number.isNaN(time.getTime())) return time;
  throw new InvalidArgumentError("Must be a time such as 2026-01-31 or 2026-01-31T08:00:00Z.");
}

/** Examples at the end of a command's help. */
export function examples(command: Command, ...lines: string[]): void {
  command.addHelpText("after", `\nExamples:\n${lines.map((line) => `  $ trans-hub ${line}`).join("\n")}`);
}

export function formatOption(): Option {
  return new Option("--format <format>", "syntax of the text").choices([...TEXT_FORMATS]);
}

export function targetLocaleOption(): Option {
  return new Option("--locale <locale>", "only this target locale").argParser((value: string) => parseOneLocale(value));
}

/** Names of engines in the order of their use, as in TH_ENGINES. */
export function parseEngines(value: string): EngineNames {
  const read = readEngineNames(value);
  if (typeof read !== "string") return read;
  throw new InvalidArgumentError(`Name engines, such as openai,pseudo, deepl:de,fr;openai or ./my-engine.ts: ${read}.`);
}

/** The name of one engine. */
export function parseOneEngine(value: string): string {
  const { names } = parseEngines(value);
  const [name, ...others] = names;
  if (name !== undefined && others.length === 0) return name;
  throw new InvalidArgumentError("It takes one engine.");
}

/** The name under which the engine calls for these texts are booked. */
export function tagOption(): Option {
  return new Option("--tag <name>", "book the engine calls for these texts under this name").argParser((value) => {
    try {
      return parseTag(value);
    } catch (error) {
      throw new InvalidArgumentError(error instanceof Error ? error.message : "");
    }
  });
}

/** The greatest cost, by the estimate. */
export function maxCostOption(): Option {
  const option = new Option("--max-cost <amount>", "send nothing if the estimated cost is above this");
  return option.argParser((value) => {
    const amount = parseAmount(value);
    if (amount !== undefined) return amount;
    throw new InvalidArgumentError("It must be an amount such as 2.50, in the currency of the prices.");
  });
}
