/**
 * Brings decisions about batches into the database, and reports them once they are there.
 *
 *     outcomes of batches ─▶ one commit with others' ─▶ WorkVoice: the texts whose rows changed
 *                                 │ the database refuses a value
 *                                 └▶ each settlement, batch, text for itself: the one at fault ends alone
 *
 * Settlements made at the same time share a commit. A commit that the database refuses for the moment is repeated
 * (`Patience`).
 *
 * Reported are the texts whose rows the commit changed, with the outcome that was written, which is not always the
 * engine's: a text that no database can store is reported as failed. A text that was approved, cancelled, forgotten or
 * collected meanwhile is not reported. If the answer to a commit was lost, its repetition finds nothing left to change and
 * cannot tell the two apart; then the decision is reported as it was made.
 */
import { Coalescer } from "../../async/coalescer.ts";
import type { AttemptError } from "../../contract/dead-letter.ts";
import { DatabaseUnavailableError, type TransHubError, TranslationBlockedError } from "../../contract/errors.ts";
import type { EngineCall, Settlement, WorkBatch, WorkOutcome, WorkResult } from "../../contract/work.ts";
import { repairsOf } from "../../rules/repairs-of.ts";
import { withinSize } from "../../rules/within-size.ts";
import { errorCode } from "../database/database-error.ts";
import type { ConnectionPool } from "../database/pool.ts";
import { type LoadedBatch, type LoadedItem, loadBatchesById } from "../queue/load-batches.ts";
import type { Patience } from "./patience.ts";
import {
  type BatchCall,
  buryExpiredTexts,
  type ChangedItems,
  type SettledBatch,
  settleBatches,
} from "./settle-batches.ts";
import { noteUsesOfMemory } from "./uses-of-memory.ts";
import type { WorkVoice } from "./voice.ts";

/** Batches of one commit together. */
const BATCHES_A_COMMIT = 40;

type Settling = { batches: readonly SettledBatch[]; calls: readonly BatchCall[] };
type Answer = { changed: ChangedItems } | { error: unknown };

interface Written {
  /** As written, for each text. Undefined: as decided. */
  outcomes?: readonly WorkOutcome[];
  changed: ChangedItems;
}

/** Batches that were translated together, and what came of it. */
export interface Turn {
  /** The batches as the engine was given them. */
  joined: WorkBatch;
  /** One for each text of `joined`. */
  result: WorkResult;
  /** The same outcomes, batch by batch. */
  batches: readonly SettledBatch[];
  /** When the turn began, by `performance.now()`. */
  startedAt: number;
}

export interface SettlerOptions {
  pool: ConnectionPool;
  patience: Patience;
  voice: WorkVoice;
  /** Hears of values that the database refused. */
  onFault(error: Error): void;
}

export class Settler {
  readonly #options: SettlerOptions;
  readonly #settlements: Coalescer<Settling, Answer>;
  /** Texts that are stored although their settlement goes on. */
  readonly #stored = new WeakSet<LoadedItem>();

  constructor(options: SettlerOptions) {
    this.#options = options;
    this.#settlements = new Coalescer({
      run: (settlings) => this.#commitTogether(settlings),
      maxWeight: BATCHES_A_COMMIT,
      weigh: ({ batches }) => batches.length,
    });
  }

  /** Settles batches that were translated together, and reports it. A text that cannot be stored ends alone. */
  async settle({ joined, result, batches, startedAt }: Turn): Promise<void> {
    const [first] = batches;
    if (first === undefined) return;
    const calls = result.calls.map((call) => ({ ...call, batch: first.batch }));
    const bounded = batches.map((each) => ({ ...each, outcomes: each.outcomes.map(withinSize) }));
    const { pool, patience } = this.#options;
    // Before the settlement, so that no stored text lacks its note.
    const [items, decided] = [batches.flatMap(({ batch }) => batch.items), bounded.flatMap((each) => each.outcomes)];
    await patience.keepTrying(() => noteUsesOfMemory(pool, items, decided));
    const written = await this.#settleApartIfNeeded(bounded, calls);
    const { outcomes = bounded.flatMap((each) => each.outcomes), changed } = written;
    const elapsedMs = performance.now() - startedAt;
    this.#report({ batch: joined, outcomes, elapsedMs, ...repairsOf(result.calls) }, changed);
  }

  /** Books engine calls whose texts are not settled: the batch belongs to others by now, and the bill of the calls is sent all the same. */
  async book(batch: LoadedBatch, calls: readonly EngineCall[]): Promise<void> {
    if (calls.length === 0) return;
    await this.#commit({ batches: [], calls: calls.map((call) => ({ ...call, batch })) });
  }

  /** Removes a batch of which no text is left to do. */
  async remove(batch: LoadedBatch): Promise<void> {
    await this.#commit({ batches: [{ batch, outcomes: [] }], calls: [] });
  }

  /** Gives a batch that was not tried back as it was, at once. Not reported: no text changed. */
  async release(batch: LoadedBatch): Promise<void> {
    await this.#handBack(batch);
  }

  /** Gives a batch back in parts, so that the text that harms ends alone and its neighbours are translated. Not reported. */
  async split(batch: LoadedBatch, partItems: number): Promise<void> {
    await this.#handBack(batch, partItems);
  }

  /** Sends all texts of a batch that was not tried to the dead letters, for one reason. */
  async bury(batch: LoadedBatch, reason: TransHubError): Promise<void> {
    const error = entryOf(reason);
    const outcomes = batch.items.map((): WorkOutcome => ({ kind: "failed", error }));
    const changed = await this.#commit({ batches: [{ batch, outcomes }], calls: [] });
    this.#report({ batch, outcomes, elapsedMs: 0 }, changed);
  }

  /** Buries the texts whose own requests have expired, apart from their neighbours. Gives the batch without them. */
  async withoutExpired(batch: LoadedBatch, reason: TransHubError): Promise<LoadedBatch> {
    const { pool, patience } = this.#options;
    const error = entryOf(reason);
    const burial = new Uncertainty();
    const buried = await patience.keepTrying(() => burial.watch(() => buryExpiredTexts(pool, batch, error)));
    // Loaded and not subtracted: of a burial that was repeated because its answer was lost, the repetition finds none.
    const loaded = await patience.keepTrying(() => loadBatchesById(pool, [batch.id]));
    const left = loaded.get(batch.id) ?? { ...batch, items: [] };
    const ended = burial.isUncertain ? missing(batch, left) : buried;
    const outcomes = ended.map((): WorkOutcome => ({ kind: "failed", error }));
    this.#report({ batch: { ...batch, items: ended }, outcomes, elapsedMs: 0 }, "all");
    return left;
  }

  #report({ batch, outcomes, ...facts }: Settlement, changed: ChangedItems): void {
    const { voice } = this.#options;
    if (changed === "all") {
      voice.settled({ batch, outcomes, ...facts });
      return;
    }
    const isChanged = batch.items.map((item) => changed.has(item as LoadedItem));
    voice.settled({
      batch: { ...batch, items: batch.items.filter((_, at) => isChanged[at]) },
      outcomes: outcomes.filter((_, at) => isChanged[at]),
      ...facts,
    });
  }

  async #settleApartIfNeeded(batches: readonly SettledBatch[], calls: readonly BatchCall[]): Promise<Written> {
    try {
      return { changed: await this.#commit({ batches, calls }) };
    } catch (error) {
      const [first, ...others] = batches;
      if (first === undefined || !isBadData(error)) throw error;
      if (others.length === 0) return this.#withoutUnstorable(first.batch, calls, error as Error);
      // PostgreSQL refuses one of these texts, which the checks should have found. Alone it is known.
      const each = [await this.#settleApartIfNeeded([first], calls)];
      for (const other of others) each.push(await this.#settleApartIfNeeded([other], []));
      return together(batches, each);
    }
  }

  /** Splits a batch of which a text cannot be stored; buries the text once it is alone. Its calls were paid for and are booked. */
  async #withoutUnstorable(batch: LoadedBatch, calls: readonly BatchCall[], fault: Error): Promise<Written> {
    this.#options.onFault(fault);
    if (batch.items.length > 1) return this.#handBack(batch, 1, calls);
    const error = entryOf(new TranslationBlockedError("nul", "The database cannot store the translation"));
    const outcomes = batch.items.map((): WorkOutcome => ({ kind: "failed", error }));
    return { outcomes, changed: await this.#commit({ batches: [{ batch, outcomes }], calls }) };
  }

  async #handBack(batch: LoadedBatch, partItems?: number, calls: readonly BatchCall[] = []): Promise<Written> {
    const outcomes = batch.items.map((): WorkOutcome => ({ kind: "released" }));
    const settled = partItems === undefined ? { batch, outcomes } : { batch, outcomes, partItems };
    return { outcomes, changed: await this.#commit({ batches: [settled], calls }) };
  }

  async #commit(settling: Settling): Promise<ChangedItems> {
    const commit = new Uncertainty();
    const changed = await this.#options.patience.keepTrying(() =>
      commit.watch(async () => {
        const answer = await this.#settlements.add(settling);
        if ("error" in answer) throw answer.error;
        return answer.changed;
      }),
    );
    return commit.isUncertain ? "all" : changed;
  }

  async #commitTogether(settlings: Settling[]): Promise<Answer[]> {
    const { pool } = this.#options;
    try {
      const changed = await settleBatches(
        pool,
        settlings.flatMap(({ batches }) => batches),
        settlings.flatMap(({ calls }) => calls),
        this.#stored,
      );
      return settlings.map(() => ({ changed }));
    } catch (error) {
      if (settlings.length === 1 || !isBadData(error)) throw error;
    }
    // One of them is at fault: each for itself, so that only that one fails.
    return Promise.all(
      settlings.map(({ batches, calls }) =>
        settleBatches(pool, batches, calls, this.#stored).then(
          (changed) => ({ changed }),
          (error: unknown) => ({ error }),
        ),
      ),
    );
  }
}

/** Whether an act that is repeated may have been committed before: the answer to one of its tries was lost. */
class Uncertainty {
  isUncertain = false;

  async watch<Result>(act: () => Promise<Result>): Promise<Result> {
    try {
      return await act();
    } catch (error) {
      if (error instanceof DatabaseUnavailableError) this.isUncertain = true;
      throw error;
    }
  }
}

/** The results of batches that were settled one by one. */
function together(batches: readonly SettledBatch[], each: readonly Written[]): Written {
  const changed = new Set<LoadedItem>();
  const outcomes = batches.flatMap(({ batch, outcomes: decided }, at) => {
    const own = each[at];
    for (const item of batch.items) if (own?.changed === "all" || own?.changed.has(item)) changed.add(item);
    return own?.outcomes ?? decided;
  });
  return { outcomes, changed };
}

/** The expired texts of a batch that are no longer in it. */
function missing(batch: LoadedBatch, left: LoadedBatch): LoadedItem[] {
  const standing = new Set(left.items.map(({ key, revision }) => JSON.stringify([key, revision])));
  return batch.items.filter(
    ({ isExpired, key, revision }) => isExpired && !standing.has(JSON.stringify([key, revision])),
  );
}

function entryOf({ code, message }: TransHubError): AttemptError {
  return { at: new Date().toISOString(), engine: null, code, message };
}

/** Classes of PostgreSQL errors that say that a value cannot be stored. */
function isBadData(error: unknown): boolean {
  return /^(22|23|54)/.test(errorCode(error) ?? "");
}
