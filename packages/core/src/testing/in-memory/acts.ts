/** The acts of people on the rows of a store in memory, and their history. */
import {
  InvalidItemError,
  NotApprovedError,
  NothingToUndoError,
  RevisionChangedError,
  TransHubError,
  TranslationNotFoundError,
} from "../../contract/errors.ts";
import type { EventKind } from "../../contract/event.ts";
import {
  type HistoryAction,
  type HistoryEntry,
  MAX_REVIEW_ACTS,
  NOT_FOUND_HINT,
  type ReviewAct,
  type ReviewKind,
} from "../../contract/review.ts";
import { assertWithinSize } from "../../rules/within-size.ts";
import type { Act, Row, RowState } from "./row.ts";
import type { InMemoryTables } from "./tables.ts";

const EVENTS: Readonly<Record<ReviewKind, EventKind>> = {
  approve: "approved",
  reject: "rejected",
  reopen: "reopened",
  undo: "undone",
};

/** Takes acts in their order. Gives the row of each, or the error by which it cannot be taken. */
export function takeActs(tables: InMemoryTables, acts: readonly ReviewAct[]): (Row | TransHubError)[] {
  if (acts.length > MAX_REVIEW_ACTS) {
    throw new InvalidItemError("TH_ITEM_SHAPE", "acts", `must be at most ${MAX_REVIEW_ACTS}`);
  }
  const last = new Map<Row, ReviewKind>();
  const taken = acts.map((act) => {
    try {
      const row = takeAct(tables, act);
      last.set(row, act.kind);
      return row;
    } catch (error) {
      if (error instanceof TransHubError) return error;
      throw error;
    }
  });
  for (const kind of ["approve", "reject", "reopen", "undo"] as const) {
    const told = [...last].flatMap(([row, lastKind]) => (lastKind === kind ? row : []));
    tables.feed.write(EVENTS[kind], told);
  }
  return taken;
}

/**
 * Takes one act of a person.
 *
 * @throws {TransHubError} It cannot be taken, and nothing is changed.
 */
function takeAct(tables: InMemoryTables, act: ReviewAct): Row {
  const { kind, reference, text, note, by, hide = false } = act;
  assertWithinSize(text);
  const row = tables.rowOf(reference);
  if (row === undefined) {
    throw new TranslationNotFoundError("There is no such translation to review", { hint: NOT_FOUND_HINT });
  }
  const undone = kind === "undo" ? actToUndo(row) : undefined;
  requirePossible(row, act, undone);
  const noted = beginAct(tables, row);
  tables.supersede(row);
  row.expiresAt = Number.POSITIVE_INFINITY;
  if (kind === "approve") {
    Object.assign(row, { status: "approved", approvedBy: by ?? null, flags: [] });
    if (text !== undefined) Object.assign(row, { text, engine: "human", model: null });
  } else if (kind === "reject") {
    Object.assign(row, { status: "pending", approvedBy: null });
    if (hide) Object.assign(row, { text: null, engine: null, model: null, flags: [] });
  } else if (kind === "reopen") {
    Object.assign(row, { status: "translated", approvedBy: null });
  } else if (undone !== undefined) {
    Object.assign(row, undone.before);
    if (undone.letter !== undefined) tables.letters.reopen(undone.letter);
  }
  noted.end({
    action: kind === "approve" && text !== undefined ? "edit" : kind,
    by,
    note,
    undoes: undone?.actId ?? null,
  });
  if (row.status === "pending") {
    row.priority = -1;
    tables.batches.enqueue([row]);
  }
  tables.memory.sync(row);
  return row;
}

function requirePossible(row: Row, { kind, revision, text }: ReviewAct, undone: Act | undefined): void {
  if (revision !== undefined && revision !== row.revision) throw new RevisionChangedError(revision, row.revision);
  if (row.text === null && (kind === "reject" || (kind === "approve" && text === undefined))) {
    throw new TranslationNotFoundError(`The translation has no text yet to ${kind}`, {
      hint: kind === "approve" ? "Wait until it is translated, or give the text." : "Wait until it is translated.",
    });
  }
  if (kind === "reopen" && row.status !== "approved") throw new NotApprovedError();
  if (kind !== "undo") return;
  if (undone === undefined) throw new NothingToUndoError();
  const left = Math.max(...row.acts.filter(({ action }) => action !== "replace").map((act) => act.revisionAfter));
  if (revision === undefined && left !== row.revision) throw new RevisionChangedError(undefined, row.revision);
}

/** The latest act of a person that is not undone, and is no undo. */
function actToUndo({ acts }: Row): Act | undefined {
  return standing(acts).findLast(({ action }) => action !== "replace");
}

/** The entries of a history that no undo has taken back, without the undos. */
function standing(acts: readonly Act[]): Act[] {
  const undone = new Set(acts.map(({ undoes }) => undoes));
  return acts.filter(({ actId, action }) => action !== "undo" && !undone.has(actId));
}

/** The note of the reviewer who rejected the text of a row; empty: without one. Undefined: it was not rejected. */
export function reviewNoteOf({ acts }: Row): string | undefined {
  const last = standing(acts).at(-1);
  return last?.action === "reject" ? (last.note ?? "") : undefined;
}

/** Whether a person rejected the text of a row without a text, and hid it. */
export function isHidden({ acts, text }: Row): boolean {
  return text === null && standing(acts).some(({ action, textAfter }) => action === "reject" && textAfter === null);
}

/** The history of a row, latest entry first. */
export function historyOf({ acts }: Row): HistoryEntry[] {
  return acts
    .map(({ before: _before, letter: _letter, ...entry }) => ({
      ...entry,
      undoneBy: acts.find(({ undoes }) => undoes === entry.actId)?.actId ?? null,
    }))
    .toReversed();
}

interface ActEnd {
  action: HistoryAction;
  by?: string | undefined;
  note?: string | undefined;
  undoes?: string | null;
}

/** Remembers a row as it is; `end` writes the entry of its history, once it is changed. */
export function beginAct(tables: InMemoryTables, row: Row): { end(act: ActEnd): void } {
  const { revision: revisionBefore } = row;
  const before: RowState = stateOf(row);
  const letter = tables.letters.about(row);
  return {
    end({ action, by, note, undoes = null }) {
      row.acts.push({
        actId: String(tables.nextNo()),
        at: new Date(tables.clock.now()),
        action,
        by: by ?? null,
        note: note ?? null,
        revisionBefore,
        revisionAfter: row.revision,
        statusBefore: before.status,
        statusAfter: row.status,
        textBefore: before.text,
        textAfter: row.text,
        engine: row.engine,
        model: row.model,
        undoes,
        before,
        letter,
      });
    },
  };
}

function stateOf({ status, text, engine, model, flags, approvedBy }: Row): RowState {
  return { status, text, engine, model, flags, approvedBy };
}
