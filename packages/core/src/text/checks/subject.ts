import type { TextFormat } from "../../contract/engine.ts";
import type { BlockedBy } from "../../contract/errors.ts";
import { readSyntax, type Syntax } from "../syntax.ts";
import { compareArguments } from "./arguments.ts";
import { countOf } from "./count.ts";
import { type Path, pathsOf, type Sentences, sentencesOf } from "./icu-paths.ts";
import { hasBranches, proseOf } from "./prose.ts";
import { compareTokens, type TokenDifference } from "./token-difference.ts";
import { wordsOf } from "./words.ts";

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

/** Rails passes these to each message of a validation, so a person may name them where English has no need to. */
const RAILS_VARIABLES: ReadonlySet<string> = new Set(["%{attribute}", "%{model}", "%{value}"]);

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
  /** The most characters of the translation. Default: any number. */
  maxLength?: number | undefined;
  /**
   * The maker of the translation. A `person` may space, escape and leave out where no program breaks; a `machine` that does
   * so has seldom a reason. Default: `person`.
   */
  by?: "person" | "machine" | undefined;
  /** Whether the checks that warn are run, too. Default: true. */
  warnings?: boolean | undefined;
}

/** The facts of a source that do not depend on its translation, read once, when a check asks. */
export class SourceFacts {
  readonly source: string;
  readonly format: TextFormat | undefined;
  #syntax: Syntax | undefined;
  #words: { found: string | undefined } | undefined;
  #sentences: Sentences | undefined;

  constructor({ source, format }: Pick<TranslationToCheck, "source" | "format">) {
    this.source = source;
    this.format = format;
  }

  get syntax(): Syntax {
    this.#syntax ??= this.#read();
    return this.#syntax;
  }

  /** Whether both are words alone, with the same arguments: no blocking check can fail. */
  isInWordsWith(translation: string): boolean {
    this.#words ??= { found: wordsOf(this.source) };
    return this.#words.found !== undefined && wordsOf(translation) === this.#words.found;
  }

  /** Undefined: it is no ICU message. */
  get sentences(): Sentences | undefined {
    const { message } = this.syntax;
    if (message !== undefined) this.#sentences ??= sentencesOf({ text: this.source, message });
    return this.#sentences;
  }

  #read(): Syntax {
    const syntax = readSyntax(this.source, this.format);
    if (syntax.readAs !== "java") return syntax;
    // A source whose own apostrophes hide its arguments ("Can't open {0}") is never given to MessageFormat.
    const plain = readSyntax(this.source, "auto");
    return plain.tokens.length > syntax.tokens.length ? plain : syntax;
  }
}

/**
 * The input of every check. Facts that several checks need are read once, when the first of them asks.
 *
 * A fact that a new check needs (the terms of a glossary) becomes a field of
 * {@link TranslationToCheck}, and every check sees it here.
 */
export class CheckSubject {
  readonly given: TranslationToCheck;
  readonly #source: SourceFacts;
  #translationSyntax: Syntax | undefined;
  #sourcePaths: readonly Path[] | undefined;
  #tokenDifferences: readonly TokenDifference[] | undefined;
  #sourceProse: string | undefined;
  #translationProse: string | undefined;

  /** @param source The facts of the source, where many translations of it are judged. Default: they are read. */
  constructor(given: TranslationToCheck, source: SourceFacts = new SourceFacts(given)) {
    this.given = given;
    this.#source = source;
  }

  get sourceSyntax(): Syntax {
    return this.#source.syntax;
  }

  /** The translation of an ICU message is read as one, whatever was declared and however little of it is left. */
  get translationSyntax(): Syntax {
    this.#translationSyntax ??= readSyntax(this.given.translation, this.sourceSyntax.readAs);
    return this.#translationSyntax;
  }

  get isByMachine(): boolean {
    return this.given.by === "machine";
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

  /**
   * How often a part of the source must come. Branches multiply it, each language by its own number of plural forms. In a
   * message without branches, and in the pattern of a date, a person may say a part twice, or once for two; a machine that does
   * so has seldom a reason.
   */
  get each(): "as often" | "once" {
    const { isIcu, readAs } = this.sourceSyntax;
    if (readAs === "strftime") return this.isByMachine ? "as often" : "once";
    if (!isIcu && readAs !== "fluent") return "as often";
    return this.isByMachine && !this.#hasBranches ? "as often" : "once";
  }

  /** The `canonical` of the placeholder that the plural form may say in words, or show where its source does not. Undefined: none. */
  get count(): string | undefined {
    const { pluralCategory, source } = this.given;
    if (pluralCategory === undefined || !NAMES_ITS_NUMBER.test(pluralCategory)) return undefined;
    return countOf(this.sourceSyntax.tokens, this.translationSyntax.tokens, source);
  }

  get #hasBranches(): boolean {
    if (this.sourceSyntax.readAs === "fluent") return /->/.test(this.given.source + this.given.translation);
    return hasBranches(this.sourceSyntax) || hasBranches(this.translationSyntax);
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
    const { translation } = this.given;
    if (!this.sourceSyntax.arguments.some(({ branches }) => branches.length > 0)) return [];
    if (!this.translationSyntax.isIcu) return [];
    const { message: actual } = this.translationSyntax;
    const sentences = this.#source.sentences;
    return actual === undefined || sentences === undefined
      ? []
      : pathsOf(sentences, { text: translation, message: actual });
  }

  #compare(): TokenDifference[] {
    const { sourceSyntax, translationSyntax, given, each, isByMachine, count } = this;
    return compareTokens(sourceSyntax.tokens, translationSyntax.tokens, {
      each,
      spelling: isByMachine ? "canonical" : "lenient",
      count,
      isCountedOnce: isByMachine,
      mayBeAdded: isByMachine ? undefined : RAILS_VARIABLES,
      argument: sourceSyntax.isIcu
        ? compareArguments(sourceSyntax.arguments, translationSyntax.arguments, {
            targetLocale: given.targetLocale,
            each,
          })
        : undefined,
    });
  }
}
