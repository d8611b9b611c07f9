/**
 * The content of engine calls: the texts of a batch with the facts that belong to them, in calls that the engine accepts.
 *
 * This is the only place where such a fact is added: a fact about one text in {@link briefOf}, a fact about all of them in
 * {@link engineBatch}. A fact that only some engines read stands behind the field by which an engine declares it.
 */
import { type Engine, type EngineBatch, type EngineItem, UNDETERMINED_LOCALE } from "../contract/engine.ts";
import { EngineRefusedError, EngineTooLongError, type TransHubError } from "../contract/errors.ts";
import { MAX_STORED_TEXT_BYTES } from "../contract/text-size.ts";
import type { WorkBatch, WorkItem } from "../contract/work.ts";
import { pluralFormOf } from "../rules/plural-context.ts";

type Declared = Pick<Engine, "takesContext">;

/** Some texts of a batch as an engine gets them. */
export function engineBatch(
  engine: Declared,
  batch: Pick<WorkBatch, "sourceLocale" | "targetLocale">,
  items: readonly WorkItem[],
): EngineBatch {
  return {
    sourceLocale: batch.sourceLocale,
    targetLocale: batch.targetLocale,
    items: items.map((item, at) => ({ id: itemId(at), ...briefOf(engine, item) })),
  };
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

function briefOf(
  { takesContext }: Declared,
  { text, format, context, previousFailure }: WorkItem,
): Omit<EngineItem, "id"> {
  const form = pluralFormOf(context);
  const { plural, ...remarks } = context ?? {};
  const told = form === undefined ? context : remarks;
  return {
    text,
    format,
    ...(form !== undefined && { form }),
    ...(takesContext && told !== null && Object.keys(told).length > 0 && { context: told }),
    ...(previousFailure !== undefined && { previousFailure }),
  };
}

/** UTF-8 bytes that one text takes of an engine's `maxBytesPerCall`: its own and those of its context. */
export function briefBytes(engine: Declared, item: WorkItem): number {
  const { text, context, form } = briefOf(engine, item);
  return [context, form].reduce(
    (bytes, fact) => bytes + (fact === undefined ? 0 : Buffer.byteLength(JSON.stringify(fact))),
    Buffer.byteLength(text),
  );
}

/** Why an engine need not be asked for a text at all. Undefined: it can be asked. */
export function refusalOf(
  engine: Engine,
  { sourceLocale }: Pick<WorkBatch, "sourceLocale">,
  item: WorkItem,
): TransHubError | undefined {
  if (item.text === "") {
    return new EngineTooLongError(
      `The stored text is longer than ${MAX_STORED_TEXT_BYTES} bytes, and goes to no engine`,
    );
  }
  if (sourceLocale === UNDETERMINED_LOCALE && !engine.detectsSource) {
    return new EngineRefusedError(`Engine "${engine.name}" cannot detect the language of a text`, {
      hint: "Say the source locale: sourceLocale, --from or TH_SOURCE_LOCALE.",
    });
  }
  if (briefBytes(engine, item) > engine.maxBytesPerCall) {
    return new EngineTooLongError(`Engine "${engine.name}" takes at most ${engine.maxBytesPerCall} bytes`);
  }
  return undefined;
}

interface CallLimits extends Declared, Pick<Engine, "maxItemsPerCall" | "maxBytesPerCall"> {
  /** For the items together, each weighed by `tokensOf`. */
  maxTokensPerCall: number;
  tokensOf(item: WorkItem): number;
}

/**
 * Cuts items into calls that an engine accepts, in order. An item over the bytes or the tokens of a call goes alone:
 * the caller decides whether to send it at all.
 */
export function packCalls<Packed extends { readonly item: WorkItem }>(
  packed: readonly Packed[],
  limits: CallLimits,
): Packed[][] {
  const calls: Packed[][] = [];
  let call: Packed[] = [];
  let bytes = 0;
  let tokens = 0;
  const isFull = (size: number, weight: number) =>
    call.length >= limits.maxItemsPerCall ||
    bytes + size > limits.maxBytesPerCall ||
    tokens + weight > limits.maxTokensPerCall;
  for (const entry of packed) {
    const size = briefBytes(limits, entry.item);
    const weight = limits.tokensOf(entry.item);
    if (call.length > 0 && isFull(size, weight)) {
      calls.push(call);
      call = [];
      bytes = 0;
      tokens = 0;
    }
    call.push(entry);
    bytes += size;
    tokens += weight;
  }
  if (call.length > 0) calls.push(call);
  return calls;
}
