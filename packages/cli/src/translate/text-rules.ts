/** The options of the configuration for single texts: `ignore`, `copy`, `keep`, `distinct`, `review`. */
import type { CatalogSyntax } from "@trans-hub/formats";
import type { Catalog, CatalogMessage } from "../catalog/catalog.ts";
import { familyKey } from "../catalog/unit-keys.ts";
import type { FileRule } from "../config/config.ts";
import { type KeyMatcher, keyMatcher } from "../config/key-patterns.ts";

export interface TextRules {
  /** The place in the configuration, for messages. */
  name: string;
  /** Of the files. Default: by name and content. */
  format: string | undefined;
  /** Of the texts. Default: detected once a file. */
  syntax: CatalogSyntax | undefined;
  /** Texts that are not sent; the value of the target, if there is one, stays. */
  ignore: KeyMatcher;
  /** Texts whose value is always the source's. */
  copy: KeyMatcher;
  /** Texts that are copied once. */
  keep: KeyMatcher;
  /** Texts with a meaning of their own. */
  distinct: KeyMatcher;
  /** Whether machine translations are marked as not reviewed. */
  review: boolean;
  /** As the configuration has it. */
  entry: FileRule;
}

export function textRules(entry: FileRule): TextRules {
  const { name, format, syntax, review } = entry;
  return {
    ...{ name, format, syntax, review, entry },
    ignore: keyMatcher(entry.ignore),
    copy: keyMatcher(entry.copy),
    keep: keyMatcher(entry.keep),
    distinct: keyMatcher(entry.distinct),
  };
}

/** The key that the patterns are compared with: a plural form's is that of its family. */
export function ruledKey({ key, form }: Pick<CatalogMessage, "key" | "form">): string {
  return form === undefined ? key : familyKey(key);
}

/** The messages of a source that are translated or copied; and of those with a meaning of their own, that they have one. */
export function ruledMessages({ messages }: Catalog, rules: TextRules | undefined): readonly CatalogMessage[] {
  if (rules === undefined) return messages;
  return messages.flatMap((message) => {
    const key = ruledKey(message);
    if (rules.ignore(key)) return [];
    return [rules.distinct(key) ? { ...message, distinct: key } : message];
  });
}

/** The rule that gives a text its value instead of a translation. `keep` is weaker than `copy`. */
export function ruleOf(
  message: Pick<CatalogMessage, "key" | "form">,
  rules: TextRules | undefined,
): "copy" | "keep" | undefined {
  if (rules === undefined) return undefined;
  const key = ruledKey(message);
  if (rules.copy(key)) return "copy";
  return rules.keep(key) ? "keep" : undefined;
}

const KINDS = ["ignore", "copy", "keep", "distinct"] as const;

/**
 * The patterns that stand for no text of the files of their entry, one sentence each: most often a typing error.
 *
 * @param files All files of each entry.
 */
export function unusedPatterns(files: Iterable<{ source: Catalog; target: { rules?: TextRules } }>): string[] {
  const keys = new Map<TextRules, Set<string>>();
  for (const { source, target } of files) {
    if (target.rules === undefined) continue;
    const known = keys.get(target.rules) ?? new Set();
    for (const message of source.messages) known.add(ruledKey(message));
    keys.set(target.rules, known);
  }
  return [...keys].flatMap(([{ name, entry }, known]) =>
    KINDS.flatMap((kind) =>
      entry[kind].flatMap((pattern, at) =>
        [...known].some(keyMatcher([pattern])) ? [] : [`${name}.${kind}[${at}]: no text has a key like ${pattern}`],
      ),
    ),
  );
}
