/** The kinds of values that only the command line's own settings have. The common ones come from the engines. */

import { canonicalLocale } from "@trans-hub/core";
import { optionKinds } from "@trans-hub/core/engine";
import { MAX_NAME_BYTES, type ProjectEngines, parseName } from "@trans-hub/core/store";
import { kind } from "@trans-hub/engines/registry";
import { z } from "zod";

/** One of some names, in any case. */
export function oneOf<const Name extends string>(...names: Name[]) {
  return kind(`one of ${names.join(", ")}`, (value) => names.find((name) => name === value.toLowerCase()));
}

/** The engines that a process uses. */
export interface EngineNames {
  /** In the order of their use, each once. */
  names: string[];
  /** The target locales of the engines that are for some alone, by name; canonical BCP 47. */
  locales: Readonly<Record<string, readonly string[]>>;
}

/** A chain such as `openai,pseudo`; or entries such as `deepl:de,fr;openai`, of which those with locales are for these alone. */
export function engineNames() {
  return z.string().transform((text, context): EngineNames => {
    const read = readEngineNames(text);
    if (typeof read !== "string") return read;
    context.addIssue({ code: "custom", message: `must be like openai,pseudo or deepl:de,fr;openai, and ${read}` });
    return z.NEVER;
  });
}

/** @returns what is wrong, as a clause, where it cannot be read. */
export function readEngineNames(text: string): EngineNames | string {
  const names: string[] = [];
  const locales: Record<string, readonly string[]> = {};
  const entries = text.replace(/[\s;,]+$/, "").split(";");
  for (const [at, entry] of entries.entries()) {
    const where = entries.length === 1 ? "it" : `entry ${at + 1}`;
    const [before = "", after, ...more] = entry.split(":");
    const found = before.split(",").flatMap((name) => name.trim().toLowerCase() || []);
    if (found.length === 0) return `${where} names no engine`;
    if (!found.every((name) => ENGINE_NAME.test(name))) {
      return `${where} holds a word that is no engine's name (lower-case letters, digits, -)`;
    }
    if (more.length > 0) return `${where} has two colons: write a semicolon before the next engine`;
    if (after !== undefined && found.length > 1)
      return `${where} has locales behind several engines: write an entry for each`;
    for (const name of found) {
      if (entries.length > 1 && names.includes(name)) return `${where} names ${name}, which an earlier entry names`;
      if (!names.includes(name)) names.push(name);
    }
    if (after === undefined) continue;
    const own: string[] = [];
    for (const locale of after.split(",").flatMap((each) => each.trim() || [])) {
      try {
        own.push(canonicalLocale(locale, "locale"));
      } catch {
        return `${where} holds a word that is no locale`;
      }
    }
    if (own.length === 0) return `${where} names no locale behind its colon`;
    locales[found[0] ?? ""] = own;
  }
  return { names, locales };
}

const ENGINE_NAME = /^[a-z][a-z0-9-]*$/;

/**
 * The engines that each project may use: `private:local;shop:openai,deepl`. A project's name may hold a colon and no
 * semicolon. A complaint numbers the entries, counted from 1, and repeats none.
 */
export function projectEngines() {
  return z.string().transform((text, context): ProjectEngines => {
    const found = new Map<string, string[]>();
    // A closing semicolon is a habit, and no entry.
    const entries = text.replace(/[\s;]+$/, "").split(";");
    for (const [at, entry] of entries.entries()) {
      const problem = readProject(entry.trim(), found);
      if (problem !== undefined) {
        const message = `must be like private:local;shop:openai,deepl, and entry ${at + 1} ${problem}`;
        context.addIssue({ code: "custom", message });
      }
    }
    return Object.fromEntries(found);
  });
}

/** Adds one project; gives the problem that keeps it from being added. */
function readProject(entry: string, found: Map<string, string[]>): string | undefined {
  if (entry === "") return "is empty";
  const colon = entry.lastIndexOf(":");
  if (colon === -1) return "has no colon behind the project";
  const project = entry.slice(0, colon).trim();
  if (unlessItThrows(() => parseName(project, "project", "TH_PROJECT")) === undefined) {
    return `names no project (1 to ${MAX_NAME_BYTES} bytes)`;
  }
  if (found.has(project)) return "names a project that an earlier entry names: write its engines into one entry";
  const names = entry
    .slice(colon + 1)
    .split(",")
    .map((name) => name.trim().toLowerCase());
  if (names.join("") === "") return "names no engine: write engines, local or third-party behind the colon";
  if (!names.every((name) => ENGINE_NAME.test(name))) {
    return "holds a word that is no engine's name (lower-case letters, digits, -)";
  }
  found.set(project, [...new Set(names)]);
  return undefined;
}

/** The URL of a PostgreSQL database, as the library takes it. */
export function postgresUrl() {
  return kind("a postgres:// or postgresql:// URL", (value) =>
    optionKinds.postgresUrl(value, "databaseUrl").length === 0 ? value : undefined,
  );
}

/** The name of a project, as `Coordinator` accepts it. */
export function projectName() {
  return kind(`a name of at most ${MAX_NAME_BYTES} bytes`, (value) =>
    unlessItThrows(() => parseName(value, "project", "TH_PROJECT")),
  );
}

/** A locale, or `und`; in canonical form. */
export function sourceLocale() {
  return kind('a locale such as "en" or "pt-BR", or "und"', (value) =>
    unlessItThrows(() => canonicalLocale(value, "locale", { allowUndetermined: true })),
  );
}

function unlessItThrows<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

const CRON_FIELDS: readonly (readonly [min: number, max: number])[] = [
  [0, 59],
  [0, 23],
  [1, 31],
  [1, 12],
  [0, 7],
];

/** Five cron fields as graphile-worker reads them, in UTC: numbers, ranges, a star, a star with a divisor, lists. */
export function cron() {
  return kind("five cron fields such as 30 3 * * * (numbers, a-b, *, */n; in UTC)", (value) => {
    const fields = value.split(/\s+/);
    const isValid =
      fields.length === 5 && CRON_FIELDS.every(([min, max], at) => isCronField(fields[at] ?? "", min, max));
    return isValid ? fields.join(" ") : undefined;
  });
}

function isCronField(field: string, min: number, max: number): boolean {
  return field.split(",").every((part) => {
    const star = /^\*(?:\/(\d+))?$/.exec(part);
    if (star !== null) return star[1] === undefined || Number(star[1]) >= 1;
    const [, from, to] = /^(\d+)(?:-(\d+))?$/.exec(part) ?? [];
    if (from === undefined || Number(from) < min) return false;
    return to === undefined ? Number(from) <= max : Number(from) < Number(to) && Number(to) <= max;
  });
}
