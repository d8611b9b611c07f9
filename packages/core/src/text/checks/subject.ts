import type { TextFormat } from "../../contract/engine.ts";
import type { BlockedBy } from "../../contract/errors.ts";
import { parseIcu } from "../icu.ts";
import { readSyntax, type Syntax } from "../syntax.ts";
import { compareArguments } from "./arguments.ts";
import { countOf } from "./count.ts";
import { type Path, pathsOf } from "./icu-paths.ts";
import { proseOf } from "./prose.ts";
import { compareTokens, type TokenDifference } from "./token-difference.ts";

/** One rule that a machine's translation is held to. */
export type Check = (Blocking | Warning) & {
  /**
   * Returns one clause that names the fault; undefined when there is none. The clause goes to logs, dead letters and
   * engines, so it holds counts and kinds and never a word of either text.
   */
  check(subject: CheckSubject): string | undefined;
};

/** The translation is not stored. */
interface Blocking {
  readonly severity: "block";
  readonly name: BlockedBy;
}

/** The translation is stored, with the name of the check beside it; with `retry` only when a second try fails it as well. */
interface Warning {
  readonly severity: "retry" | "warn";
  /** Lower-case letters and `-`. It is stored, so it stays when the rule behind it changes. */
  readonly name: string;
}

/** The plural forms in which a language may say the number in words, or in the noun. */
const NAMES_ITS_NUMBER = /^(?:zero|one|two|=[0-9]+)$/;

/** A text, its translation, and the facts about them that checks may use. */
export interface TranslationToCheck {
  source: string;
  translation: string;
  /** The format that was declared for the source. Default `auto`. */
  format?: TextFormat | undefined;
  /** BCP 47. Default: unknown, and checks that need it pass. */
  sourceLocale?: string | undefined;
  /** BCP 47. Default: unknown, and checks that need it pass. */
  targetLocale?: string | undefined;
  /**
   * The plural category of CLDR (`one`, `few`) or the exact number (`=1`) whose form the translation is, where the pair is one
   * form of a family (`key_one`, `msgstr[0]`). Default: it is no such form.
   */
  pluralCategory?: string | undefined;
  /**
   * The maker of the translation. A `person` may space, escape and leave out where no program breaks; a `machine` that does
   * so has seldom a reason. Default: `person`.
   */
  by?: "person" | "machine" | undefined;
}

/**
 * The input of every check. Facts that several checks need are read once, when the first of them asks.
 *
 * A fact that a new check needs (the terms of a glossary, a greatest length) becomes a field of
 * {@link TranslationToCheck}, and every check sees it here.
 */
export class CheckSubject {
  readonly given: TranslationToCheck;
  #sourceSyntax: Syntax | undefined;
  #translationSyntax: Syntax | undefined;
  #sourcePaths: readonly Path[] | undefined;
  #tokenDifferences: readonly TokenDifference[] | undefined;
  #sourceProse: string | undefined;
  #translationProse: string | undefined;

  constructor(given: TranslationToCheck) {
    this.given = given;
  }

  get sourceSyntax(): Syntax {
    this.#sourceSyntax ??= this.#readSource();
    return this.#sourceSyntax;
  }

  /** The translation of an ICU message is read as one, whatever was declared and however little of it is left. */
  get translationSyntax(): Syntax {
    this.#translationSyntax ??= readSyntax(this.given.translation, this.sourceSyntax.readAs);
    return this.#translationSyntax;
  }

  get isByMachine(): boolean {
    return this.given.by === "machine";
  }

  #readSource(): Syntax {
    const { source, format } = this.given;
    const syntax = readSyntax(source, format);
    if (syntax.readAs !== "java") return syntax;
    // A source whose own apostrophes hide its arguments ("Can't open {0}") is never given to MessageFormat.
    const plain = readSyntax(source, "auto");
    return plain.tokens.length > syntax.tokens.length ? plain : syntax;
  }

  /** Tokens that are missing or were added, by kind: ICU arguments, placeholders, tags. Empty: none. */
  get tokenDifferences(): readonly TokenDifference[] {
    this.#tokenDifferences ??= this.#compare();
    return this.#tokenDifferences;
  }

  /** The source without its placeholders, tags and ICU syntax. */
  get sourceProse(): string {
    this.#sourceProse ??= proseOf(this.given.source, this.sourceSyntax.spans);
    return this.#sourceProse;
  }

  /** The translation without its placeholders, tags and ICU syntax. */
  get translationProse(): string {
    this.#translationProse ??= proseOf(this.given.translation, this.translationSyntax.spans);
    return this.#translationProse;
  }

  /** How often a part of the source must come: branches multiply it, each language by its own number of plural forms. */
  get each(): "as often" | "once" {
    const { isIcu, readAs } = this.sourceSyntax;
    return isIcu || readAs === "fluent" || readAs === "strftime" ? "once" : "as often";
  }

  /** The sentences that an ICU message with branches can show. Empty: it has none, or one of the two texts cannot be read. */
  get sourcePaths(): readonly Path[] {
    this.#sourcePaths ??= this.#readPaths();
    return this.#sourcePaths;
  }

  /** The arguments of {@link sourcePaths} that are the number of a plural. */
  get sourceNumbers(): ReadonlySet<string> {
    const names = [...new Set(this.sourceSyntax.arguments.map(({ name }) => name))];
    const plurals = this.sourceSyntax.arguments.filter(({ type }) => /^(?:plural|selectordinal)$/.test(type));
    return new Set(plurals.map(({ name }) => `{${names.indexOf(name)}}`));
  }

  #readPaths(): readonly Path[] {
    const { source, translation } = this.given;
    if (!this.sourceSyntax.arguments.some(({ branches }) => branches.length > 0)) return [];
    if (!this.translationSyntax.isIcu) return [];
    const expected = parseIcu(source);
    const actual = parseIcu(translation);
    if (expected === undefined || actual === undefined) return [];
    return pathsOf({ text: source, message: expected }, { text: translation, message: actual });
  }

  #compare(): TokenDifference[] {
    const { sourceSyntax, translationSyntax, given, each, isByMachine } = this;
    const count =
      given.pluralCategory !== undefined && NAMES_ITS_NUMBER.test(given.pluralCategory)
        ? countOf(sourceSyntax.tokens, translationSyntax.tokens, given.source)
        : undefined;
    return compareTokens(sourceSyntax.tokens, translationSyntax.tokens, {
      each,
      spelling: isByMachine ? "canonical" : "lenient",
      count,
      argument: sourceSyntax.isIcu
        ? compareArguments(sourceSyntax.arguments, translationSyntax.arguments, given.targetLocale)
        : undefined,
    });
  }
}
