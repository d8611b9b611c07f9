/** Finds the document `{"items": […]}` in what a model wrote. */

export interface AnswerDocument {
  items: readonly unknown[];
  /** False: it breaks off, and `items` are those before the break. */
  isWhole: boolean;
}

/** Braces of the text around a document that are looked at. Each may cost a walk through the answer. */
const MOST_BRACES = 16;
const END_OF_THOUGHT = "</think>";
const BEGINNING = /\{\s*"items"\s*:\s*\[/y;

/**
 * The first document; text after it is ignored. Undefined: none, or several of them within other text, of which the first may
 * be a quotation.
 *
 * Only what has one meaning is repaired: `\'`, and control characters within a string.
 *
 * @param most The most items that are read of a document that breaks off.
 */
export function documentIn(content: string, most: number): AnswerDocument | undefined {
  const whole = itemsOf(parsed(content));
  if (whole !== undefined) return { items: whole, isWhole: true };
  // The answer of a model that thinks aloud begins after its last thought. A text may hold such a mark too, and stands in a document.
  const thought = content.lastIndexOf(END_OF_THOUGHT);
  const spoken =
    thought === -1 || /^\s*(\{|```)/.test(content) ? content : content.slice(thought + END_OF_THOUGHT.length);
  const first = firstIn(spoken, 0, most);
  if (first === undefined) return undefined;
  const { end, hasTextBefore, ...document } = first;
  return hasTextBefore && firstIn(spoken, end, most) !== undefined ? undefined : document;
}

interface Found extends AnswerDocument {
  end: number;
  hasTextBefore: boolean;
}

function firstIn(content: string, from: number, most: number): Found | undefined {
  let brace = content.indexOf("{", from);
  for (let tries = 0; brace !== -1 && tries < MOST_BRACES; tries += 1) {
    const end = endOfValue(content, brace);
    const value = end === undefined ? undefined : parsed(content.slice(brace, end));
    const items = itemsOf(value);
    const hasTextBefore = /[^\s`]/.test(content.slice(0, brace).replace(/```\w*/g, ""));
    if (items !== undefined && end !== undefined) return { items, isWhole: true, end, hasTextBefore };
    if (value === undefined) {
      const broken = itemsBeforeBreak(content, brace, most);
      if (broken !== undefined) return { items: broken, isWhole: false, end: end ?? content.length, hasTextBefore };
    }
    brace = content.indexOf("{", value === undefined || end === undefined ? brace + 1 : end);
  }
  return undefined;
}

/** The closed items of a document that does not parse. Reading ends at the first that does not parse: what follows may be out of step. */
function itemsBeforeBreak(content: string, brace: number, most: number): unknown[] | undefined {
  BEGINNING.lastIndex = brace;
  const beginning = BEGINNING.exec(content);
  if (beginning === null) return undefined;
  const items: unknown[] = [];
  let at = brace + beginning[0].length;
  while (items.length < most) {
    while (/[\s,]/.test(content.charAt(at))) at += 1;
    const end = content.charAt(at) === "{" ? endOfValue(content, at) : undefined;
    const item = end === undefined ? undefined : parsed(content.slice(at, end));
    if (end === undefined || item === undefined) break;
    items.push(item);
    at = end;
  }
  return items;
}

/** The place after the brace that closes the one at `from`. */
function endOfValue(content: string, from: number): number | undefined {
  let depth = 0;
  let inString = false;
  for (let at = from; at < content.length; at += 1) {
    const char = content.charCodeAt(at);
    if (inString) {
      if (char === BACKSLASH) at += 1;
      else if (char === QUOTE) inString = false;
    } else if (char === QUOTE) inString = true;
    else if (char === OPEN) depth += 1;
    else if (char === CLOSE) {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return undefined;
}

const QUOTE = 34;
const BACKSLASH = 92;
const OPEN = 123;
const CLOSE = 125;

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    const repaired = repairedJson(json);
    if (repaired === json) return undefined;
    try {
      return JSON.parse(repaired);
    } catch {
      return undefined;
    }
  }
}

function repairedJson(json: string): string {
  let inString = false;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is repaired.
  return json.replace(/\\[\s\S]|"|[\u0000-\u001f]/g, (found) => {
    if (found === '"') inString = !inString;
    if (found === "\\'") return "'";
    if (!inString || found.length > 1 || found === '"') return found;
    return `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

/** By hand: a parser makes an object of its own for each of a million items. */
function itemsOf(answer: unknown): unknown[] | undefined {
  const items = (answer as { items?: unknown } | null | undefined)?.items;
  return Array.isArray(items) ? items : undefined;
}
