/** The faults of the test server of Chat Completions, each seen at real endpoints and models. */

/** The model's input: the wire contract of the `openai` engine. */
export interface AskedItem {
  id: string;
  text: string;
  context?: unknown;
  format?: string;
  form?: { category: string; example: number; of?: string };
  keep?: string[];
  mask?: string;
  failure?: string;
}

export interface AnsweredItem {
  id: unknown;
  text?: unknown;
}

/** One fault. Plain data, so that it can be set over HTTP too. */
export type Fault =
  // Instead of an answer
  | {
      kind: "status";
      status: number;
      code?: string;
      type?: string;
      param?: string;
      message?: string;
      headers?: Record<string, string>;
    }
  | { kind: "rate_limit"; retryAfter?: number | string; retryAfterMs?: number; code?: string }
  | { kind: "error_in_200"; code: number | string; message?: string }
  | { kind: "html_in_200" }
  | { kind: "not_a_completion" }
  | { kind: "redirect"; to: string }
  /** Never answers; the connection stays open until the client or the server ends it. */
  | { kind: "hang" }
  /** A success whose body goes on for as long as it is read. */
  | { kind: "endless" }
  /** Ends the connection before any byte. */
  | { kind: "reset" }
  /** Ends the connection in the middle of the body. */
  | { kind: "reset_in_body" }
  // Around an answer
  | { kind: "slow"; ms: number }
  | { kind: "truncate" }
  | { kind: "refuse" }
  | { kind: "content_filter" }
  | { kind: "fence" }
  | { kind: "prose" }
  | { kind: "think" }
  | { kind: "not_json" }
  // In its items: all, or those whose source holds `match`
  | { kind: "drop" | "duplicate" | "foreign_id" | "echo" | "empty" | "nul" | "no_text"; match?: string }
  | { kind: "lose_placeholders" | "lose_tags" | "other_language"; match?: string }
  /** Each second item disappears into the one before it. */
  | { kind: "merge" }
  | { kind: "reverse" };

export type FaultKind = Fault["kind"];

/** A fault and the condition under which it occurs. */
export interface Rule {
  fault: Fault;
  /** Number of calls with this fault; default: all until the rules change. */
  times?: number;
  /** Only calls that hold an item whose text contains this. */
  whenText?: string;
}

/** Applies the faults of single items, in the order of the rules. */
export function spoilItems(answers: readonly AnsweredItem[], asked: readonly AskedItem[], faults: readonly Fault[]) {
  const sources = new Map<unknown, string>(asked.map(({ id, text }) => [id, text]));
  let items = [...answers];
  for (const fault of faults) {
    if (fault.kind === "reverse") items.reverse();
    if (fault.kind === "merge") items = mergePairs(items);
    if (!ITEM_FAULTS.has(fault.kind)) continue;
    const { match = "" } = fault as { match?: string };
    items = items.flatMap((item) => {
      const source = sources.get(item.id);
      return source?.includes(match) === true ? spoilItem(fault.kind, item, source) : [item];
    });
  }
  return items;
}

const ITEM_FAULTS: ReadonlySet<FaultKind> = new Set([
  "drop",
  "duplicate",
  "foreign_id",
  "echo",
  "empty",
  "nul",
  "no_text",
  "lose_placeholders",
  "lose_tags",
  "other_language",
]);

/** Puts two texts under the first one's id, as models do with sentences that belong together. */
function mergePairs(items: readonly AnsweredItem[]): AnsweredItem[] {
  return items.flatMap((item, index) => {
    const next = items[index + 1];
    if (index % 2 === 1) return [];
    return [next === undefined ? item : { ...item, text: `${item.text} ${next.text}` }];
  });
}

function spoilItem(kind: FaultKind, item: AnsweredItem, source: string): AnsweredItem[] {
  const text = String(item.text);
  switch (kind) {
    case "drop":
      return [];
    case "duplicate":
      return [item, { ...item, text: `${text} (2)` }];
    case "foreign_id":
      return [item, { id: `${item.id}-more`, text }];
    case "echo":
      return [{ ...item, text: source }];
    case "empty":
      return [{ ...item, text: "" }];
    case "nul":
      return [{ ...item, text: `${text.slice(0, 1)}\0${text.slice(1)}` }];
    case "no_text":
      return [{ id: item.id, text: null }];
    case "lose_placeholders":
      return [{ ...item, text: text.replace(/\{[^{}]*\}|%\w/g, "") }];
    case "lose_tags":
      return [{ ...item, text: text.replace(/<[^<>]*>/g, "") }];
    case "other_language":
      return [{ ...item, text: `[xx] ${source}` }];
    default:
      return [item];
  }
}
