/**
 * The voice of the store: the one place that reports a change to stored texts, once, after its commit.
 *
 *     commit of a settlement ─▶ WorkVoice.settled ─┬▶ summary of the work, and its limit
 *                                                  ├▶ WorkObserver.settled: log, metrics, consumers
 *                                                  └▶ Voice ─▶ ChangeListener
 *     commit of register, approve, cancel, forget, collect, replay, purge ─▶ Voice ─▶ ChangeListener
 *
 * A listener hears of this process's commits only, and a crash between a commit and its report loses the report. The feed of
 * events loses none: the transaction itself writes it (docs/adr/0026-one-gate-out.md, 0053). Nothing is gathered while there is
 * no listener.
 */
import type { RegisterItem } from "../../contract/item.ts";
import type { TranslationKey } from "../../contract/translation.ts";
import type { Settlement, WorkObserver, WorkOutcome } from "../../contract/work.ts";

export type ChangeKind =
  /** Rows were made, put back to work by `force`, or stored as they are because nothing in them is to translate. */
  | "registered"
  /** An engine's text was stored, perhaps in the place of an older one. */
  | "stored"
  /** Past the last attempt: a dead letter was written. */
  | "failed"
  | "approved"
  /** A person sent a text back to work, took an approval back, or took an act back. */
  | "rejected"
  | "reopened"
  | "undone"
  /** Taken back before it was translated. */
  | "cancelled"
  | "forgotten"
  | "collected"
  /** A dead letter was put back to work. */
  | "replayed"
  /** A dead letter was removed. */
  | "purged";

/** One kind of change to texts, as one commit, or one call of several commits, made it. */
export interface TextChange {
  kind: ChangeKind;
  /** Undefined: of any project. */
  project: string | undefined;
  /** Undefined: of any locale. */
  targetLocale: string | undefined;
  /** Rows; of `forgotten`, texts. */
  count: number;
  /** The rows, where the statement that changed them says which; undefined elsewhere. */
  keys?: readonly TranslationKey[];
}

/** Hears of changes; must not throw. */
export type ChangeListener = (change: TextChange) => void;

export class Voice {
  readonly #listener: ChangeListener | undefined;

  /** @param listener Default: none, which costs nothing. */
  constructor(listener?: ChangeListener) {
    this.#listener = listener;
  }

  /** Reports a committed change. A change of no rows is none. */
  changed(change: TextChange): void {
    if (change.count > 0) this.#listener?.(change);
  }

  /** Reports a committed chunk of items; the second list has the rows that each item made or put back to work. */
  registered(items: readonly RegisterItem[], counts: readonly number[]): void {
    if (this.#listener === undefined) return;
    const byProject = new Map<string, number>();
    for (const [at, { project }] of items.entries()) {
      byProject.set(project, (byProject.get(project) ?? 0) + (counts[at] ?? 0));
    }
    for (const [project, count] of byProject) {
      this.changed({ kind: "registered", project, targetLocale: undefined, count });
    }
  }

  /** Reports the texts of a committed settlement that came to an end. */
  settled({ batch, outcomes }: Settlement): void {
    if (this.#listener === undefined) return;
    const { project, targetLocale } = batch;
    for (const [kind, end] of ENDS) {
      const keys = batch.items.filter((_, at) => outcomes[at]?.kind === end).map(({ key }) => key);
      this.changed({ kind, project, targetLocale, count: keys.length, keys });
    }
  }
}

const ENDS: readonly (readonly [ChangeKind, WorkOutcome["kind"]])[] = [
  ["stored", "translated"],
  ["failed", "failed"],
];

export interface WorkVoiceOptions {
  voice: Voice;
  observer: WorkObserver;
  /** Settled texts after which the work is enough. Default: any number. */
  limit?: number | undefined;
  /** Called when the limit is reached. */
  onEnough(): void;
}

/** The voice of one `work`. */
export class WorkVoice {
  readonly #options: WorkVoiceOptions;
  readonly #summary = { translated: 0, failed: 0 };

  constructor(options: WorkVoiceOptions) {
    this.#options = options;
  }

  /** Texts that came to an end so far. */
  get summary(): { translated: number; failed: number } {
    return { ...this.#summary };
  }

  /** How many more texts may come to an end before the limit. Infinity without one. */
  get remaining(): number {
    const { limit = Number.POSITIVE_INFINITY } = this.#options;
    return limit - this.#summary.translated - this.#summary.failed;
  }

  /** Reports a committed settlement. One that changed no row is none. */
  settled(settlement: Settlement): void {
    if (settlement.outcomes.length === 0) return;
    for (const { kind } of settlement.outcomes) {
      if (kind === "translated" || kind === "failed") this.#summary[kind] += 1;
    }
    const { voice, observer, onEnough } = this.#options;
    observer.settled?.(settlement);
    voice.settled(settlement);
    if (this.remaining <= 0) onEnough();
  }
}
