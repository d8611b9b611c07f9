/**
 * Asks for a translation of a message with plurals as a person would: whole sentences, one for each form of the target
 * language, and puts the answers together.
 */
import type { PluralForm, TextFormat } from "../../contract/engine.ts";
import { hasIcuBranches, isVerbatim } from "../syntax.ts";
import { casesOf, choosesBy, resolveChosen, type Step, TargetKeys, type Tree } from "./cases.ts";
import { type Choice, type MessageParts, type Part, parseMessage, type Selector } from "./parse.ts";
import { type Known, printAnswer } from "./print.ts";

/** One text to translate. */
export interface Question {
  /** Unique within the asking. */
  key: string;
  /** Words as a reader sees them, with placeholders; the number of a plural is `{count}` and never `#`. */
  text: string;
  /** The format by which `text` and its answer are read. */
  format: TextFormat;
  /** Present where the text is one form of a message with plurals. */
  form?: PluralForm | undefined;
  /** The placeholders of `text` that are the number of a plural, each with a number that takes the form asked for. Default: none. */
  numbers?: readonly { placeholder: string; example: number }[] | undefined;
}

/** The questions of one text, and the way back. */
export interface Asking {
  /** Empty: nothing is language, and `assemble` gives the translation without an answer. */
  questions: readonly Question[];
  /**
   * The translation. Formatters read it whatever the answers are: syntax that a question did not hold becomes words.
   *
   * @param answers By the questions' keys. A question without an answer is answered by its own text.
   */
  assemble(answers: ReadonlyMap<string, string>): string;
}

/** A text and the languages of its translation. */
export interface TextToAsk {
  text: string;
  format: TextFormat;
  /** BCP 47. */
  sourceLocale: string;
  /** BCP 47. */
  targetLocale: string;
}

/** A longer message is not repeated beside each of its cases. */
export const MAX_REPEATED_LENGTH = 2_000;
/** More branches are no message of a person. */
const MAX_BRANCHES = 100;

/**
 * The questions of a text. A text without ICU syntax is one question, itself; so is a message that no formatter reads, or
 * one with more than a hundred branches.
 */
export function askingOf({ text, format, sourceLocale, targetLocale }: TextToAsk): Asking {
  const message = format === "icu" || hasIcuBranches(text) ? parseMessage(text) : undefined;
  return (message && askingOfMessage(message, text, sourceLocale, targetLocale)) ?? askingOfText(text, format);
}

function askingOfText(text: string, format: TextFormat): Asking {
  return {
    questions: [{ key: "text", text, format, numbers: [] }],
    assemble: (answers) => answers.get("text") ?? text,
  };
}

function askingOfMessage(
  message: MessageParts,
  source: string,
  sourceLocale: string,
  targetLocale: string,
): Asking | undefined {
  const keys = new TargetKeys(message, sourceLocale, targetLocale);
  const tree = casesOf(message, keys);
  return (tree && new Questions(message, source).ofCases(tree)) ?? new Questions(message, source).ofBranches(keys);
}

/** The way from answers to a text, for one stretch of the message. */
type Print = (answers: ReadonlyMap<string, string>) => string;

class Questions {
  readonly #message: MessageParts;
  readonly #source: string;
  readonly #questions = new Map<string, Question>();
  #branchCount = 0;

  constructor(message: MessageParts, source: string) {
    this.#message = message;
    this.#source = source;
  }

  /** Undefined: the number of a plural with an offset stands where no formatter can show it. */
  ofCases(tree: Tree): Asking | undefined {
    const print = this.#tree(tree);
    return print && { questions: [...this.#questions.values()], assemble: print };
  }

  /** Asks for each stretch between two choices, in the structure of the source. */
  ofBranches(keys: TargetKeys): Asking | undefined {
    const print = this.#branches(this.#message.parts, { own: "part", asked: "part", path: [] }, keys);
    return print && { questions: [...this.#questions.values()], assemble: print };
  }

  #tree(tree: Tree): Print | undefined {
    if (!("branches" in tree)) return this.#words(ownKey(tree.path), askedKey(tree.path), tree.parts, tree.path);
    const branches: { key: string; print: Print }[] = [];
    for (const { key, tree: below } of tree.branches) {
      const print = this.#tree(below);
      if (print === undefined) return undefined;
      branches.push({ key, print });
    }
    return printChoice(tree.selector, branches);
  }

  #branches(parts: readonly Part[], place: Place, keys: TargetKeys): Print | undefined {
    const prints: Print[] = [];
    let run: Part[] = [];
    const endRun = (): boolean => {
      if (run.length === 0) return true;
      const at = `.${prints.length}`;
      const print = this.#words(place.own + at, place.asked + at, run, place.path);
      run = [];
      if (print !== undefined) prints.push(print);
      return print !== undefined && this.#questions.size <= MAX_BRANCHES;
    };
    for (const part of resolveChosen(parts, place.path, keys)) {
      if (part.kind !== "choice") {
        run.push(part);
        continue;
      }
      if (!endRun()) return undefined;
      const at = `.${prints.length}.`;
      const branches: { key: string; print: Print }[] = [];
      for (const { key, from, example, asOther } of keys.of(part.selector)) {
        if (isLeftOut(key, part)) continue;
        this.#branchCount += 1;
        if (this.#branchCount > MAX_BRANCHES) return undefined;
        const below: Place = {
          own: place.own + at + key,
          asked: place.asked + at + (asOther ? "other" : key),
          path: [...place.path, { selector: part.selector, key, example, asOther }],
        };
        const print = this.#branches(keys.branch(part, from), below, keys);
        if (print === undefined) return undefined;
        branches.push({ key, print });
      }
      prints.push(printChoice(part.selector, branches));
    }
    if (!endRun()) return undefined;
    return (answers) => prints.map((print) => print(answers)).join("");
  }

  /** Asks for a stretch without choices, unless another question's answer serves it. */
  #words(own: string, asked: string, parts: readonly Part[], path: readonly Step[]): Print | undefined {
    const innermost = path.at(-1)?.selector;
    const plural = innermost !== undefined && innermost.kind !== "select" ? innermost : undefined;
    const shown = showParts(parts, plural);
    if (shown === undefined) return undefined;
    const { text, known, numbers } = shown;
    const context = { inPlural: plural !== undefined, doublesApostrophes: this.#message.doublesApostrophes };
    const words = text.trim();
    const before = text.slice(0, text.length - text.trimStart().length);
    const after = words === "" ? "" : text.slice(text.trimEnd().length);
    if (own === asked && !isVerbatim(words)) {
      const form = formOf(path, this.#source);
      const examples = [...numbers].flatMap(([selector, placeholder]) => {
        const example = path.find((step) => step.selector === selector)?.example;
        return example === undefined ? [] : [{ placeholder, example }];
      });
      this.#questions.set(own, { key: own, text: words, format: "auto", ...(form && { form }), numbers: examples });
    }
    return (answers) => printAnswer(before + (answers.get(asked) ?? words) + after, known, context);
  }
}

/** A branch of the message that is asked branch by branch. */
interface Place {
  own: string;
  /** The place whose answer serves this one. */
  asked: string;
  path: readonly Step[];
}

/** An exact number of another place of the message matters here only where this choice holds such a place. */
function isLeftOut(key: string, { selector, branches }: Choice): boolean {
  return (
    key.startsWith("=") && !branches.has(key) && ![...branches.values()].some((parts) => choosesBy(parts, selector))
  );
}

/** The stretch as an engine sees it, and what each piece of syntax in it is in the message. */
function showParts(
  parts: readonly Part[],
  plural: Selector | undefined,
): { text: string; known: Known[]; numbers: Map<Selector, string> } | undefined {
  const plain = new Set(parts.flatMap((part) => (part.kind === "argument" ? [part.source] : [])));
  const numbers = new Map<Selector, string>();
  const known = new Map<string, Known>();
  let text = "";
  for (const part of parts) {
    if (part.kind === "text") {
      text += part.text;
    } else if (part.kind === "quoted") {
      text += part.source;
      known.set(part.source, { shown: part.source, printed: part.source, quoted: part.text });
    } else if (part.kind === "argument" || part.kind === "element") {
      text += part.source;
      known.set(part.source, { shown: part.source, printed: part.source });
    } else if (part.kind === "number") {
      const { argument, offset } = part.selector;
      if (part.selector !== plural && offset !== 0) return undefined;
      const shown = numbers.get(part.selector) ?? spellingOf(argument, [...plain, ...numbers.values()]);
      if (shown === undefined) return undefined;
      numbers.set(part.selector, shown);
      text += shown;
      known.set(shown, { shown, printed: part.selector === plural ? "#" : `{${argument}, number}` });
    }
  }
  return { text, known: [...known.values()], numbers };
}

/**
 * The number of a plural as an engine sees it: the argument itself, or a spelling that tells it from the argument where a text
 * holds both. Formatters read each of them as the number.
 */
function spellingOf(argument: string, taken: readonly string[]): string | undefined {
  const spellings = [`{${argument}}`, `{${argument}, number}`, `{${argument}, number, integer}`];
  return spellings.find((spelling) => !taken.includes(spelling));
}

function formOf(path: readonly Step[], of: string): PluralForm | undefined {
  const plurals = path.filter((step) => step.example !== undefined);
  const told = plurals.find(({ key }) => key !== "other") ?? plurals[0];
  return told && { category: told.key, example: told.example ?? 0, of: of.length > MAX_REPEATED_LENGTH ? "" : of };
}

function ownKey(path: readonly Step[]): string {
  return path.map(({ key }) => key).join(".") || "text";
}

/** The key of the question whose answer serves a case. */
function askedKey(path: readonly Step[]): string {
  return path.map(({ key, asOther }) => (asOther ? "other" : key)).join(".") || "text";
}

function printChoice(selector: Selector, branches: readonly { key: string; print: Print }[]): Print {
  const type = { cardinal: "plural", ordinal: "selectordinal", select: "select" }[selector.kind];
  const offset = selector.offset === 0 ? "" : ` offset:${selector.offset}`;
  return (answers) => {
    const printed = branches.map(({ key, print }) => `${key} {${print(answers)}}`);
    return `{${selector.argument}, ${type},${offset} ${printed.join(" ")}}`;
  };
}
