/**
 * The engines that a process uses, as `TH_ENGINES` and `--engine` name them: an engine of this release by its name, one of the
 * user's by the path of its file or by the name of its package.
 */
import { canonicalLocale } from "@trans-hub/core/rules";
import { ENGINE_NAMES } from "@trans-hub/engines/registry";
import { z } from "zod";

/** The engines that a process uses. */
export interface EngineNames {
  /** Names, paths and packages in the order of their use, each once. */
  names: string[];
  /** The target locales of the engines that are for some alone, by the word in `names`; canonical BCP 47. */
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
    const [before, after] = atLocales(entry);
    if (atLocales(before)[1] !== undefined) {
      return `${where} has two colons: write a semicolon before the next engine`;
    }
    const found = before.split(",").flatMap((name) => engineName(name.trim()) ?? []);
    if (found.length === 0) return `${where} names no engine`;
    if (!found.every((name) => isEnginePath(name) || PACKAGE_NAME.test(name))) {
      return `${where} holds a word that is no engine's name (lower-case letters, digits, -), no package's name and no path (it begins with ./, ../, / or file:)`;
    }
    const isInMiddle = found.some((name) => atLocales(name)[1] !== undefined);
    if ((after !== undefined && found.length > 1) || isInMiddle)
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

/** Whether a word of `TH_ENGINES` names an engine that this release does not have. */
export function isOwnEngine(name: string): boolean {
  return !ENGINE_NAMES.includes(name);
}

/** Whether a word of `TH_ENGINES` is the path of a file. `C:\` and `C:/` begin one too. */
export function isEnginePath(name: string): boolean {
  return /^(\.{0,2}[\\/]|[a-z]:[\\/]|file:)/i.test(name);
}

/**
 * Cuts an entry at the colon before its locales, the last one. No locale holds a slash or a dot, so that of `file:///e.ts` and of
 * `C:/e.ts` is none.
 */
function atLocales(entry: string): [before: string, after: string | undefined] {
  const colon = entry.lastIndexOf(":");
  if (colon === -1 || /[\\/.]/.test(entry.slice(colon))) return [entry, undefined];
  return [entry.slice(0, colon), entry.slice(colon + 1)];
}

/** Undefined: there is no word. Only paths keep their letter case: no package's name has capitals. */
function engineName(word: string): string | undefined {
  if (word === "") return undefined;
  return isEnginePath(word) ? word : word.toLowerCase();
}

/** As npm accepts it. */
const PACKAGE_NAME = /^(@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/;
