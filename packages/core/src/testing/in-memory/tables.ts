/** The content of a store in memory, table by table, and the changes that several of its methods share. */
import type { EventKind } from "../../contract/event.ts";
import type { RegisterItem } from "../../contract/item.ts";
import type { RegisterOptions } from "../../contract/register.ts";
import type { TranslationKey, TranslationReference } from "../../contract/translation.ts";
import type { EngineCall } from "../../contract/work.ts";
import { contentId, contextKey } from "../../rules/identity.ts";
import { parseTranslationId } from "../../rules/translation-id.ts";
import type { InMemoryBatches } from "./batches.ts";
import type { Clock } from "./clock.ts";
import { InMemoryFeed } from "./feed.ts";
import { InMemoryLetters } from "./letters.ts";
import { InMemoryMemory } from "./memory.ts";
import { type Content, type Context, type Row, rowId } from "./row.ts";
import { InMemoryUses } from "./uses.ts";

/** An item that waits to be registered. */
export interface InboxItem {
  readonly item: RegisterItem;
  readonly options: RegisterOptions;
  /** Time of the request, in milliseconds since the epoch. */
  readonly at: number;
}

/** A call with the batch that it was made for. */
export interface BookedCall extends EngineCall {
  project: string;
  targetLocale: string;
  tag: string | undefined;
  /** Milliseconds since the epoch. */
  at: number;
}

/** The tables of one store. The clock dates every change. */
export class InMemoryTables {
  readonly clock: Clock;
  readonly batches: InMemoryBatches;
  /** By `contentId`. */
  readonly contents = new Map<string, Content>();
  /** By `contextKey`. */
  readonly contexts = new Map<string, Context>();
  /** By `rowId`. */
  readonly rows = new Map<string, Row>();
  readonly uses = new InMemoryUses();
  readonly letters = new InMemoryLetters();
  readonly feed: InMemoryFeed;
  readonly memory: InMemoryMemory;
  /** By call id, oldest first. */
  readonly calls = new Map<string, BookedCall>();
  /** How many texts were stored with each warning, by project. */
  readonly flagged = new Map<string, Map<string, number>>();
  /** Oldest first. */
  inbox: InboxItem[] = [];
  /** Milliseconds since the epoch. */
  lastCollectionAt: number | null = null;
  #lastNo = 0;

  constructor(clock: Clock, batches: InMemoryBatches) {
    this.clock = clock;
    this.batches = batches;
    this.feed = new InMemoryFeed(clock);
    this.memory = new InMemoryMemory(clock, (reference) => this.rowOf(reference));
  }

  /** A number above every earlier one. */
  nextNo(): number {
    this.#lastNo += 1;
    return this.#lastNo;
  }

  /** The row of a key, unless it was deleted. */
  row(key: TranslationKey): Row | undefined {
    return this.rows.get(rowId(key));
  }

  /** The row that an application names. */
  rowOf(reference: TranslationReference): Row | undefined {
    const use = this.useOf(reference);
    if (use === undefined) return undefined;
    const { project, targetLocale } = reference;
    return this.row({ contentNo: String(use.contentNo), contextNo: use.contextNo, targetLocale, project });
  }

  /** The text and the context that an application names. Of a business id the text that was last seen under it. */
  useOf(reference: TranslationReference): { contentNo: number; contextNo: number } | undefined {
    if ("id" in reference) {
      const { contentNo, contextNo } = parseTranslationId(reference.id);
      return { contentNo: Number(contentNo), contextNo };
    }
    if ("businessId" in reference) return this.uses.lastOf(reference);
    const content = this.contents.get(contentId(reference.sourceLocale, reference.text));
    const contextNo = this.contextNoOf(reference);
    return content === undefined || contextNo === undefined ? undefined : { contentNo: content.no, contextNo };
  }

  /** 0: no context. Undefined: a context that the store does not have. */
  contextNoOf({ context, format }: { context: string | null; format: string }): number | undefined {
    const key = contextKey(context, format);
    return key === undefined ? 0 : this.contexts.get(key)?.no;
  }

  /** Notes that a project uses a text now. */
  see(project: string, businessId: string, contentNo: number, contextNo: number): void {
    this.uses.see({ project, businessId, contentNo, contextNo, lastSeenAt: this.clock.now() });
  }

  /** Makes a row wait for a translation again. Readers keep its text. */
  putBackToWork(row: Row): void {
    row.status = "pending";
    row.expiresAt = Number.POSITIVE_INFINITY;
    this.supersede(row);
  }

  /** Makes all running work on a row void. */
  supersede(row: Row): void {
    row.revision += 1;
    this.letters.closeAbout(new Set([row]));
  }

  /** Deletes rows with their dead letters, and writes events of this kind. */
  removeRows(rows: readonly Row[], kind: EventKind): void {
    this.feed.write(kind, rows);
    this.letters.closeAbout(new Set(rows));
    this.memory.rowsRemoved(rows);
    for (const row of rows) {
      // Running work on it finds nothing to settle.
      row.revision += 1;
      this.rows.delete(rowId(row.key));
    }
  }
}

/** The entries of a map whose values pass a test. */
export function entriesWhere<Value>(
  map: ReadonlyMap<string, Value>,
  test: (value: Value) => boolean,
): [string, Value][] {
  return [...map].filter(([, value]) => test(value));
}
