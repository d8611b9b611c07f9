/** The kinds of values that only the command line's own settings have. The common ones come from the engines. */

import { canonicalLocale, MAX_NAME_BYTES, optionKinds, parseName } from "@trans-hub/core/rules";
import type { Instructions, Prices, ProjectEngines } from "@trans-hub/core/store";
import { kind } from "@trans-hub/engines/registry";
import { z } from "zod";

/** One of some names, in any case. */
export function oneOf<const Name extends string>(...names: Name[]) {
  return kind(`one of ${names.join(", ")}`, (value) => names.find((name) => name === value.toLowerCase()));
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

/** Instructions for language models: a text, or a JSON object. A complaint repeats none of them. */
export function instructions() {
  return z.string().transform((text, context): Instructions => {
    const read = text.trimStart().startsWith("{") ? parsedJson(text) : text;
    if (read === undefined) {
      context.addIssue({
        code: "custom",
        message: "begins like a JSON object with all, locales and projects, and is no JSON",
      });
      return z.NEVER;
    }
    const root = "TH_INSTRUCTIONS";
    for (const { key, problem } of optionKinds.instructions(read, root)) {
      const part = key.slice(root.length + 1);
      context.addIssue({ code: "custom", message: part === "" ? problem : `${part} ${problem}` });
    }
    return read as Instructions;
  });
}

/** The prices of engines: a JSON object. A complaint names the path to the fault. */
export function prices() {
  return z.string().transform((text, context): Prices => {
    const read = parsedJson(text);
    const root = "prices";
    const problems = read === undefined ? [{ key: root, problem: "is no JSON" }] : optionKinds.prices(read, root);
    for (const { key, problem } of problems) {
      const part = key.slice(root.length + 1);
      context.addIssue({ code: "custom", message: part === "" ? problem : `${part} ${problem}` });
    }
    return read as Prices;
  });
}

/** The rights of groups: a JSON object, whose parts the server checks. A complaint repeats none of them. */
export function authGroups() {
  return z.string().transform((text, context): Readonly<Record<string, unknown>> => {
    const read = parsedJson(text);
    if (typeof read === "object" && read !== null && !Array.isArray(read)) return read as Record<string, unknown>;
    const message = `must be a JSON object: rights by group${read === undefined ? ", and is no JSON" : ""}`;
    context.addIssue({ code: "custom", message });
    return z.NEVER;
  });
}

/** A list with commas. `wanted` completes "must be …". */
export function names(wanted: string) {
  return kind(wanted, (value) => {
    const read = value.split(",").map((name) => name.trim());
    return read.every((name) => /^\S+$/.test(name)) ? read : undefined;
  });
}

function parsedJson(text: string): unknown {
  return unlessItThrows((): unknown => JSON.parse(text));
}

/** The URL of a PostgreSQL database, as the library takes it. */
export function postgresUrl() {
  return kind("a postgres:// or postgresql:// URL", (value) =>
    optionKinds.postgresUrl(value, "databaseUrl").length === 0 ? value : undefined,
  );
}

/** The address of a server, which holds no secret: it stands in messages. */
export function serverUrl() {
  return kind("an http:// or https:// URL without a name, a password, a query or a fragment", readServerUrl);
}

/** The address without closing slashes. Undefined: it is none. */
export function readServerUrl(value: string): string | undefined {
  if (!/^https?:\/\//i.test(value) || !URL.canParse(value)) return undefined;
  const { username, password, search, hash } = new URL(value);
  return username + password + search + hash === "" ? value.replace(/\/+$/, "") : undefined;
}

/** The name of a project, as `Coordinator` accepts it. */
export function projectName() {
  return kind(`a name of at most ${MAX_NAME_BYTES} bytes`, (value) =>
    unlessItThrows(() => parseName(value, "project", "TH_PROJECT")),
  );
}

/** Names of projects with commas between, or `*`. */
export function projectNames() {
  return kind("names of projects with commas between, or *", (value) =>
    unlessItThrows(() =>
      value
        .split(",")
        .map((name) => name.trim())
        .map((name) => parseName(name, "project", "TH_PROJECT")),
    ),
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
