/** A team's instructions to engines that read them: tone, form of address, words to use. */
import { canonicalLocale, localeFallbacks } from "./locale.ts";

/** Instructions for all target locales, and for some; `de` stands for `de-AT` too, unless `de-AT` is there. */
export interface InstructionSet {
  all?: string | undefined;
  locales?: Readonly<Record<string, string>> | undefined;
}

/**
 * Instructions for every text, and beside them those of some projects. A string is for all target locales. All that apply to a
 * call go with it, the more exact ones later; together they have at most 4 KiB.
 */
export type Instructions =
  | string
  | (InstructionSet & { projects?: Readonly<Record<string, string | InstructionSet>> | undefined });

/** The most bytes of UTF-8 of the instructions that go with one call from the settings, and of those of one style. */
export const MAX_INSTRUCTION_BYTES = 4_096;

interface Problem {
  key: string;
  problem: string;
}

/** The faults of instructions; empty: none. A problem names project and locale, and repeats no instruction. */
export function instructionProblems(given: unknown, key: string): Problem[] {
  const { projects, ...everywhere } = setOf(given);
  const problems = [
    ...setProblems(isRecord(given) ? everywhere : given, key),
    ...fields(projects, `${key}.projects`, "projects"),
  ];
  const ofProjects = isRecord(projects) ? Object.entries(projects) : [];
  for (const [project, set] of ofProjects) problems.push(...setProblems(set, `${key}.projects.${shown(project)}`));
  return problems.length > 0 ? problems : lengthProblems(given as Instructions, key);
}

/**
 * Looks instructions up. They must have passed {@link instructionProblems}.
 *
 * @returns A function that gives the instructions of a call, in one text; undefined: there are none.
 */
export function instructionTable(
  given: Instructions | undefined,
): (project: string, targetLocale: string) => string | undefined {
  if (given === undefined) return () => undefined;
  const { projects = {}, ...everywhere } = setOf(given) as Exclude<Instructions, string>;
  const common = read(everywhere);
  const own = new Map(Object.entries(projects).map(([project, set]) => [project, read(setOf(set) as InstructionSet)]));
  return (project, targetLocale) => {
    const all = [common, own.get(project)].flatMap((set) => (set === undefined ? [] : textsOf(set, targetLocale)));
    return all.length === 0 ? undefined : all.join("\n");
  };
}

interface ReadSet {
  all: string;
  /** By canonical locale. */
  locales: ReadonlyMap<string, string>;
}

function read({ all = "", locales = {} }: InstructionSet): ReadSet {
  const byLocale = Object.entries(locales).map(([locale, text]) => [canonicalLocale(locale), text.trim()] as const);
  return { all: all.trim(), locales: new Map(byLocale) };
}

function textsOf({ all, locales }: ReadSet, targetLocale: string): string[] {
  const locale = localeFallbacks(targetLocale).find((each) => locales.has(each));
  return [all, locales.get(locale ?? "") ?? ""].filter((text) => text !== "");
}

/** Each project with each locale that it, or every project, has instructions for. */
function lengthProblems(given: Instructions, key: string): Problem[] {
  const lookUp = instructionTable(given);
  const { projects = {}, ...everywhere } = setOf(given) as Exclude<Instructions, string>;
  const common = Object.keys(everywhere.locales ?? {});
  const sets: [project: string, set: string | InstructionSet][] = [["", {}], ...Object.entries(projects)];
  for (const [project, set] of sets) {
    const locales = ["und", ...common, ...Object.keys((setOf(set) as InstructionSet).locales ?? {})];
    for (const locale of locales) {
      const bytes = Buffer.byteLength(lookUp(project, locale === "und" ? locale : canonicalLocale(locale)) ?? "");
      if (bytes <= MAX_INSTRUCTION_BYTES) continue;
      const where = [project && `project ${shown(project)}`, locale !== "und" && `locale ${locale}`].filter(Boolean);
      const about = where.length === 0 ? "" : ` for ${where.join(" and ")}`;
      return [
        {
          key,
          problem: `must have at most 4,096 bytes for one call, all that apply together, and have ${bytes}${about}`,
        },
      ];
    }
  }
  return [];
}

function setOf(given: unknown): Record<string, unknown> {
  return typeof given === "string" ? { all: given } : isRecord(given) ? given : {};
}

function setProblems(set: unknown, key: string): Problem[] {
  if (typeof set === "string") return textProblems(set, key);
  if (!isRecord(set)) return [{ key, problem: "must be a text, or an object with all and locales" }];
  const { all, locales, ...others } = set;
  const unknown = Object.keys(others).filter((name) => others[name] !== undefined);
  const ofLocales = isRecord(locales) ? Object.entries(locales) : [];
  return [
    ...unknown.map((name) => ({
      key: `${key}.${shown(name)}`,
      problem: "is no part of instructions: all, locales, projects",
    })),
    ...(all === undefined ? [] : textProblems(all, `${key}.all`)),
    ...fields(locales, `${key}.locales`, "locales"),
    ...ofLocales.flatMap(([locale, text]) => [
      ...(isLocale(locale) ? [] : [{ key: `${key}.locales.${shown(locale)}`, problem: "is no locale" }]),
      ...textProblems(text, `${key}.locales.${shown(locale)}`),
    ]),
  ];
}

function fields(value: unknown, key: string, noun: string): Problem[] {
  return value === undefined || isRecord(value) ? [] : [{ key, problem: `must be an object: instructions by ${noun}` }];
}

function textProblems(text: unknown, key: string): Problem[] {
  if (typeof text === "string" && text.isWellFormed() && !text.includes("\0")) return [];
  return [{ key, problem: "must be a text without U+0000" }];
}

function isLocale(locale: string): boolean {
  try {
    return canonicalLocale(locale) !== "";
  } catch {
    return false;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A long key is more likely a text than a name. */
function shown(name: string): string {
  return /^[\w. -]{1,64}$/.test(name) ? name : "(a long name)";
}
