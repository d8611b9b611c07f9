/**
 * Gives a catalog the plural families of its target locale: `mail_one` and `mail_other` become `mail_one`, `mail_few`,
 * `mail_many` and `mail_other` for Polish, and `mail_other` alone for Japanese. Each key is then a message like any other, with
 * a value, an author and an entry in the lock of its own.
 */
import {
  type FormToAsk,
  type I18nextFamily,
  i18nextFamilies,
  i18nextFormsToAsk,
  UNDETERMINED_LOCALE,
} from "@trans-hub/core/engine";
import type { Catalog, CatalogMessage, Locales } from "./catalog.ts";
import { type JsonCatalog, otherKeys, withMembers } from "./json-catalog.ts";

/** The source as it has to be for a target locale. A catalog without plural families is returned as it is. */
export function shapedFor(source: JsonCatalog, { sourceLocale, targetLocale }: Locales): JsonCatalog {
  const families = i18nextFamilies(source.texts, knownLocale(sourceLocale));
  if (families.length === 0) return source;
  const { empty, taken } = otherKeys(source);
  const claimed = new Set<string>();
  const replacements: Map<string, { name: string; text: string }[]> = new Map();
  const forms = new Map<string, FormToAsk>();
  for (const family of families) {
    const members = new Set(family.keys.values());
    const asked = i18nextFormsToAsk(family, source.texts, { sourceLocale, targetLocale });
    // A key of another message or value is not given up for a form; an empty form is none.
    if (asked.some(({ key }) => taken.has(key) || (source.texts.has(key) && !members.has(key)))) continue;
    // Of two families with a key in common (`a_one` and `a_one_plural`), the first one has it.
    const all = [...members, ...asked.map(({ key }) => key)];
    if (all.some((key) => claimed.has(key))) continue;
    for (const key of all) claimed.add(key);
    for (const { key } of asked) if (empty.has(key)) replacements.set(key, []);
    placeForms(family, asked, replacements);
    const byKey = new Map(asked.map((each) => [each.key, each]));
    for (const each of asked) forms.set(each.key, byKey.get(each.sameAs ?? "") ?? each);
  }
  const { messages, ...shaped } = withMembers(source, replacements);
  return {
    ...shaped,
    messages: messages.map((message): CatalogMessage => {
      const form = forms.get(message.key)?.form;
      return form === undefined ? message : { ...message, form };
    }),
  };
}

/** Puts each form in the place of its own key, and a new one behind the form before it. */
function placeForms(
  { keys }: I18nextFamily,
  asked: readonly FormToAsk[],
  replacements: Map<string, { name: string; text: string }[]>,
): void {
  const members = [...keys.values()];
  for (const member of members) replacements.set(member, []);
  let place = asked.find(({ key }) => members.includes(key))?.key ?? members[0];
  for (const { key, text } of asked) {
    if (members.includes(key)) place = key;
    replacements.get(place ?? "")?.push({ name: nameOf(key), text });
  }
}

/** The last segment of a message key, as it stands in the file. */
function nameOf(key: string): string {
  const segment = /(?:[^.\\]|\\.)*$/s.exec(key)?.[0] ?? key;
  return segment.replace(/\\(.)/gs, "$1");
}

/**
 * The keys of families that stand in a target file although the source has no key of theirs any more. A form is no value by
 * itself: the languages of a family do not have the same keys, so the family goes as a whole, whoever wrote its forms.
 *
 * @param isLocked Whether an earlier run knew the key as one of the source's.
 */
export function orphanedKeys(
  existing: Catalog | undefined,
  source: Catalog,
  targetLocale: string,
  isLocked: (key: string) => boolean,
): ReadonlySet<string> {
  const orphaned = new Set<string>();
  for (const { stem, keys } of i18nextFamilies(existing?.texts ?? new Map(), targetLocale)) {
    const all = [...keys.values()];
    const isGone = all.every((key) => isLocked(key) && !source.texts.has(key)) && !source.texts.has(stem);
    if (isGone) for (const key of all) orphaned.add(key);
  }
  return orphaned;
}

function knownLocale(locale: string): string | undefined {
  return locale === UNDETERMINED_LOCALE ? undefined : locale;
}
