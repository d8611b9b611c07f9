/**
 * One text at one engine, in one attempt: its questions, the rung of each, and the answers so far.
 *
 * A text without plural forms is one question. Of several, those that were answered well keep their answers while the others
 * are asked again.
 */
import { LRUCache } from "lru-cache";
import { type Engine, type TextFormat, UNDETERMINED_LOCALE } from "../contract/engine.ts";
import { type BlockedBy, TranslationBlockedError } from "../contract/errors.ts";
import type { WorkBatch } from "../contract/work.ts";
import { maxLengthOfText } from "../rules/max-length.ts";
import { pluralFormOf } from "../rules/plural-context.ts";
import { type TermFindings, type Terminology, terminologyOf } from "../rules/terminology.ts";
import { type CheckWarning, judge, judgeByAll } from "../text/checks/judge.ts";
import type { Span } from "../text/icu.ts";
import { parseIcu } from "../text/icu.ts";
import { type Asking, askingOf, type Question } from "../text/message/asking.ts";
import { categoriesOf } from "../text/message/categories.ts";
import { repair } from "../text/repairs/repair.ts";
import { type Facts, factsOf, itemBytes } from "./brief.ts";
import type { Answer } from "./engine-call.ts";
import { type Rung, rungsFor, type Wording, wordingOf } from "./ladder.ts";
import { fittingReferences } from "./memory-lookup.ts";
import type { Attempt, Failure } from "./outcome.ts";

/** Pseudo-localized texts are no language: each of them would be warned of. */
const PSEUDO = "pseudo";

/** The flag of a translation that was made without the context of its text. */
const CONTEXT_LEFT_OUT = "context-left-out";
/** The flag of a translation that breaks a term of the glossary. No text goes to the dead letters for a term. */
export const GLOSSARY = "glossary";
/** Questions of one text whose masks differ. Coprime with twelve, the places that words have. */
const MOST_QUESTIONS = 17;

/** One item of an engine call. */
export interface Ask {
  readonly inquiry: Inquiry;
  readonly item: Facts;
  readonly line: Line;
  /** The place of the item in the wording of its question. */
  readonly piece: number;
}

type CallSize = Pick<Engine, "protects" | "maxBytesPerCall">;
type BatchFacts = Pick<WorkBatch, "sourceLocale" | "targetLocale" | "glossary">;
type WordingOf = (question: Question, rung: Rung, isFirst: boolean) => Wording;

function fitsIn({ maxBytesPerCall }: Pick<Engine, "maxBytesPerCall">, { items }: Wording): boolean {
  return items.every((item) => itemBytes(item) <= maxBytesPerCall);
}

/** A question on its way down the ladder. */
class Line {
  readonly question: Question;
  readonly #engine: CallSize;
  /** The places of terms that the engine cannot be told of. */
  readonly kept: readonly Span[];
  #rungs: readonly Rung[] | undefined;
  #at: number;
  wording: Wording;
  /** By the place of the item. */
  readonly answers = new Map<number, string>();
  translation: string | undefined;
  /** Of the translation, where it is one of several. */
  warnings: readonly CheckWarning[] = [];
  failure: Omit<Failure, "engine" | "neighbours"> | undefined;

  constructor(
    question: Question,
    engine: CallSize,
    at: number,
    maySplit: boolean,
    wording: WordingOf,
    kept: readonly Span[],
  ) {
    this.question = question;
    this.kept = kept;
    this.#engine = engine;
    this.#at = at;
    this.wording = wording(question, this.rung, at === 0);
    if (fitsIn(engine, this.wording)) return;
    // The parts to keep and the masks make a text longer; the words between its parts are shorter.
    const [first, wordingOfFirst] = [this.#at, this.wording];
    this.#at = -1;
    if (!this.descend(maySplit, wording)) [this.#at, this.wording] = [first, wordingOfFirst];
  }

  /** Found out when it is asked for: most texts never leave their first rung. */
  get #ladder(): readonly Rung[] {
    this.#rungs ??= rungsFor(this.#engine.protects ?? "instructed", this.question, this.kept);
    return this.#rungs;
  }

  fail(failure: Line["failure"]): void {
    this.failure = failure;
    this.translation = undefined;
  }

  /** Ready to be asked again. */
  reopen(): void {
    this.fail(undefined);
    this.answers.clear();
  }

  get isFirst(): boolean {
    return this.#at === 0;
  }

  get rung(): Rung {
    if (this.#at === 0 && (this.#engine.protects ?? "instructed") === "instructed") return "raw";
    return this.#ladder[Math.min(this.#at, this.#ladder.length - 1)] ?? "raw";
  }

  /** Whether some items of the question have answers, and others have none. */
  get isHalfAnswered(): boolean {
    return this.answers.size > 0 && this.answers.size < this.wording.items.length;
  }

  get isDescended(): boolean {
    return this.#at > 0;
  }

  /**
   * Goes down to the next rung that the engine's calls can hold. False: there is none below, or only that of splitting, which
   * is kept for the last engine.
   */
  descend(maySplit: boolean, wording: WordingOf): boolean {
    for (let at = this.#at + 1; ; at += 1) {
      const next = this.#ladder[at];
      if (next === undefined || (next === "split" && !maySplit)) return false;
      const found = wording(this.question, next, at === 0);
      if (!fitsIn(this.#engine, found)) continue;
      this.#at = at;
      this.wording = found;
      return true;
    }
  }
}

export class Inquiry {
  readonly attempt: Attempt;
  readonly #engine: Engine;
  readonly #batch: BatchFacts;
  readonly #terms: Terminology | undefined;
  readonly #place: number;
  readonly #asking: Asking;
  #lines: readonly Line[];
  readonly #repairs = new Map<string, number>();
  #failureMessage: string | undefined;
  /** The terms to keep and to avoid that the translation breaks, each as a clause for the engine. */
  brokenTerms: readonly string[] = [];
  #model: string | null = null;

  /**
   * @param maySplit Whether a text that fits into a call in no other way may be split.
   * @param place Of the text among those that are asked for together. Default: 0.
   */
  constructor(attempt: Attempt, engine: Engine, batch: BatchFacts, maySplit: boolean, place = 0) {
    this.attempt = attempt;
    this.#engine = engine;
    this.#batch = batch;
    const { glossary, sourceLocale, targetLocale } = batch;
    this.#terms = glossary && terminologyOf(glossary, sourceLocale, targetLocale);
    this.#place = place;
    const { text, format, context, attempt: number, previousFailure } = attempt.item;
    this.#failureMessage = previousFailure;
    this.#asking = askingOf({ text, format, ...batch });
    const form = pluralFormOf(context);
    const { protects = "instructed" } = engine;
    this.#lines = this.#asking.questions.map((asked) => {
      const question = asked.form === undefined && form !== undefined ? { ...asked, form } : asked;
      // A second attempt says which parts to keep.
      const first = protects === "instructed" && number > 1 ? 1 : 0;
      return new Line(question, engine, first, maySplit, this.#wordingOf, this.#keptIn(question));
    });
  }

  #keptIn({ text, format }: Pick<Question, "text" | "format">): readonly Span[] {
    return this.#engine.takesTerms || this.#terms === undefined ? [] : this.#terms.kept(text, format);
  }

  /** Goes on where an earlier attempt at the same text was interrupted: with its answers, in the ways it had come to. */
  resume(earlier: Inquiry): void {
    const isSame = earlier.#engine === this.#engine && earlier.attempt.item.text === this.attempt.item.text;
    if (!isSame) return;
    this.#lines = earlier.#lines;
    this.#failureMessage = earlier.#failureMessage;
    this.#model = earlier.#model;
    for (const line of this.#lines) {
      if (line.translation !== undefined) continue;
      // Some of its items came, and nothing was found wrong with them.
      if (line.isHalfAnswered) line.fail(undefined);
      else line.reopen();
    }
  }

  /** Whether an attempt that goes on from here saves a question. */
  get hasProgress(): boolean {
    return this.isHalfAnswered || this.#lines.some((line) => line.isDescended || line.isHalfAnswered);
  }

  /** Whether a check refused what the engine gave last. */
  get isBlocked(): boolean {
    return this.#lines.some(({ failure }) => failure?.kind === "blocked");
  }

  readonly #wordingOf: WordingOf = (question, rung, isFirst) => {
    const fitting = this.#engine.takesReferences ? fittingReferences(question, this.attempt.references) : [];
    const given = factsOf(this.#engine, this.attempt.item, this.#failureMessage, fitting);
    const { references, hint, also, ...facts } = given;
    const place = MOST_QUESTIONS * this.#place + this.#asking.questions.findIndex(({ key }) => key === question.key);
    const kept = this.#keptIn(question);
    const wording = wordingOf(question, rung, isFirst, facts, place, kept);
    if (references !== undefined) {
      // A text can do without its examples before anything else, and then without its hint and itself in another language.
      const exemplified = wordingOf(question, rung, isFirst, given, place, kept);
      if (fitsIn(this.#engine, exemplified)) return exemplified;
    }
    const isBare = hint === undefined && also === undefined;
    const more = { ...facts, ...(hint !== undefined && { hint }), ...(also !== undefined && { also }) };
    const hinted = isBare ? wording : wordingOf(question, rung, isFirst, more, place, kept);
    if (fitsIn(this.#engine, hinted)) return hinted;
    if (fitsIn(this.#engine, wording)) return wording;
    const { form } = question;
    // A form can be translated without its message; a message that is too long for a call can not.
    const alone = form === undefined ? question : { ...question, form: { ...form, of: "" } };
    const shorter = form === undefined ? wording : wordingOf(alone, rung, isFirst, facts, place, kept);
    if (facts.context === undefined || fitsIn(this.#engine, shorter)) return shorter;
    // A context is no part of the words, which are better translated without it than never.
    const { context, ...others } = facts;
    const bare = wordingOf(alone, rung, isFirst, others, place, kept);
    return fitsIn(this.#engine, bare) ? bare : shorter;
  };

  /** The items that have no answer. */
  open(): Ask[] {
    return this.#lines
      .filter(({ translation }) => translation === undefined)
      .flatMap((line) => line.wording.items.map((item, piece) => ({ inquiry: this, line, item, piece })))
      .filter(({ line, piece }) => !line.answers.has(piece));
  }

  /** Takes the answer for one item. */
  take({ line, piece }: Ask, answer: Exclude<Answer, "unanswered">): void {
    if ("failure" in answer) {
      line.failure ??= { ...answer.failure, isDoubt: answer.isDoubt };
      return;
    }
    line.answers.set(piece, answer.text);
    this.#model = answer.model;
  }

  /**
   * Decides on the answers, once no item of this text is under way. Undefined: the text is translated, or items of it are
   * still to be asked for.
   */
  conclude(): Omit<Failure, "engine" | "neighbours"> | undefined {
    for (const line of this.#lines) if (line.translation === undefined && line.failure === undefined) this.#read(line);
    const failures = this.#lines.flatMap(({ failure }) => failure ?? []);
    // Broken syntax ends in another way of asking, unless another question of the message failed otherwise.
    const failure = failures.find(({ kind }) => kind !== "blocked") ?? failures[0];
    if (failure !== undefined) return failure;
    if (this.#lines.some(({ translation }) => translation === undefined)) return undefined;
    return this.#assemble();
  }

  /** Joins the answers of a question's items, and judges the result where it is one of several questions. */
  #read(line: Line): void {
    const { question, wording, answers } = line;
    if (answers.size < wording.items.length) return;
    const read = wording.read(wording.items.map((_, piece) => answers.get(piece) ?? ""));
    if (read === undefined) {
      line.failure = blocked("placeholders", "a mask of a placeholder or tag is missing or was added");
      return;
    }
    const { text, repairs } = repair({ source: question.text, translation: read, format: question.format });
    for (const name of repairs) this.#repairs.set(name, (this.#repairs.get(name) ?? 0) + 1);
    if (this.#lines.length > 1 || question.text !== this.attempt.item.text) {
      const verdict = this.#judge(question, text);
      if (verdict.blocked !== undefined) {
        line.failure = blocked(verdict.blocked.check, verdict.blocked.message);
        return;
      }
      line.warnings = verdict.warnings;
    }
    line.translation = text;
  }

  #judge({ text: source, format, form }: Pick<Question, "text" | "format" | "form">, translation: string) {
    const { sourceLocale, targetLocale } = this.#batch;
    return judge({
      source,
      translation,
      format,
      sourceLocale: sourceLocale === UNDETERMINED_LOCALE ? undefined : sourceLocale,
      targetLocale,
      // A form that several numbers take has to show the number: French "one" is 0 and 1.
      pluralCategory: form !== undefined && isOneNumber(form.category, targetLocale) ? form.category : undefined,
      maxLength: maxLengthOfText(this.attempt.item),
      by: "machine",
    });
  }

  #assemble(): Omit<Failure, "engine" | "neighbours"> | undefined {
    const { text: source, format, context } = this.attempt.item;
    const answers = new Map(this.#lines.map(({ question, translation = "" }) => [question.key, translation]));
    const text = this.#asking.assemble(answers);
    const [only] = this.#lines;
    const isWhole = this.#lines.length === 1 && only?.question.text === source;
    // The questions of a message were judged one by one; the message itself has only to be one that formatters read.
    const verdict = isWhole
      ? this.#judge({ text: source, format, form: pluralFormOf(context) }, text)
      : { blocked: undefined, warnings: this.#lines.flatMap(({ warnings }) => warnings) };
    const isUnreadable = !isWhole && parseIcu(text) === undefined;
    const found = isUnreadable ? { check: "icu" as const, message: "the message cannot be read" } : verdict.blocked;
    if (found !== undefined) {
      const failure = blocked(found.check, found.message);
      this.#remember(text);
      for (const line of this.#lines) line.fail(failure);
      return failure;
    }
    const warnings = this.#engine.name === PSEUDO ? [] : verdict.warnings;
    const flags = new Set<string>(warnings.map(({ check }) => check));
    if (this.#lines.some(({ rung, wording }) => rung === "split" && wording.items.length > 0)) flags.add("split");
    if (this.#lines.some(({ wording }) => this.#lacksContext(wording))) flags.add(CONTEXT_LEFT_OUT);
    const { broken, missing } = this.#termsOf(source, text, format);
    if (broken.length > 0 || missing > 0) flags.add(GLOSSARY);
    this.brokenTerms = broken;
    const references = this.#lines.flatMap(({ wording }) => wording.items.flatMap((item) => item.references ?? []));
    const memoryUnits = [...new Set(references.map(({ unit }) => unit))];
    this.attempt.translated = {
      text,
      engine: this.#engine.name,
      model: this.#model,
      flags: [...flags].sort(),
      ...(memoryUnits.length > 0 && { memoryUnits }),
    };
    return undefined;
  }

  #termsOf(source: string, translation: string, format: TextFormat): TermFindings {
    // A pseudo-localized text keeps to no term.
    if (this.#terms === undefined || this.#engine.name === PSEUDO) return { broken: [], missing: 0 };
    return this.#terms.judge(source, translation, format);
  }

  /** Whether an engine that takes contexts got a question without the text's, because a call cannot hold both. */
  #lacksContext({ items }: Wording): boolean {
    const { context } = factsOf(this.#engine, this.attempt.item, undefined);
    return context !== undefined && items.some((item) => item.context === undefined);
  }

  /** Whether an item goes to an engine that takes hints without that of its text, because a call cannot hold both. */
  lacksHint(item: Ask["item"]): boolean {
    return this.#engine.takesHint === true && this.attempt.item.hint !== undefined && item.hint === undefined;
  }

  /** Keeps the refused text that fails the fewest checks, for the dead letter. */
  #remember(translation: string): void {
    const { attempt } = this;
    const { text: source, format } = attempt.item;
    const { sourceLocale, targetLocale } = this.#batch;
    const locales = { sourceLocale: sourceLocale === UNDETERMINED_LOCALE ? undefined : sourceLocale, targetLocale };
    const { blocked: failed, warnings } = judgeByAll({ source, translation, format, ...locales, by: "machine" });
    const failedChecks = [...failed, ...warnings].map(({ check }) => check);
    if (attempt.bestTry === undefined || failedChecks.length < attempt.bestTry.failedChecks.length) {
      attempt.bestTry = { text: translation, failedChecks };
    }
  }

  /** Repairs of the answers taken since the last call, by name. */
  takeRepairs(): ReadonlyMap<string, number> {
    const repairs = new Map(this.#repairs);
    this.#repairs.clear();
    return repairs;
  }

  /** Whether an item of the questions asked now failed. */
  get hasFailure(): boolean {
    return this.#lines.some(({ failure }) => failure !== undefined);
  }

  /** Whether some questions were answered well and others were not. */
  get isHalfAnswered(): boolean {
    const answered = this.#lines.filter(({ translation }) => translation !== undefined).length;
    return answered > 0 && answered < this.#lines.length;
  }

  /** Forgets the answers, to ask anew. @param message Why they were not accepted. */
  reopen(message?: string): void {
    this.#failureMessage = message ?? this.#failureMessage;
    for (const line of this.#lines) {
      if (message !== undefined) line.wording = this.#wordingOf(line.question, line.rung, line.isFirst);
      line.reopen();
    }
  }

  /** Makes the questions that failed ready to be asked again as they are. */
  reopenFailed(): void {
    for (const line of this.#lines) if (line.failure !== undefined) line.reopen();
  }

  /**
   * Makes the questions whose syntax was broken ready to be asked in the next way. An engine that can be told what was wrong is asked
   * once more, as before, for those that have no other way. False: there is nothing to gain by asking again.
   */
  descend(maySplit: boolean): boolean {
    const broken = this.#lines.filter(({ failure }) => failure?.kind === "blocked");
    if (broken.length === 0 || broken.length < this.#lines.filter(({ failure }) => failure !== undefined).length) {
      return false;
    }
    const stuck = broken.filter((line) => {
      this.#failureMessage = line.failure?.error.message;
      return !line.descend(maySplit, this.#wordingOf);
    });
    const { protects = "instructed" } = this.#engine;
    if (stuck.length === broken.length || (stuck.length > 0 && protects !== "instructed")) return false;
    for (const line of stuck) {
      this.#failureMessage = line.failure?.error.message;
      line.wording = this.#wordingOf(line.question, line.rung, line.isFirst);
    }
    this.reopenFailed();
    return true;
  }
}

/** Whether a single number takes the form, which may then say it in words. */
function isOneNumber(category: string, targetLocale: string): boolean {
  if (category.startsWith("=")) return true;
  let found = SINGLE.get(targetLocale);
  if (found === undefined) {
    const categories = categoriesOf(targetLocale, "cardinal").filter(({ numbers }) => numbers.length === 1);
    found = new Set(categories.map(({ name }) => name));
    SINGLE.set(targetLocale, found);
  }
  return found.has(category);
}

/** The categories of a locale that a single number takes, of the last locales asked for. */
const SINGLE = new LRUCache<string, ReadonlySet<string>>({ max: 100 });

function blocked(by: BlockedBy, message: string): Omit<Failure, "engine" | "neighbours"> {
  return { kind: "blocked", error: new TranslationBlockedError(by, `The translation was not accepted: ${message}`) };
}
