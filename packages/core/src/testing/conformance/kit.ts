/** Helpers shared by the cases of the conformance suite. */
import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import { orAbort } from "../../async/or-abort.ts";
import type { CollectReport } from "../../contract/collect.ts";
import type { AttemptError } from "../../contract/dead-letter.ts";
import type { RegisterItem } from "../../contract/item.ts";
import type { PersistenceHandler } from "../../contract/store.ts";
import type { TransactionClient } from "../../contract/transaction.ts";
import type { Translation, TranslationReference } from "../../contract/translation.ts";
import type {
  Settlement,
  TranslateWork,
  WorkBatch,
  WorkItem,
  WorkOptions,
  WorkOutcome,
  WorkResult,
  WorkSummary,
} from "../../contract/work.ts";

/** A store under test: empty at first, used by one case. */
export interface ConformanceStore {
  /** Opens another member over the same store. The suite closes it. */
  open(): Promise<PersistenceHandler>;
  /** Ends a member like kill -9, without settling its work. Left out: those cases are skipped. */
  crash?(handler: PersistenceHandler): Promise<void>;
  /** Makes the others declare a member dead while it lives. Left out: those cases are skipped. */
  giveUp?(handler: PersistenceHandler): Promise<void>;
  /** Opens a transaction of an application. Left out: those cases are skipped. */
  begin?(): Promise<{ client: TransactionClient; commit(): Promise<void>; rollback(): Promise<void> }>;
  /** Called once, after every member was closed. */
  close(): Promise<void>;
}

/** The arguments of a case. */
export interface Members extends ConformanceStore {
  /** The first member, open already. */
  handler: PersistenceHandler;
}

/** Adds a case. `needs`: the ability that the store must have, or the case is skipped. */
export type AddCase = (
  sentence: string,
  body: (members: Required<Members>) => Promise<void>,
  needs?: "crash" | "giveUp" | "begin" | "engineGate",
) => void;

export const PROJECT = "default";

export function item(given: Partial<RegisterItem> = {}): RegisterItem {
  return {
    project: PROJECT,
    businessId: "",
    sourceLocale: "en",
    targetLocales: ["fr"],
    text: "Add to cart",
    context: null,
    format: "auto",
    verbatim: false,
    priority: 0,
    force: false,
    expiresAfterSeconds: null,
    ...given,
  };
}

/** This many items with different texts. */
export function items(count: number, given: Partial<RegisterItem> = {}): RegisterItem[] {
  return Array.from({ length: count }, (_, at) => item({ text: `Text number ${at + 1}`, ...given }));
}

type TextReference = Extract<TranslationReference, { text: string }>;

export function textReference(given: Partial<TextReference> = {}): TextReference {
  return {
    project: PROJECT,
    targetLocale: "fr",
    text: "Add to cart",
    sourceLocale: "en",
    context: null,
    format: "auto",
    ...given,
  };
}

export async function readOne(
  handler: PersistenceHandler,
  given: Partial<TextReference> | { businessId: string; targetLocale?: string } = {},
): Promise<Translation | undefined> {
  const reference: TranslationReference =
    "businessId" in given
      ? { project: PROJECT, targetLocale: given.targetLocale ?? "fr", businessId: given.businessId }
      : textReference(given);
  return (await handler.read([reference]))[0];
}

/** Every translation of a locale. */
export async function listAll(handler: PersistenceHandler, targetLocale = "fr"): Promise<Translation[]> {
  return (await handler.list({ project: PROJECT, targetLocale }, { limit: 1_000 })).items;
}

// --- Working -------------------------------------------------------------------------------------------------------

export function work(
  handler: PersistenceHandler,
  translate: TranslateWork,
  options: Partial<WorkOptions> = {},
): Promise<WorkSummary> {
  return handler.work({ until: "ready", concurrency: 2, maxItems: 50, drainMs: 10_000, ...options }, translate);
}

export const translated = (text: string, engine = "test"): WorkOutcome => ({
  kind: "translated",
  text,
  engine,
  model: null,
});

export function attemptError(code = "TH_ENGINE_TRANSIENT", message = "The engine answered 503"): AttemptError {
  return { at: new Date().toISOString(), engine: "test", code, message };
}

export const failed = (code = "TH_ENGINE_REFUSED"): WorkOutcome => ({ kind: "failed", error: attemptError(code) });

export const retry = (delayMs: number, split = false): WorkOutcome => ({
  kind: "retry",
  error: attemptError(),
  delayMs,
  split,
});

/** Translates by a rule for each text, and records everything it receives. */
export class Translator {
  readonly batches: WorkBatch[] = [];
  readonly #decide: (item: WorkItem, batch: WorkBatch) => WorkOutcome;

  constructor(decide: (item: WorkItem, batch: WorkBatch) => WorkOutcome = ({ text }) => translated(`${text} (fr)`)) {
    this.#decide = decide;
  }

  readonly translate: TranslateWork = async (batch) => {
    this.batches.push(batch);
    return result(
      batch,
      batch.items.map((each) => this.#decide(each, batch)),
    );
  };

  /** Every received item, in order. */
  get items(): WorkItem[] {
    return this.batches.flatMap((batch) => batch.items);
  }

  get texts(): string[] {
    return this.items.map(({ text }) => text);
  }
}

function result(batch: WorkBatch, outcomes: WorkOutcome[]): WorkResult {
  const call = {
    callId: randomUUID(),
    engine: "test",
    model: null,
    items: batch.items.length,
    inputTokens: 7,
    outputTokens: 5,
    cachedTokens: 0,
    latencyMs: 1,
    outcome: "ok",
  };
  return { outcomes, calls: [call] };
}

/** A translator that begins, and answers only after `letGo`. */
export class HeldTranslator {
  readonly #started = Promise.withResolvers<WorkBatch>();
  readonly #go = Promise.withResolvers<void>();
  readonly #outcome: WorkOutcome;
  readonly #ignoresAbort: boolean;

  /**
   * @param outcome Its outcome for each text, or the text of its answer.
   * @param options `ignoresAbort`: it answers after `letGo` even if its signal was aborted before. Default: false.
   */
  constructor(outcome: WorkOutcome | string = "held", { ignoresAbort = false } = {}) {
    this.#outcome = typeof outcome === "string" ? translated(outcome) : outcome;
    this.#ignoresAbort = ignoresAbort;
  }

  /** Resolves when it has received a batch. */
  get started(): Promise<WorkBatch> {
    return this.#started.promise;
  }

  letGo(): void {
    this.#go.resolve();
  }

  /** Holds the first call, and leaves every other to `others`. */
  first(others: Translator): TranslateWork {
    let calls = 0;
    return (batch, signal) => {
      calls += 1;
      return (calls === 1 ? this : others).translate(batch, signal);
    };
  }

  /** Releases everything when its signal aborts, unless it ignores that. */
  readonly translate: TranslateWork = async (batch, signal) => {
    this.#started.resolve(batch);
    try {
      await (this.#ignoresAbort ? this.#go.promise : orAbort(this.#go.promise, signal));
      return result(
        batch,
        batch.items.map(() => this.#outcome),
      );
    } catch {
      return result(
        batch,
        batch.items.map(() => ({ kind: "released" })),
      );
    }
  };
}

/** Translates everything that is ready, and returns the settled texts. */
export async function translateAll(
  handler: PersistenceHandler,
  text: (source: string) => string = (source) => `${source} (fr)`,
): Promise<Settlement[]> {
  const settled: Settlement[] = [];
  const translator = new Translator((each) => translated(text(each.text)));
  await work(handler, translator.translate, { observer: { settled: (settlement) => settled.push(settlement) } });
  return settled;
}

/** Fails everything that is ready, for good. */
export async function failAll(handler: PersistenceHandler, code?: string): Promise<void> {
  await work(handler, new Translator(() => failed(code)).translate);
}

// --- Time ----------------------------------------------------------------------------------------------------------

/** Longest wait for a slow reaction of a store, such as noticing a member's death. Milliseconds. */
export const PATIENCE_MS = 60_000;

/** Polls for a state that no event announces. */
export async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  await expect.poll(condition, { timeout: PATIENCE_MS, interval: 25 }).toBe(true);
}

/** A retention short enough for a test. */
export const RETENTION_MS = 400;
export const retentionDays = RETENTION_MS / 86_400_000;

/**
 * Runs a first collection, so that the store learns how short the retention is here: it may note uses as rarely as once
 * in a tenth of the retention.
 */
export function announceRetention(handler: PersistenceHandler): Promise<CollectReport> {
  return handler.collect({ retentionDays });
}

/** Waits until everything registered so far is older than the retention. */
export async function untilAged(handler: PersistenceHandler, uses: number): Promise<void> {
  await until(async () => (await handler.collect({ retentionDays, dryRun: true })).sources >= uses);
}
