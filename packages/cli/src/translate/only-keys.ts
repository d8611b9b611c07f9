/** The keys that a run is restricted to: `--only`. */
import { InvalidArgumentError } from "commander";
import type { Catalog } from "../catalog/catalog.ts";
import { type KeyMatcher, keyMatcher, keyPatternProblem } from "../config/key-patterns.ts";
import { ruledKey } from "./text-rules.ts";

export interface OnlyKeys {
  patterns: readonly string[];
  matches: KeyMatcher;
}

/**
 * Patterns between commas. A comma within braces, or behind a backslash, separates nothing.
 *
 * @throws {InvalidArgumentError} A pattern is empty, or a brace in it has no partner.
 */
export function parseOnlyKeys(value: string, before?: OnlyKeys): OnlyKeys {
  const own = separated(value).map((pattern) => pattern.trim());
  for (const pattern of own) {
    const problem = keyPatternProblem(pattern);
    if (problem !== undefined) throw new InvalidArgumentError(`The pattern "${pattern}" ${problem}.`);
  }
  const patterns = [...(before?.patterns ?? []), ...own];
  return { patterns, matches: keyMatcher(patterns) };
}

function separated(value: string): string[] {
  const patterns = [""];
  let depth = 0;
  for (const [token] of value.matchAll(/\\.|./gsu)) {
    if (token === "{") depth += 1;
    if (token === "}" && depth > 0) depth -= 1;
    if (token === "," && depth === 0) patterns.push("");
    else patterns.push(`${patterns.pop()}${token}`);
  }
  return patterns;
}

/** The patterns that stand for no text, one sentence each. */
export function unusedOnly(
  { patterns }: OnlyKeys,
  files: readonly { source: Catalog; existing: Catalog | undefined }[],
): string[] {
  const keys = new Set<string>();
  for (const { source, existing } of files) {
    for (const message of source.messages) keys.add(ruledKey(message));
    for (const key of existing?.texts.keys() ?? []) keys.add(key);
  }
  return patterns
    .filter((pattern) => ![...keys].some(keyMatcher([pattern])))
    .map((pattern) => `--only: no text has a key like ${pattern}`);
}
