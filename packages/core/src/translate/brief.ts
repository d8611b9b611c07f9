/**
 * The content of engine calls: the texts of a batch with the facts that belong to them, in calls that the engine accepts.
 *
 * This is the only place where such a fact is added: a fact about one text in {@link factsOf}, a fact about all of them in
 * {@link engineBatch}. A fact that only some engines read stands behind the field by which an engine declares it.
 */
import {
  type Engine,
  type EngineBatch,
  type EngineItem,
  type EngineReference,
  UNDETERMINED_LOCALE,
} from "../contract/engine.ts";
import { EngineRefusedError, EngineTooLongError, type TransHubError } from "../contract/errors.ts";
import { MAX_STORED_TEXT_BYTES } from "../contract/text-size.ts";
import type { WorkBatch, WorkItem } from "../contract/work.ts";
import { pluralFormOf } from "../rules/plural-context.ts";
import { styleFor } from "../rules/style.ts";
import { terminologyOf } from "../rules/terminology.ts";

type Declared = Pick<Engine, "takesContext" | "takesHint" | "takesReferences">;

/** Looks up the instructions for the texts of a project and a target locale. */
export type InstructionsOf = (project: string, targetLocale: string) => string | undefined;

/** A pair of the memory with its number. */
export interface Reference extends EngineReference {
  unit: string;
}

/** One item of a call, before it has an id. Its references go with the batch, each once. */
export type Facts = Omit<EngineItem, "id"> & { references?: readonly Reference[] | undefined };

/** Some items of a batch as an engine gets them. */
export function engineBatch(
  { takesInstructions, takesTerms }: Pick<Engine, "takesInstructions" | "takesTerms">,
  {
    project,
    sourceLocale,
    targetLocale,
    glossary,
  }: Pick<WorkBatch, "project" | "sourceLocale" | "targetLocale" | "glossary">,
  items: readonly Facts[],
  instructionsOf: InstructionsOf,
): EngineBatch {
  const style = glossary && styleFor(glossary, targetLocale);
  const wishes = [instructionsOf(project, targetLocale), style?.instructions].filter((each) => each !== undefined);
  const terms =
    takesTerms && glossary !== undefined
      ? terminologyOf(glossary, sourceLocale, targetLocale).termsFor(items.map(({ text }) => text))
      : undefined;
  return {
    sourceLocale,
    targetLocale,
    ...(takesInstructions && wishes.length > 0 && { instructions: wishes.join("\n") }),
    ...(style?.formality !== undefined && { formality: style.formality }),
    ...(terms !== undefined && { terms }),
    ...referencesOf(items),
    items: items.map(({ references: _references, ...item }, at) => ({ id: itemId(at), ...item })),
  };
}

/** Texts that are alike have the same examples. */
function referencesOf(items: readonly Facts[]): Pick<EngineBatch, "references"> {
  const found = new Map<string, EngineReference>();
  for (const { references = [] } of items)
    for (const { source, target } of references) found.set(JSON.stringify([source, target]), { source, target });
  return found.size === 0 ? {} : { references: [...found.values()] };
}

/** Without vowels no id is a word, and without digits none is a place in the list. */
const LETTERS = "bcdfghjklmnpqrstvwxz";
/** A step through all ids that puts unlike ones side by side; coprime with the number of letters. */
const STEP = 173;

/**
 * The id of the text at a place: at least three letters, of which the last is made of the others. Two ids differ in two letters
 * at least, and those of neighbours have no order that a model could go on with: with 1, 2, 3 a model that loses a text
 * counts on, and gives each translation to the next text. The same places have the same ids, so that equal calls are equal.
 */
function itemId(at: number): string {
  const base = LETTERS.length;
  let places = 2;
  while (base ** places <= at) places += 1;
  let rest = (at * STEP + 71) % base ** places;
  let check = 0;
  let id = "";
  for (let place = 1; place <= places; place += 1) {
    const digit = rest % base;
    rest = (rest - digit) / base;
    check += place % 2 === 0 ? 3 * digit : digit;
    id += LETTERS[digit];
  }
  return id + LETTERS[check % base];
}

/** The failure of a first try after a rejection. */
const REJECTED = "A reviewer rejected the last translation";

/**
 * What an engine is told about a text beside the text itself. The plural form that a context says is no remark: it goes with
 * the question. The note of a reviewer stands behind the producer's own.
 */
export function factsOf(
  { takesContext, takesHint, takesReferences }: Declared,
  { context, hint, reviewNote, also }: Pick<WorkItem, "context" | "hint" | "reviewNote" | "also">,
  previousFailure: string | undefined,
  references: readonly Reference[] = [],
): Pick<Facts, "context" | "hint" | "also" | "previousFailure" | "references"> {
  let told = context;
  if (context !== null && pluralFormOf(context) !== undefined) {
    const { plural, ...remarks } = context;
    told = Object.keys(remarks).length > 0 ? remarks : null;
  }
  const note = [hint?.note, reviewNote].filter(Boolean).join("\n");
  const noted = reviewNote ? { ...hint, note } : hint;
  const failure = previousFailure ?? (reviewNote === undefined ? undefined : REJECTED);
  return {
    ...(takesContext && told !== null && { context: told }),
    ...(takesHint && noted !== undefined && { hint: noted }),
    ...(takesReferences && also !== undefined && { also }),
    ...(takesReferences && references.length > 0 && { references }),
    ...(failure !== undefined && { previousFailure: failure }),
  };
}

/** UTF-8 bytes that one item takes of an engine's `maxBytesPerCall`: those of its text and of the facts about it. */
export function itemBytes({ text, context, hint, also, form, keep, references }: Facts): number {
  let bytes = Buffer.byteLength(text);
  for (const fact of [context, hint, also, form, keep, references])
    if (fact !== undefined) bytes += Buffer.byteLength(JSON.stringify(fact));
  return bytes;
}

/** Why an engine need not be asked for a text at all. Undefined: it can be asked. */
export function refusalOf(
  engine: Engine,
  { sourceLocale }: Pick<WorkBatch, "sourceLocale">,
  { text }: Pick<WorkItem, "text">,
  items: readonly Facts[],
): TransHubError | undefined {
  if (text === "") {
    return new EngineTooLongError(
      `The stored text is longer than ${MAX_STORED_TEXT_BYTES} bytes, and goes to no engine`,
    );
  }
  if (sourceLocale === UNDETERMINED_LOCALE && !engine.detectsSource) {
    return new EngineRefusedError(`Engine "${engine.name}" cannot detect the language of a text`, {
      hint: "Say the source locale: sourceLocale, --from or TH_SOURCE_LOCALE.",
    });
  }
  if (items.some((item) => itemBytes(item) > engine.maxBytesPerCall)) {
    return new EngineTooLongError(`Engine "${engine.name}" takes at most ${engine.maxBytesPerCall} bytes`);
  }
  return undefined;
}

interface CallLimits extends Pick<Engine, "maxItemsPerCall" | "maxBytesPerCall"> {
  /** For the items together, each weighed by `tokensOf`. */
  maxTokensPerCall: number;
  tokensOf(item: Facts): number;
}

/**
 * Cuts items into calls that an engine accepts, in order. The items of a group, one text's, go in one call where a call can
 * hold them. An item over the bytes or the tokens of a call goes alone: the caller decides whether to send it at all.
 */
export function packCalls<Packed extends { readonly item: Facts }>(
  groups: readonly (readonly Packed[])[],
  limits: CallLimits,
): Packed[][] {
  const calls: Packed[][] = [];
  let call: Packed[] = [];
  let bytes = 0;
  let tokens = 0;
  const isFull = (count: number, size: number, weight: number) =>
    call.length + count > limits.maxItemsPerCall ||
    bytes + size > limits.maxBytesPerCall ||
    tokens + weight > limits.maxTokensPerCall;
  const end = () => {
    if (call.length > 0) calls.push(call);
    call = [];
    bytes = 0;
    tokens = 0;
  };
  for (const group of groups) {
    const sizes = group.map(({ item }) => itemBytes(item));
    const weights = group.map(({ item }) => limits.tokensOf(item));
    if (call.length > 0 && isFull(group.length, sum(sizes), sum(weights))) end();
    for (const [at, entry] of group.entries()) {
      const [size = 0, weight = 0] = [sizes[at], weights[at]];
      if (call.length > 0 && isFull(1, size, weight)) end();
      call.push(entry);
      bytes += size;
      tokens += weight;
    }
  }
  end();
  return calls;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
