/**
 * The sentences that a reader of an ICU message may see: the one of `other` everywhere, and one for each option of a select.
 * Arguments and `#` stand in them as `{0}`, `{1}`, by the place of their names in the source.
 */
import { type IcuArgument, type IcuMessage, type IcuPart, quoteEnd } from "../icu.ts";
import { type ProtectedToken, protectedTokens } from "../syntax.ts";

/** One sentence of the source with its counterpart. */
export interface Path {
  expected: ProtectedToken[];
  actual: ProtectedToken[];
}

/** Deeper messages are not followed: no program writes them. */
const MAX_DEPTH = 50;
/** Each costs a reading of both messages. */
const MAX_PATHS = 24;

interface Message {
  readonly text: string;
  readonly message: IcuMessage;
}

/** The sentences of a source, read once for all of its translations. */
export interface Sentences {
  /** The places of the arguments, by name. */
  readonly names: ReadonlyMap<string, number>;
  readonly depth: number;
  readonly choices: readonly { readonly name: string; readonly option: string; readonly expected: ProtectedToken[] }[];
}

export function sentencesOf(source: Message): Sentences {
  const names = new Map<string, number>();
  const { arguments: all, depth } = source.message;
  if (depth > MAX_DEPTH) return { names, depth, choices: [] };
  for (const { name } of all) if (!names.has(name)) names.set(name, names.size);
  const choices: [name: string, option: string][] = [["", "other"]];
  for (const { name, type, selectors } of all) {
    if (type !== "select") continue;
    for (const option of selectors) if (option !== "other") choices.push([name, option]);
  }
  return {
    ...{ names, depth },
    choices: choices.slice(0, MAX_PATHS).map(([name, option]) => ({
      ...{ name, option },
      expected: protectedTokens(sentence(source, names, name, option), "text"),
    })),
  };
}

export function pathsOf({ names, depth, choices }: Sentences, translation: Message): Path[] {
  if (depth > MAX_DEPTH || translation.message.depth > MAX_DEPTH) return [];
  return choices.map(({ name, option, expected }) => ({
    expected,
    actual: protectedTokens(sentence(translation, names, name, option), "text"),
  }));
}

function sentence(
  { text, message }: Message,
  names: ReadonlyMap<string, number>,
  chosen: string,
  option: string,
): string {
  const shown = (name: string) => `{${names.get(name) ?? "x"}}`;
  const print = (parts: readonly IcuPart[], plural: string | undefined): string => {
    let printed = "";
    for (const part of parts) {
      if (!("name" in part)) printed += literal(text.slice(part.start, part.end), plural && shown(plural));
      else if (part.branches.length === 0) printed += shown(part.name);
      else {
        const wanted = part.name === chosen && part.type === "select" ? option : "other";
        printed += print(branchOf(part, wanted), part.type === "select" ? plural : part.name);
      }
    }
    return printed;
  };
  return print(message.parts, undefined);
}

function branchOf({ selectors, branches }: IcuArgument, wanted: string): readonly IcuPart[] {
  const at = selectors.indexOf(wanted);
  return branches[at === -1 ? Math.max(0, selectors.indexOf("other")) : at] ?? [];
}

/** Literal text as it is shown, braces in quotes left out; `#` as the argument of its plural. */
function literal(text: string, number: string | undefined): string {
  if (number === undefined && !text.includes("'")) return text;
  let shown = "";
  for (let at = 0; at < text.length; ) {
    const character = text[at] ?? "";
    if (character === "'") {
      const end = quoteEnd(text, at, number === undefined ? "{}" : "{}#");
      shown += text.slice(at + 1, end).replace(/[{}']/g, "");
      at = end;
    } else {
      shown += character === "#" && number !== undefined ? number : character;
      at += 1;
    }
  }
  return shown;
}
