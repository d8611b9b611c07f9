/**
 * For any message with plurals and any locale, the printed translation is one that formatters read, with exactly the target's
 * forms, and shows each number that the source shows. `TH_TEST_SEED` and `TH_TEST_PATH` repeat a failing run, `TH_TEST_RUNS`
 * makes a run long.
 */
import fc from "fast-check";
import { IntlMessageFormat } from "intl-messageformat";
import { expect, test } from "vitest";
import { askingOf, type Question } from "../../packages/core/src/text/message/asking.ts";

const { TH_TEST_SEED: seed, TH_TEST_PATH: path, TH_TEST_RUNS: runs = "100" } = process.env;
const RUN = {
  numRuns: Number(runs),
  ...(seed !== undefined && { seed: Number(seed) }),
  ...(path !== undefined && { path }),
};

const LOCALES = ["pl", "ar", "ja", "fr", "zh-CN", "en", "ru", "he", "lv", "cy", "pt-BR", "tlh"];
const NUMBERS = [0, 1, 2, 3, 5, 11, 21, 100, 1.5, 1_000_000];
const WORDS = ["file", "it''s", "l''", "a b", ", ", ".", " < ", "'{'", "'{x}'", "''", "<b>bold</b>", "ü", "|", "-"];

const words = fc.constantFrom(...WORDS);
const plainArgument = fc.constantFrom("{name}", "{ name }", "{size, number}", "{n}", "{m}");

const message = fc.letrec<{ parts: string; branch: string; choice: string }>((tie) => ({
  parts: fc
    .array(fc.oneof({ depthSize: "small", withCrossShrink: true }, words, plainArgument, tie("choice")), {
      maxLength: 4,
    })
    .map((all) => all.join(" ")),
  branch: fc
    .array(fc.oneof({ depthSize: "small" }, words, fc.constant("#"), plainArgument, tie("choice")), { maxLength: 3 })
    .map((all) => all.join(" ")),
  choice: fc.oneof(
    fc
      .record({
        argument: fc.constantFrom("n", "m"),
        offset: fc.constantFrom("", "", " offset:1"),
        exact: fc.option(tie("branch")),
        one: fc.option(tie("branch")),
        rest: tie("branch"),
      })
      .map(
        ({ argument, offset, exact, one, rest }) =>
          `{${argument}, plural,${offset} ${branch("=0", exact)}${branch("one", one)}${other(argument, rest, exact, one)}}`,
      ),
    fc
      .record({ one: fc.option(tie("branch")), two: fc.option(tie("branch")), rest: tie("branch") })
      .map(
        ({ one, two, rest }) =>
          `{n, selectordinal, ${branch("one", one)}${branch("two", two)}${other("n", rest, one, two)}}`,
      ),
    fc
      .record({ male: tie("parts"), other: tie("parts") })
      .map(({ male, other }) => `{who, select, male {${male}} other {${other}}}`),
  ),
}));

function branch(key: string, text: string | null): string {
  return text === null ? "" : `${key} {${text}} `;
}

/** A person's message leaves a number out of `one`, and never out of `other` alone. */
function other(argument: string, text: string, ...branches: (string | null)[]): string {
  const isTold = branches.some((each) => /[#{]/.test(each ?? ""));
  return `other {${isTold ? `# {${argument}} ` : ""}${text}}`;
}

/** Random structures, and sentences around them, so that every message has a choice. */
const anyMessage = fc.tuple(message.parts, message.choice, message.parts).map((all) => all.join(" "));

function assembled(text: string, targetLocale: string, answer: (question: Question) => string): string {
  const { questions, assemble } = askingOf({ text, format: "icu", sourceLocale: "en", targetLocale });
  // A message of more branches than any person writes is asked as a whole.
  fc.pre(questions.length !== 1 || questions[0]?.text !== text);
  return assemble(new Map(questions.map((question) => [question.key, answer(question)])));
}

function formatter(text: string, locale: string): IntlMessageFormat {
  return new IntlMessageFormat(text, locale === "tlh" ? "en" : locale, undefined, { ignoreTag: true });
}

function format(text: string, locale: string, n: number, who: string): string {
  return String(formatter(text, locale).format({ n, m: n, who, name: "Kim", size: 777 }));
}

const sameWords = ({ text }: Question) => text;
const apostropheEverywhere = ({ text }: Question) => text.replace(/[{<#]/g, "'$&");

test("a message in its own language says the same for every number", () => {
  fc.assert(
    fc.property(anyMessage, (text) => {
      const translation = assembled(text, "en", sameWords);
      for (const n of NUMBERS) {
        for (const who of ["male", "other"]) {
          expect(format(translation, "en", n, who)).toBe(format(text, "en", n, who));
        }
      }
    }),
    RUN,
  );
});

test("a translation has exactly the plural categories of its locale, the arguments, exact numbers and keys of its source", () => {
  fc.assert(
    fc.property(anyMessage, fc.constantFrom(...LOCALES), (text, locale) => {
      const translation = assembled(text, locale, sameWords);
      const made = facts(translation, locale);
      const source = facts(text, "en");
      for (const { kind, keys } of made.plurals) expect(keys).toEqual(categoriesOf(locale, kind));
      expect(source.names.isSupersetOf(made.names)).toBe(true);
      // A choice within a branch of its own argument may have branches that no value reaches: they are left out.
      if (source.choices === source.choosing.size) expect(all(made).isSupersetOf(source.lasting)).toBe(true);
      expect(source.exactAndSelected.isSupersetOf(made.exactAndSelected)).toBe(true);
    }),
    RUN,
  );
});

test("a translation shows the number wherever the source does", () => {
  fc.assert(
    fc.property(anyMessage, fc.constantFrom(...LOCALES), (given, locale) => {
      // With an offset, a branch may tell the number itself and the next one the number less the offset.
      const text = given.replaceAll(" offset:1", "");
      const translation = assembled(text, locale, sameWords);
      for (const n of NUMBERS) {
        for (const who of ["male", "other"]) {
          const source = format(text, "en", n, who);
          const found = format(translation, locale, n, who);
          if (!shows(source, n, "en")) continue;
          expect({ n, who, text, translation, shown: shows(found, n, locale) }).toMatchObject({ shown: true });
        }
      }
    }),
    RUN,
  );
});

test("an engine that puts an apostrophe before everything changes no word but by its apostrophes", () => {
  fc.assert(
    fc.property(anyMessage, fc.constantFrom(...LOCALES), (text, locale) => {
      const translation = assembled(text, locale, sameWords);
      const quoted = assembled(text, locale, apostropheEverywhere);
      const without = (formatted: string) => formatted.replaceAll("'", "");
      for (const n of NUMBERS) {
        expect(without(format(quoted, locale, n, "male"))).toBe(without(format(translation, locale, n, "male")));
      }
    }),
    RUN,
  );
});

test("no answer makes a message that formatters do not read", () => {
  const pieces = ["{", "}", "'", "''", "#", "{n}", "{n, plural, other {", "<b", ">", "word", "'{'", "|"];
  const answers = fc.array(fc.constantFrom(...pieces), { maxLength: 8 }).map((all) => all.join(""));
  fc.assert(
    fc.property(anyMessage, answers, fc.constantFrom(...LOCALES), (text, answer, locale) => {
      const translation = assembled(text, locale, () => answer);
      expect(format(translation, locale, 2, "male")).toBeTypeOf("string");
    }),
    RUN,
  );
});

/** Whether a formatted text holds a number, as `#` or as a bare argument writes it. */
function shows(formatted: string, number: number, locale: string): boolean {
  const spellings = [String(number), new Intl.NumberFormat(locale === "tlh" ? "en" : locale).format(number)];
  const numbers = formatted.match(/[-\u061c\u200e]*[\p{Nd}]+(?:[.,٬٫\u00a0\u202f][\p{Nd}]+)*/gu) ?? [];
  return numbers.some((found) => spellings.includes(found));
}

interface Facts {
  plurals: { kind: "cardinal" | "ordinal"; keys: Set<string> }[];
  names: Set<string>;
  /** Names and keys outside of those branches that a locale with other categories does not have. */
  lasting: Set<string>;
  exactAndSelected: Set<string>;
  /** The number of plurals and selects, and the arguments that they choose by. */
  choices: number;
  choosing: Set<string>;
}

/** The parts of the tree of formatjs that the facts are taken from. */
interface Element {
  type: number;
  value: string;
  pluralType?: "cardinal" | "ordinal";
  options?: Record<string, { value: Element[] }>;
}

const ARGUMENT = 1;
const SELECT = 5;
const PLURAL = 6;
const POUND = 7;

function facts(text: string, locale: string): Facts {
  const found: Facts = {
    plurals: [],
    names: new Set(),
    lasting: new Set(),
    exactAndSelected: new Set(),
    choices: 0,
    choosing: new Set(),
  };
  const walk = (elements: readonly Element[], isLasting: boolean): void => {
    for (const { type, value, pluralType = "cardinal", options = {} } of elements) {
      if (type >= ARGUMENT && type < POUND) {
        found.names.add(value);
        if (isLasting) found.lasting.add(value);
      }
      const keys = Object.keys(options);
      if (keys.length > 0) {
        found.choices += 1;
        found.choosing.add(value);
      }
      const exact = keys.filter((key) => key.startsWith("="));
      if (type === PLURAL) {
        found.plurals.push({ kind: pluralType, keys: new Set(keys.filter((key) => !key.startsWith("="))) });
      }
      for (const key of type === SELECT ? keys : exact) {
        found.exactAndSelected.add(`${value} ${key}`);
        if (isLasting) found.lasting.add(`${value} ${key}`);
      }
      for (const [key, option] of Object.entries(options)) {
        walk(option.value, isLasting && (type === SELECT || key === "other" || key.startsWith("=")));
      }
    }
  };
  walk(formatter(text, locale).getAst() as unknown as Element[], true);
  return found;
}

function all({ names, exactAndSelected }: Facts): Set<string> {
  return names.union(exactAndSelected);
}

function categoriesOf(locale: string, kind: "cardinal" | "ordinal"): Set<string> {
  if (locale === "tlh") return new Set(["other"]);
  return new Set(new Intl.PluralRules(locale, { type: kind }).resolvedOptions().pluralCategories);
}
