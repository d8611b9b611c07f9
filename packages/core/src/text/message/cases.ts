/**
 * Expands a message into the cases of a target locale: whole sentences, one for each combination of keys.
 *
 * Text around a plural goes into its branches, because grammar and word order need the sentence: `{n} {n, plural, one
 * {row} other {rows}} left` is asked as `{n} row left` and `{n} rows left`.
 */
import { type Category, categoriesOf, categoryOf, exactNumber, sourceKeyOf } from "./categories.ts";
import type { Choice, MessageParts, Part, Selector } from "./parse.ts";

/** A message of the target locale. */
export type Tree = Branching | Case;

interface Branching {
  selector: Selector;
  branches: readonly { key: string; tree: Tree }[];
}

interface Case {
  /** In order, without choices. */
  parts: readonly Part[];
  /** The keys that lead here, outer first. */
  path: readonly Step[];
}

export interface Step {
  selector: Selector;
  key: string;
  /** A number that takes the key; undefined for the key of a select. */
  example: number | undefined;
  /** The case is not asked for: its text is that of the case whose key here is `other`. */
  asOther: boolean;
}

/** More cases than these are asked branch by branch, without the words around them. */
const MAX_CASES = 16;
/** Cases without words are not asked for, but printed. */
const MAX_PRINTED = 200;
/** Each argument multiplies the cases; more are no sentence. */
const MAX_SELECTORS = 6;
/** More keys of one argument are a list and no sentence. */
const MAX_KEYS = 200;

interface Key {
  key: string;
  /** The key of the source's branch whose words this one's are made from. */
  from: string;
  example: number | undefined;
  asOther: boolean;
}

export class TargetKeys {
  readonly #message: MessageParts;
  readonly #sourceLocale: string;
  readonly #targetLocale: string;
  readonly #known = new Map<Selector, readonly Key[]>();

  constructor(message: MessageParts, sourceLocale: string, targetLocale: string) {
    this.#message = message;
    this.#sourceLocale = sourceLocale;
    this.#targetLocale = targetLocale;
  }

  of(selector: Selector): readonly Key[] {
    const found = this.#known.get(selector) ?? this.#read(selector);
    this.#known.set(selector, found);
    return found;
  }

  #read(selector: Selector): readonly Key[] {
    const { kind, offset } = selector;
    if (kind === "select") {
      return [...selector.keys].map((key) => ({ key, from: key, example: undefined, asOther: false }));
    }
    const exact = [...selector.keys].filter((key) => exactNumber(key) !== undefined);
    // A category is chosen by the number less the offset.
    const taken = new Set(exact.map((key) => (exactNumber(key) ?? 0) - offset));
    return [
      ...exact.map((key) => ({ key, from: key, example: exactNumber(key), asOther: false })),
      ...categoriesOf(this.#targetLocale, kind, taken).map((category) => ({
        key: category.name,
        from: this.#sourceKey(selector, category),
        example: category.example + offset,
        asOther: category.asOther,
      })),
    ];
  }

  #sourceKey(selector: Selector, category: Category): string {
    return sourceKeyOf(category, {
      locale: this.#sourceLocale,
      kind: selector.kind === "ordinal" ? "ordinal" : "cardinal",
      has: (key) => selector.keys.has(key),
      leavesOut: (key) => {
        const [own, other] = [this.#partsFor(selector, key), this.#partsFor(selector, "other")];
        if (!tellsAlways(own, selector) && mayTell(other, selector)) return true;
        // The number may be shown by an argument of its own, formatted by the program: `{shownNumber} rows`.
        return !argumentsOf(other).isSubsetOf(argumentsOf(own));
      },
    });
  }

  #partsFor(selector: Selector, key: string): readonly Part[] {
    return resolve(this.#message.parts, (each) => (each === selector ? key : undefined));
  }

  /** The branch of a choice for a key of the source: another place may have chosen between more exact numbers. */
  branch(choice: Choice, key: string): readonly Part[] {
    const exact = exactNumber(key);
    const { kind, offset } = choice.selector;
    const category =
      exact === undefined || kind === "select" ? "other" : categoryOf(this.#sourceLocale, kind, exact - offset);
    return choice.branches.get(key) ?? choice.branches.get(category) ?? choice.branches.get("other") ?? [];
  }
}

/** Whether the number of a selector is shown, whatever the other arguments are. Not deeper than the message. */
function tellsAlways(parts: readonly Part[], selector: Selector): boolean {
  return parts.some((part) =>
    part.kind === "choice"
      ? [...part.branches.values()].every((branch) => tellsAlways(branch, selector))
      : tells(part, selector),
  );
}

/** Whether the number of a selector is shown for any values of the other arguments. */
function mayTell(parts: readonly Part[], selector: Selector): boolean {
  return parts.some((part) =>
    part.kind === "choice"
      ? [...part.branches.values()].some((branch) => mayTell(branch, selector))
      : tells(part, selector),
  );
}

/** The names of the arguments that are shown for any values of the others. Not deeper than the message. */
function argumentsOf(parts: readonly Part[], names = new Set<string>()): Set<string> {
  for (const part of parts) {
    if (part.kind === "argument") names.add(part.name);
    else if (part.kind === "choice") for (const branch of part.branches.values()) argumentsOf(branch, names);
  }
  return names;
}

/** Whether a choice by this selector is among the parts, at any depth. Not deeper than the message. */
export function choosesBy(parts: readonly Part[], selector: Selector): boolean {
  return parts.some(
    (part) =>
      part.kind === "choice" &&
      (part.selector === selector || [...part.branches.values()].some((branch) => choosesBy(branch, selector))),
  );
}

/** Whether a part shows the number of a selector. */
function tells(part: Part, selector: Selector): boolean {
  if (part.kind === "number") return part.selector === selector;
  return part.kind === "argument" && part.name === selector.argument;
}

/** The cases of a message. Undefined: there are more than {@link MAX_CASES} to ask for. */
export function casesOf(message: MessageParts, keys: TargetKeys): Tree | undefined {
  if (message.selectors.length > MAX_SELECTORS || isSideBySide(message)) return undefined;
  let asked = 0;
  let printed = 0;
  // Not deeper than the number of selectors.
  const expand = (parts: readonly Part[], path: readonly Step[]): Tree | undefined => {
    const resolved = resolveChosen(parts, path, keys);
    const selector = nextSelector(resolved);
    if (selector === undefined) {
      printed += 1;
      if (hasWords(resolved) && !path.some(({ asOther }) => asOther)) asked += 1;
      return asked > MAX_CASES || printed > MAX_PRINTED ? undefined : { parts: resolved, path };
    }
    const branches: { key: string; tree: Tree }[] = [];
    const options = keys.of(selector);
    if (options.length > MAX_KEYS) return undefined;
    for (const { key, example, asOther } of options) {
      const tree = expand(resolved, [...path, { selector, key, example, asOther }]);
      if (tree === undefined) return undefined;
      branches.push({ key, tree });
    }
    return { selector, branches };
  };
  return expand(message.parts, []);
}

/** The parts with the branches that a path has chosen in place of their choices. */
export function resolveChosen(parts: readonly Part[], path: readonly Step[], keys: TargetKeys): readonly Part[] {
  const from = new Map(
    path.map(({ selector, key }) => [selector, keys.of(selector).find((each) => each.key === key)?.from ?? "other"]),
  );
  return resolve(parts, (selector) => from.get(selector), keys);
}

/** The parts with every choice replaced by the branch of its key. A choice without a key stays. */
function resolve(
  parts: readonly Part[],
  keyOf: (selector: Selector) => string | undefined,
  keys?: TargetKeys,
): readonly Part[] {
  const out: Part[] = [];
  // Not deeper than the message, which parseMessage bounds.
  const walk = (each: readonly Part[]): void => {
    for (const part of each) {
      const key = part.kind === "choice" ? keyOf(part.selector) : undefined;
      if (part.kind !== "choice" || key === undefined) out.push(part);
      else walk(keys?.branch(part, key) ?? part.branches.get(key) ?? part.branches.get("other") ?? []);
    }
  };
  walk(parts);
  return out;
}

/**
 * Whether the message is a list of measures (`{d, plural, …# days…} {h, plural, …# hours…}`) and no sentence: each plural
 * tells its own number, and there are no words around them. They stay side by side, and are asked one by one.
 */
function isSideBySide({ parts }: MessageParts): boolean {
  const choices = parts.filter((part) => part.kind === "choice");
  const plurals = choices.filter(({ selector }) => selector.kind !== "select");
  if (plurals.length < 2) return false;
  const isMeasure = (branch: readonly Part[], selector: Selector) =>
    !hasWords(branch) || branch.some((part) => tells(part, selector));
  return (
    !hasWords(parts) &&
    choices.every(({ selector, branches }) => [...branches.values()].every((branch) => isMeasure(branch, selector)))
  );
}

function hasWords(parts: readonly Part[]): boolean {
  return parts.some((part) => part.kind === "text" && /\p{L}/u.test(part.text));
}

/** Selects go first: `#` is a number only where a plural is the innermost argument. */
function nextSelector(parts: readonly Part[]): Selector | undefined {
  const choices = parts.filter((part) => part.kind === "choice");
  return (choices.find(({ selector }) => selector.kind === "select") ?? choices[0])?.selector;
}
