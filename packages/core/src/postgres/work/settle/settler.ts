/**
 * Brings what was decided about batches into the database, and does not give in early.
 *
 *     outcomes ─▶ cut back to batches ─▶ one commit with others' ─▶ settled
 *                                              │ the database takes no such data
 *                                              └▶ each settlement, batch, text for itself: the one at fault ends alone
 *
 * Settlements made at the same time share a commit. What the database refuses for the moment is repeated (`Patience`).
 */
import { Coalescer } from "../../../async/coalescer.ts";
import type { AttemptError } from "../../../contract/dead-letter.ts";
import {
  RequestExpiredError,
  type TransHubError,
  TranslationBlockedError,
  WorkerCrashedError,
} from "../../../contract/errors.ts";
import type { EngineCall, WorkObserver, WorkOutcome, WorkResult } from "../../../contract/work.ts";
import { errorCode } from "../../database/database-error.ts";
import type { ConnectionPool } from "../../database/pool.ts";
import {
  buryExpiredTexts,
  cutResult,
  type LoadedBatch,
  loadBatchesById,
  type SettledBatch,
  settleBatches,
} from "../batch-store.ts";
import type { Patience } from "./patience.ts";

type Settling = { batches: SettledBatch[]; calls: (EngineCall & { batch: LoadedBatch })[] };

export interface SettlerOptions {
  pool: ConnectionPool;
  patience: Patience;
  observer: WorkObserver;
}

export class Settler {
  readonly #options: SettlerOptions;
  /** Gives for each settlement undefined, or its own error. */
  readonly #settlements: Coalescer<Settling, unknown>;

  constructor(options: SettlerOptions) {
    this.#options = options;
    this.#settlements = new Coalescer({
      run: (settlings) => this.#commitTogether(settlings),
      maxWeight: 40,
      weigh: ({ batches }) => batches.length,
    });
  }

  /** Settles what became of batches that were translated together. A text that cannot be stored ends alone. */
  async settle(batches: readonly LoadedBatch[], result: WorkResult): Promise<void> {
    const [first] = batches;
    if (first === undefined) return;
    const calls = result.calls.map((call) => ({ ...call, batch: first }));
    await this.#settleApartIfNeeded(cutResult(batches, result), calls);
  }

  /** Removes a batch with nothing left to do. */
  remove(batch: LoadedBatch): Promise<void> {
    return this.#settleAll(batch, []);
  }

  /** Gives a batch back as it was, at once. */
  release(batch: LoadedBatch): Promise<void> {
    return this.#settleAll(
      batch,
      batch.items.map(() => ({ kind: "released" })),
    );
  }

  /** Has the texts of a batch tried in parts: the one that harms ends alone, its neighbours are translated. */
  async split(batch: LoadedBatch, partItems: number): Promise<void> {
    const outcomes = batch.items.map(() => ({ kind: "released" as const }));
    const { pool, patience } = this.#options;
    await patience.keepTrying(() => settleBatches(pool, [{ batch, outcomes, partItems }], []));
  }

  async buryExpired(batch: LoadedBatch): Promise<void> {
    const outcomes = failures(batch, new RequestExpiredError("The request waited longer than requests may live"));
    await this.#settleAll(batch, outcomes);
    this.#options.observer.settled?.({ batch, outcomes, elapsedMs: 0 });
  }

  /** Buries texts whose own requests have expired, apart from their neighbours. Gives the batch without them. */
  async withoutExpired(batch: LoadedBatch): Promise<LoadedBatch> {
    const { pool, patience, observer } = this.#options;
    const error = entryOf(new RequestExpiredError("The request had expired when its turn came"));
    const buried = await patience.keepTrying(() => buryExpiredTexts(pool, batch, error));
    const outcomes = buried.map((): WorkOutcome => ({ kind: "failed", error }));
    if (buried.length > 0) observer.settled?.({ batch: { ...batch, items: buried }, outcomes, elapsedMs: 0 });
    // Asked and not subtracted: of a burial that was tried twice, because its answer was lost, the second finds none.
    const left = await patience.keepTrying(() => loadBatchesById(pool, [batch.id]));
    return left.get(batch.id) ?? { ...batch, items: [] };
  }

  buryDeadly(batch: LoadedBatch): Promise<void> {
    const error = new WorkerCrashedError(`Every worker that tried this text died (${batch.crashes} times)`);
    return this.#settleAll(batch, failures(batch, error));
  }

  #buryUnstorable(batch: LoadedBatch): Promise<void> {
    const error = new TranslationBlockedError("nul", "The database cannot store the translation");
    return this.#settleAll(batch, failures(batch, error));
  }

  async #settleAll(batch: LoadedBatch, outcomes: WorkOutcome[]): Promise<void> {
    await this.#commit({ batches: [{ batch, outcomes }], calls: [] });
  }

  async #settleApartIfNeeded(settled: SettledBatch[], calls: Settling["calls"]): Promise<void> {
    try {
      await this.#commit({ batches: settled, calls });
    } catch (error) {
      const [first, ...others] = settled;
      if (first === undefined || !isBadData(error)) throw error;
      // PostgreSQL takes one of these texts for impossible. The checks should have seen it; alone it is found.
      if (others.length > 0) {
        await this.#settleApartIfNeeded([first], calls);
        for (const other of others) await this.#settleApartIfNeeded([other], []);
        return;
      }
      this.#options.observer.fault?.(error as Error);
      await (first.batch.items.length > 1 ? this.split(first.batch, 1) : this.#buryUnstorable(first.batch));
    }
  }

  #commit(settling: Settling): Promise<void> {
    return this.#options.patience.keepTrying(async () => {
      const error = await this.#settlements.add(settling);
      if (error !== undefined) throw error;
    });
  }

  async #commitTogether(settlings: Settling[]): Promise<unknown[]> {
    const { pool } = this.#options;
    try {
      await settleBatches(
        pool,
        settlings.flatMap(({ batches }) => batches),
        settlings.flatMap(({ calls }) => calls),
      );
      return settlings.map(() => undefined);
    } catch (error) {
      if (settlings.length === 1 || !isBadData(error)) throw error;
    }
    // One of them is at fault: each for itself. Whoever fails fails alone.
    return Promise.all(
      settlings.map(({ batches, calls }) => settleBatches(pool, batches, calls).catch((error) => error)),
    );
  }
}

/** Every text of a batch to the dead letters, for the same reason. */
function failures(batch: LoadedBatch, fault: TransHubError): WorkOutcome[] {
  const error = entryOf(fault);
  return batch.items.map(() => ({ kind: "failed", error }));
}

function entryOf({ code, message }: TransHubError): AttemptError {
  return { at: new Date().toISOString(), engine: null, code, message };
}

function isBadData(error: unknown): boolean {
  return /^(22|23|54)/.test(errorCode(error) ?? "");
}
