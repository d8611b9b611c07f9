/** The plural families of i18next in a JSON file: keys side by side that differ in their ending. */
import { type I18nextFamily, i18nextFamilies, i18nextFormsToAsk } from "@trans-hub/core/engine";
import type { AskedForm } from "../contract.ts";
import { type JsonNode, memberOf } from "./json-file.ts";
import type { Leaf } from "./layouts.ts";
import { nameIn } from "./paths.ts";

export interface JsonFamily {
  /** No path is such an id: there is no backslash before a star in one. */
  readonly id: string;
  /** Its leaves by form, in file order. Never empty. */
  readonly leaves: ReadonlyMap<string, Leaf>;
  /** The literals of forms without a text. */
  readonly empty: readonly JsonNode[];
  readonly family: I18nextFamily;
  /** The object that holds it. */
  readonly container: JsonNode;
}

const MAY_BE_FORM = /_(?:zero|one|two|few|many|other|plural)$/;

/** @param locale BCP 47. Undefined: unknown. */
export function familiesOf(leaves: readonly Leaf[], locale: string | undefined): JsonFamily[] {
  const stems = new Set<string>();
  for (const { id } of leaves) if (MAY_BE_FORM.test(id)) stems.add(id.slice(0, id.lastIndexOf("_")));
  if (stems.size === 0) return [];
  // The other leaves, most of a file, are in no family.
  const candidates = leaves.filter(({ id }) => stems.has(id) || MAY_BE_FORM.test(id));
  const byId = new Map(candidates.map((leaf) => [leaf.id, leaf]));
  const texts = textsOf(candidates);
  const claimed = new Set<string>();
  return i18nextFamilies(texts, locale === "und" ? undefined : locale).flatMap((family): JsonFamily[] => {
    const ids = [...family.keys.values()];
    const members = [...family.keys].flatMap(([form, id]): [string, Leaf][] => {
      const leaf = byId.get(id);
      return leaf === undefined ? [] : [[form, leaf]];
    });
    const container = members[0]?.[1].holder.parent;
    // Of two families with a key in common (`a_one` and `a_one_plural`), the first one has it.
    if (container === undefined || ids.some((id) => claimed.has(id))) return [];
    for (const id of ids) claimed.add(id);
    const id = `${family.stem}${family.version === "v4" ? "_" : ""}\\*`;
    return [{ id, leaves: new Map(members), empty: emptyForms(family, container), family, container }];
  });
}

function textsOf(leaves: Iterable<Leaf>): Map<string, string> {
  const texts = new Map<string, string>();
  for (const { id, text } of leaves) if (text !== undefined) texts.set(id, text);
  return texts;
}

function emptyForms({ stem, version }: I18nextFamily, container: JsonNode): JsonNode[] {
  if (version !== "v4") return [];
  return ["zero", "one", "two", "few", "many", "other"].flatMap((form) => {
    const node = memberOf(container, `${nameIn(stem)}_${form}`);
    return node !== undefined && isEmptyText(node) ? [node] : [];
  });
}

function isEmptyText({ kind, start, end }: JsonNode): boolean {
  return kind === "string" && end - start === 2;
}

/** The id of a form. */
export function formId({ stem, version }: I18nextFamily, form?: string): string {
  if (form === undefined || (version === "v3" && form === "one")) return stem;
  return `${stem}_${version === "v3" && form === "other" ? "plural" : form}`;
}

/** Whether the family can have these forms: JSON v3 counts by numbers of its own, and has no other categories. */
export function takesForms({ version }: I18nextFamily, forms: ReadonlyMap<string, string>): boolean {
  const names = [...forms.keys()];
  return version === "v4" || names.every((name) => /^\d+$/.test(name)) || names.sort().join() === "one,other";
}

/** The forms in a target locale. Where one would take the key of another value, the forms are those of the source. */
export function askedForms(
  { family, leaves, container }: JsonFamily,
  locales: { sourceLocale: string; targetLocale: string },
): AskedForm[] {
  const asked = i18nextFormsToAsk(family, textsOf(leaves.values()), locales);
  const own = new Set([...leaves.values()].map(({ holder }) => holder));
  const isTaken = asked.some(({ key }) => {
    const node = memberOf(container, nameIn(key));
    return node !== undefined && !own.has(node) && !isEmptyText(node);
  });
  if (isTaken) return [...leaves].map(([key, { text = "" }]) => ({ key, text }));
  return asked.map(({ key, sameAs, ...rest }) => ({
    ...rest,
    key: formOf(family, key),
    ...(sameAs !== undefined && { sameAs: formOf(family, sameAs) }),
  }));
}

function formOf({ stem, version }: I18nextFamily, id: string): string {
  const ending = id.slice(stem.length + 1);
  if (version === "v4") return ending;
  return ending === "" ? "one" : ending === "plural" ? "other" : ending;
}
