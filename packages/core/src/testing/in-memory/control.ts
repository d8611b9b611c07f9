/** An operator's control over the work of a store in memory: pauses and cancellation. */
import type { CancelFilter, Pause, PauseTarget } from "../../contract/control.ts";
import { Pauses, pauseOf } from "../../rules/pauses.ts";
import { isHidden } from "./acts.ts";
import { type Row, rowId } from "./row.ts";
import type { InMemoryTables } from "./tables.ts";

/** The targets that are paused. */
export class InMemoryPauses {
  #paused: Pause[] = [];
  #current = new Pauses([]);

  /** The pauses in a worker's form. */
  get current(): Pauses {
    return this.#current;
  }

  /** Sorted. */
  list(): Pause[] {
    return [...this.#paused];
  }

  add(target: PauseTarget, since: Date): void {
    const { kind, name } = pauseOf(target);
    const isThere = this.#paused.some((pause) => pause.kind === kind && pause.name === name);
    if (!isThere) this.#set([...this.#paused, { kind, name, since }]);
  }

  remove(target: PauseTarget): void {
    const { kind, name } = pauseOf(target);
    this.#set(this.#paused.filter((pause) => kind !== "everything" && !(pause.kind === kind && pause.name === name)));
  }

  #set(paused: Pause[]): void {
    this.#paused = paused.toSorted((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));
    this.#current = new Pauses(paused);
  }
}

function keyOf({ kind, name }: Pause): string {
  return `${kind}/${name}`;
}

/** Cancels waiting work. Returns the number of rows. */
export function cancelRows(
  tables: InMemoryTables,
  { project, targetLocale, businessIdPrefix: prefix }: CancelFilter,
): number {
  const isMeant = ({ key, content, status }: Row) => {
    if (status !== "pending" || key.project !== project) return false;
    if (targetLocale !== undefined && key.targetLocale !== targetLocale) return false;
    const ids = tables.uses.businessIds({ project, contentNo: content.no, contextNo: key.contextNo });
    return prefix === undefined || (ids.length > 0 && ids.every((id) => id.startsWith(prefix)));
  };
  const cancelled = [...tables.rows.values()].filter(isMeant);
  const hidden = cancelled.filter(isHidden);
  for (const row of cancelled) {
    row.revision += 1;
    if (row.text !== null) row.status = "translated";
    else if (hidden.includes(row)) buryHidden(tables, row);
    else tables.rows.delete(rowId(row.key));
  }
  tables.feed.write(
    "cancelled",
    cancelled.filter((row) => !hidden.includes(row)).map(({ key, revision }) => ({ key, revision })),
  );
  tables.feed.write("failed", hidden);
  return cancelled.length;
}

/** A cancelled try of a text that a person hid: the row fails, and goes on hiding it. */
function buryHidden({ letters, clock }: InMemoryTables, row: Row): void {
  const now = new Date(clock.now());
  row.status = "failed";
  const message = "A reviewer rejected the text and hid it, and its new try was cancelled";
  letters.write(row, [], { at: now.toISOString(), engine: null, code: "TH_CANCELLED", message }, now, undefined);
}
