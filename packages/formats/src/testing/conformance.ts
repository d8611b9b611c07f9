/** The requirements of every format, as one suite: call `formatConformance(format, samples)` in the format's test file. */
import { CatalogError } from "@trans-hub/core/operations";
import { describe, expect, test } from "vitest";
import type { CatalogDocument, Change, Format, ReadOptions, Unit, Value } from "../contract.ts";

/** One file of the format. */
export interface FormatSample {
  readonly name: string;
  readonly content: string | Uint8Array;
  readonly options?: Partial<ReadOptions>;
  /** Ids of values whose present literal the format cannot write the same way. Default: none. */
  readonly unlike?: readonly string[];
}

/** Values that naive writers break. */
const HOSTILE: readonly string[] = [
  "plain",
  " space at both ends ",
  "two\nlines",
  "a\ttab",
  'it\'s "quoted" and `ticked`',
  "back\\slash \\n \\u0041 \\",
  "a = b : c # d ! e ; f // g /* h */",
  "<b>bold</b> & <br/> &amp; ]]> <!-- no -->",
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the placeholder of a shell
  "100 % %s %1$s %(name)s {name} {{count}} ${x} #{y} @:link | pipe",
  "été – 日本語 – مرحبا – 👩‍👩‍👧 – \u{10ffff}",
  "yes",
  "null",
  "123",
  "---",
  "- item",
  "key: value",
  "@string/other",
  "?attr",
];

/** Locales with one to six plural categories. */
const PLURAL_LOCALES = ["ja", "en", "fr", "pl", "ar"];

/** Every format keeps these promises for each of its samples. */
export function formatConformance(format: Format, samples: readonly FormatSample[]): void {
  describe(`${format.name} keeps the contract of a format`, () => {
    describe.each(samples)("$name", (sample) => {
      const bytes = typeof sample.content === "string" ? Buffer.from(sample.content) : Buffer.from(sample.content);
      const read = (content: Uint8Array): CatalogDocument =>
        format.read(content, { file: "sample", ...sample.options });
      const document = read(bytes);
      const reread = (written: Uint8Array, changes: readonly Change[], before = document): CatalogDocument =>
        format.read(written, { file: "sample", ...sample.options, ...memoryOf(format, document, before, changes) });
      const open = document.units.filter(({ translate }) => translate);

      test("it has texts, each with an id of its own and a place", () => {
        expect(open.length).toBeGreaterThan(0);
        expect(new Set(document.units.map(({ id }) => id)).size).toBe(document.units.length);
        for (const { line, column } of document.units) {
          expect(line).toBeGreaterThan(0);
          expect(column).toBeGreaterThan(0);
        }
      });

      test("without changes, its bytes are those that were read", () => {
        expect(same(document.write([]).bytes, bytes)).toBe(true);
      });

      test("each value written again changes no byte", () => {
        const again = document.units.flatMap((unit) => (unit.value === undefined ? [] : [set(unit, unit.value)]));
        const { bytes: written, refused } = document.write(again);
        expect(refused).toEqual([]);
        expect(same(written, bytes)).toBe(true);
        for (const unit of open) {
          if (typeof unit.value !== "string" || unit.value === "" || sample.unlike?.includes(unit.id)) continue;
          const change = set(unit, `${unit.value}!`);
          const other = reread(document.write([change]).bytes, [change]);
          expect(same(other.write([set(unit, unit.value)]).bytes, bytes), unit.id).toBe(true);
        }
      });

      test("more texts take a plain value than refuse it", () => {
        const words = open.filter(({ isVerbatim }) => isVerbatim !== true);
        const refused = words.filter((unit) => document.write([set(unit, hostileFor(unit, 0))]).refused.length > 0);
        expect(refused.length).toBeLessThan(words.length / 2);
      });

      test("each value is read back as it was written, and nothing else changes", () => {
        for (const [at] of HOSTILE.entries()) {
          const values = new Map(open.map((unit, position) => [unit.id, hostileFor(unit, at + position)]));
          const changes = open.map((unit) => set(unit, values.get(unit.id) ?? ""));
          const { bytes: written, refused } = document.write(changes);
          const sparedIds = new Set(refused.map(({ id }) => id));
          const found = reread(
            written,
            changes.filter(({ id }) => !sparedIds.has(id)),
          );
          expect(found.units.map(({ id }) => id)).toEqual(document.units.map(({ id }) => id));
          for (const [position, unit] of found.units.entries()) {
            const before = document.units[position];
            const wanted = sparedIds.has(unit.id) ? before?.value : (values.get(unit.id) ?? before?.value);
            expect(plain(unit.value), unit.id).toEqual(plain(wanted));
            expect(unit.note).toBe(before?.note);
            expect(plain(unit.source)).toEqual(plain(before?.source));
          }
        }
      });

      test("a removed text is gone, and comes back to its place when it is added", () => {
        for (const [position, unit] of open.entries()) {
          if (unit.value === undefined || format.layout !== "one-locale") continue;
          const removal: Change = { kind: "remove", id: unit.id };
          const removed = document.write([removal]);
          if (removed.refused.length > 0) continue;
          const without = reread(removed.bytes, [removal]);
          expect(without.units.map(({ id }) => id)).toEqual(ids(document).filter((id) => id !== unit.id));
          const at = document.units.indexOf(unit);
          const after = document.units[at - 1]?.id;
          const value = hostileFor(unit, position);
          const addition: Change = { kind: "add", id: unit.id, value, from: document, after };
          const added = without.write([addition]);
          if (added.refused.length > 0) continue;
          const whole = reread(added.bytes, [addition], without);
          expect(ids(whole)).toEqual(ids(document));
          expect(plain(whole.units[at]?.value)).toEqual(plain(value));
        }
      });

      test.each(PLURAL_LOCALES)("a family gets exactly the categories of %s", (locale) => {
        for (const unit of open) {
          if (typeof unit.value !== "object") continue;
          const categories = new Intl.PluralRules(locale).resolvedOptions().pluralCategories;
          const forms = new Map(categories.map((category) => [category as string, `${category} of {{count}} %d`]));
          const { bytes: written, refused } = document.write([set(unit, { ...unit.value, forms })], { locale });
          if (refused.length > 0) continue;
          const found = read(written).units.find(({ id }) => id === unit.id);
          expect(new Map(Object.entries(plain(found?.value) ?? {})), unit.id).toEqual(forms);
        }
      });

      test("a change of a text that it has not is refused by name, and the file stays", () => {
        const { bytes: written, refused } = document.write([{ kind: "set", id: "no.such.text", value: "x" }]);
        expect(refused.map(({ id }) => id)).toEqual(["no.such.text"]);
        expect(same(written, bytes)).toBe(true);
      });

      test("a file that ends anywhere is read, or refused with its name and its place", () => {
        const step = Math.max(1, Math.floor(bytes.length / 200));
        for (let end = 0; end < bytes.length; end += step) {
          const cut = bytes.subarray(0, end);
          try {
            const half = read(cut);
            expect(same(half.write([]).bytes, cut)).toBe(true);
          } catch (error) {
            if (!(error instanceof CatalogError)) throw error;
            expect(error.message).toMatch(/^sample/);
          }
        }
      });
    });
  });
}

/** The options with which a target is read again: in a format without keys, its source and the values that were written. */
export function memoryOf(
  { isKeyless }: Format,
  source: CatalogDocument,
  before: CatalogDocument,
  changes: readonly Change[],
): Partial<ReadOptions> {
  if (isKeyless !== true) return {};
  const values = new Map(before.units.map(({ id, value }) => [id, value]));
  for (const change of changes) {
    if (change.kind === "remove") values.delete(change.id);
    else values.set(change.id, change.value);
  }
  const byValue = Map.groupBy(values.keys(), (id) => values.get(id));
  return { source, known: { ids: new Set(values.keys()), idsOf: (value) => byValue.get(value) ?? [] } };
}

function set({ id }: Unit, value: Value): Change {
  return { kind: "set", id, value };
}

function ids({ units }: CatalogDocument): string[] {
  return units.map(({ id }) => id);
}

/** A family without a value yet has the forms of its source. */
function hostileFor({ value, source }: Unit, at: number): Value {
  const text = HOSTILE[at % HOSTILE.length] ?? "";
  const model = value ?? source;
  if (typeof model !== "object") return text;
  return { ...model, forms: new Map([...model.forms.keys()].map((category) => [category, `${text} ${category}`])) };
}

/** A value in a form that `toEqual` compares. */
function plain(value: Value | undefined): string | Record<string, string> | undefined {
  return typeof value === "object" ? Object.fromEntries(value.forms) : value;
}

function same(found: Uint8Array, wanted: Uint8Array): boolean {
  return Buffer.compare(found, wanted) === 0;
}
