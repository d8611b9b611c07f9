/**
 * The expected content of the store, in its simplest form: the picture of a row's life in docs/architecture.md and the
 * uses of each text, without locks, batches or jobs. Every method is one step, and returns the result that its caller
 * should get.
 */

import type { StoredStatus } from "@trans-hub/core";
import { isVerbatim } from "@trans-hub/core/engine";
import type { ItemReceipt, WorkOutcome } from "@trans-hub/core/store";

/** One text of a request: into some locales, under one name. */
export interface Wish {
  project: string;
  /** Empty: none. */
  businessId: string;
  text: string;
  /** Canonical JSON. */
  context: string | null;
  locales: readonly string[];
  priority: -1 | 0 | 1;
  force: boolean;
}

/** Identifies a text: its words, its context and its project. */
export type TextName = Pick<Wish, "project" | "text" | "context">;
export type RowName = TextName & { locale: string };

/** A text in all its contexts, a business id, or a prefix of ids. */
export type ForgottenName = { text: string } | { businessId: string } | { businessIdPrefix: string };

interface Row extends RowName {
  status: StoredStatus;
  stored: string | null;
  engine: string | null;
  priority: number;
  /**
   * Number of increments of the revision since the row was made. The first revision itself is learnt from the store.
   */
  raised: number;
  firstRevision: number | undefined;
  /** Attempts made, their errors, and worker deaths charged to it: kept in the row's batch. */
  attempt: number;
  errors: readonly string[];
  crashes: number;
  /** An open dead letter. */
  letter: { kept: boolean; errors: readonly string[] } | undefined;
}

/** A use of a text. `isAged`: longer ago than the long retention. */
type Use = TextName & { businessId: string; isAged: boolean; at: number };

/** A text held by a worker. */
export interface InHand {
  name: RowName;
  revision: number;
  /** The batch's attempt when it was loaded. */
  attempt: number;
  crashes: number;
  errors: readonly string[];
  outcome: WorkOutcome;
}

/** The rows that an effect skips because concurrent steps hold them. */
export interface Left {
  /** The name is a text's for a collection, a row's for a cancellation. */
  isLeft(name: string): boolean;
  /** Its start: uses noted since then are young. */
  since: number;
}

/** The state of the store as seen from outside, in a fixed order. */
export interface Picture {
  rows: (RowName & Pick<Row, "status" | "stored" | "engine" | "priority"> & { letters: Row["letter"][] })[];
  uses: (TextName & { businessId: string })[];
  calls: number;
}

export class Model {
  #rows = new Map<string, Row>();
  #uses = new Map<string, Use>();
  /** Counts the uses noted. */
  #now = 0;
  /** Engine calls recorded in `usage`. */
  #calls = new Set<string>();
  /** Requested inside a transaction, and not registered yet. */
  #inbox: Wish[] = [];
  /** The highest revision that a row of this name ever had, in all its lives. */
  #highest = new Map<string, number>();

  copy(): Model {
    const copy = new Model();
    copy.#rows = structuredClone(this.#rows);
    copy.#uses = structuredClone(this.#uses);
    copy.#calls = new Set(this.#calls);
    copy.#inbox = [...this.#inbox];
    copy.#highest = new Map(this.#highest);
    copy.#now = this.#now;
    return copy;
  }

  // --- Requests ---

  register(wishes: readonly Wish[], engine?: string): ItemReceipt[] {
    for (const wish of wishes) this.#use(wish);
    const pairs = wishes.flatMap((wish, item) => wish.locales.map((locale) => ({ item, wish, locale })));
    const made = new Set<string>();
    for (const [id, same] of Map.groupBy(pairs, ({ wish, locale }) => idOf({ ...wish, locale }))) {
      const [first] = same;
      if (first === undefined) continue;
      const priority = Math.min(...same.map(({ wish }) => wish.priority));
      const isForced = same.some(({ wish }) => wish.force);
      if (this.#registerRow(id, { ...first.wish, locale: first.locale }, { priority, isForced, engine })) made.add(id);
    }
    const told = new Set<string>();
    return wishes.map((wish) => {
      const receipt = { registered: 0, existing: 0, queued: 0, failed: 0 };
      for (const locale of wish.locales) {
        const id = idOf({ ...wish, locale });
        if (made.has(id) && !told.has(id)) receipt.registered += 1;
        else receipt.existing += 1;
        if (!made.has(id) && this.#rows.get(id)?.status === "failed") receipt.failed += 1;
        told.add(id);
      }
      return receipt;
    });
  }

  /** Returns whether the row was made or put back to work. */
  #registerRow(
    id: string,
    name: RowName,
    { priority, isForced, engine }: { priority: number; isForced: boolean; engine: string | undefined },
  ): boolean {
    const row = this.#rows.get(id);
    const isAsItIs = isVerbatim(name.text);
    if (row === undefined) {
      this.#rows.set(id, {
        ...{ project: name.project, text: name.text, context: name.context, locale: name.locale, priority },
        status: isAsItIs ? "translated" : "pending",
        stored: isAsItIs ? name.text : null,
        engine: isAsItIs ? "none" : null,
        ...{ raised: 0, firstRevision: undefined, attempt: 0, errors: [], crashes: 0, letter: undefined },
      });
      return true;
    }
    if (isAsItIs) return false;
    const isStandIn =
      row.status === "translated" && row.engine === "pseudo" && engine !== undefined && engine !== "pseudo";
    const isWantedAgain = isStandIn || (isForced && (row.status === "translated" || row.status === "failed"));
    const isWantedSooner = row.status === "pending" && priority < row.priority;
    if (isWantedAgain || isWantedSooner) putToWork(row, priority);
    return isWantedAgain;
  }

  enqueue(wishes: readonly Wish[]): void {
    this.#inbox.push(...wishes);
  }

  registerInbox(): void {
    const wishes = this.#inbox.splice(0);
    if (wishes.length > 0) this.register(wishes);
  }

  /** Reading by the text notes a use of it, if the project uses the text at all. */
  read(name: TextName): void {
    if (this.#usesOf(name).length > 0) this.#use({ ...name, businessId: "" });
  }

  #use({ project, businessId, text, context }: TextName & { businessId: string }): void {
    const use = { project, businessId, text, context, isAged: false, at: this.#now };
    this.#now += 1;
    const id = idOf({ ...use, locale: businessId });
    this.#uses.set(id, use);
  }

  /** Makes the uses of a text old. */
  age(project: string, text: string): void {
    for (const use of this.#uses.values()) if (use.project === project && use.text === text) use.isAged = true;
  }

  // --- Work ---

  /** Changes rows that are still pending at the loaded revision, and nothing else. */
  settle(inHand: readonly InHand[], calls: readonly string[]): void {
    for (const call of calls) this.#calls.add(call);
    for (const { name, revision, attempt, crashes, errors, outcome } of inHand) {
      const row = this.#rows.get(idOf(name));
      if (row === undefined || row.status !== "pending" || revisionOf(row) !== revision) continue;
      if (outcome.kind === "translated") {
        row.status = "translated";
        row.stored = outcome.text;
        row.engine = outcome.engine;
      } else if (outcome.kind === "failed") {
        const kept = row.stored !== null;
        row.status = kept ? "translated" : "failed";
        row.letter = { kept, errors: [...errors, outcome.error.message] };
      } else {
        row.raised += 1;
        row.crashes = crashes;
        row.attempt = attempt + (outcome.kind === "retry" ? 1 : 0);
        row.errors = outcome.kind === "retry" ? [...errors, outcome.error.message] : errors;
      }
    }
  }

  /** A worker died while it held these. */
  crash(inHand: readonly Pick<InHand, "name" | "revision">[]): void {
    for (const { name, revision } of inHand) {
      const row = this.#rows.get(idOf(name));
      if (row?.status === "pending" && revisionOf(row) === revision) row.crashes += 1;
    }
  }

  /** The expected result of loading a text; undefined: there is nothing to load. */
  toLoad(name: RowName): Pick<InHand, "revision" | "attempt" | "crashes" | "errors"> | undefined {
    const row = this.#rows.get(idOf(name));
    if (row?.status !== "pending") return undefined;
    const { attempt, crashes, errors } = row;
    return { revision: revisionOf(row) ?? Number.NaN, attempt, crashes, errors };
  }

  // --- People ---

  /** Returns the code of the expected error, if any. */
  approve(name: RowName, text: string | undefined, revision: number | undefined): string | undefined {
    const row = this.#rows.get(idOf(name));
    if (row === undefined) return "TH_NOT_FOUND";
    if (revision !== undefined && revision !== revisionOf(row)) return "TH_REVISION_CHANGED";
    if (text === undefined && row.stored === null) return "TH_NOT_FOUND";
    row.status = "approved";
    row.raised += 1;
    row.letter = undefined;
    if (text !== undefined) {
      row.stored = text;
      row.engine = "human";
    }
    return undefined;
  }

  replay(locale: string | undefined): number {
    const again = this.#rowsWith(locale).filter(({ letter }) => letter !== undefined);
    for (const row of again) putToWork(row, row.priority);
    return again.length;
  }

  purge(locale: string | undefined): number {
    const purged = this.#rowsWith(locale).filter(({ letter }) => letter !== undefined);
    for (const row of purged) {
      row.letter = undefined;
      if (row.status === "failed") this.#rows.delete(idOf(row));
    }
    return purged.length;
  }

  #rowsWith(locale: string | undefined): Row[] {
    return [...this.#rows.values()].filter((row) => locale === undefined || row.locale === locale);
  }

  cancel(
    project: string,
    locale: string | undefined,
    prefix: string | undefined,
    { isLeft }: Pick<Left, "isLeft"> = { isLeft: () => false },
  ): number {
    this.registerInbox();
    const cancelled = this.#rowsWith(locale).filter((row) => {
      if (row.project !== project || row.status !== "pending" || isLeft(idOf(row))) return false;
      const ids = this.#usesOf(row).flatMap(({ businessId }) => (businessId === "" ? [] : [businessId]));
      return prefix === undefined || (ids.length > 0 && ids.every((id) => id.startsWith(prefix)));
    });
    for (const row of cancelled) {
      if (row.stored === null) this.#rows.delete(idOf(row));
      else {
        row.status = "translated";
        row.raised += 1;
      }
    }
    return cancelled.length;
  }

  forget(project: string, by: ForgottenName): { forgotten: number; stillUsed: number } {
    const isMeant = (use: Pick<Use, "project" | "text"> & { businessId?: string }) => {
      if (use.project !== project) return false;
      if ("text" in by) return use.text === by.text;
      if ("businessId" in by) return use.businessId === by.businessId;
      return use.businessId?.startsWith(by.businessIdPrefix) ?? false;
    };
    const waiting = this.#inbox.length;
    this.#inbox = this.#inbox.filter((wish) => !isMeant(wish));
    const named = new Map<string, TextName>();
    for (const [id, use] of this.#uses) {
      if (!isMeant(use)) continue;
      named.set(idOf({ ...use, locale: "" }), use);
      this.#uses.delete(id);
    }
    if ("text" in by) {
      for (const row of this.#rows.values()) if (isMeant(row)) named.set(idOf({ ...row, locale: "" }), row);
    }
    const gone = [...named.values()].filter((name) => this.#usesOf(name).every(({ businessId }) => businessId === ""));
    for (const name of gone) {
      for (const [id, use] of this.#uses) if (isSameText(use, name)) this.#uses.delete(id);
      for (const [id, row] of this.#rows) if (isSameText(row, name)) this.#rows.delete(id);
    }
    const texts = new Set([...named.values()].map(({ text }) => text));
    return {
      forgotten: gone.length + waiting - this.#inbox.length,
      stillUsed: [...texts].filter((text) => this.#isThere(text)).length,
    };
  }

  collect(
    { isLong, includeApproved, project }: { isLong: boolean; includeApproved: boolean; project: string | undefined },
    { isLeft, since }: Left = { isLeft: () => false, since: this.#now },
  ): { sources: number; translations: number; contents: number } {
    const isMeant = (its: TextName) => (project === undefined || its.project === project) && !isLeft(its.text);
    const texts = new Set([...this.#uses.values(), ...this.#rows.values()].map(({ text }) => text));
    let sources = 0;
    for (const [id, use] of this.#uses) {
      if (!isMeant(use) || (isLong && !use.isAged) || use.at >= since) continue;
      this.#uses.delete(id);
      sources += 1;
    }
    let translations = 0;
    for (const [id, row] of this.#rows) {
      if (!isMeant(row) || (row.status === "approved" && !includeApproved) || this.#usesOf(row).length > 0) continue;
      this.#rows.delete(id);
      translations += 1;
    }
    return { sources, translations, contents: [...texts].filter((text) => !this.#isThere(text)).length };
  }

  get now(): number {
    return this.#now;
  }

  /** Ids of a project's waiting rows. */
  pendingOf(project: string): string[] {
    return [...this.#rows.values()].filter((row) => row.project === project && row.status === "pending").map(idOf);
  }

  #usesOf(name: TextName): Use[] {
    return [...this.#uses.values()].filter((use) => isSameText(use, name));
  }

  /** Whether the text has a use or a translation. */
  #isThere(text: string): boolean {
    return [...this.#uses.values(), ...this.#rows.values()].some((its) => its.text === text);
  }

  // --- Looking ---

  get picture(): Picture {
    return {
      rows: [...this.#rows.values()].map(
        ({ project, text, context, locale, status, stored, engine, priority, letter }) => ({
          ...{ project, text, context, locale, status, stored, engine, priority },
          letters: letter === undefined ? [] : [letter],
        }),
      ),
      uses: [...this.#uses.values()].map(({ project, businessId, text, context }) => ({
        project,
        businessId,
        text,
        context,
      })),
      calls: this.#calls.size,
    };
  }

  /**
   * Compares the revisions, and learns those of new rows. Returns the violations: a revision that was not raised
   * correctly, or one that a row of this name had in an earlier life, when a worker may still hold it.
   */
  learnRevisions(seen: readonly (RowName & { revision: number })[]): string[] {
    const wrong: string[] = [];
    for (const { revision, ...name } of seen) {
      const id = idOf(name);
      const row = this.#rows.get(id);
      if (row === undefined) continue;
      if (row.firstRevision === undefined) {
        row.firstRevision = revision - row.raised;
        const highest = this.#highest.get(id);
        if (process.env.UNIQ && highest !== undefined && row.firstRevision <= highest) {
          wrong.push(`${id} was made anew at ${row.firstRevision}, and had been at ${highest} before`);
        }
      }
      const expected = revisionOf(row);
      if (revision !== expected) wrong.push(`${id} is at revision ${revision} instead of ${expected}`);
      this.#highest.set(id, Math.max(revision, this.#highest.get(id) ?? 0));
    }
    return wrong;
  }

  /** Every row, for steps that choose one. */
  get names(): (RowName & { revision: number | undefined })[] {
    return [...this.#rows.values()].map((row) => ({ ...nameOf(row), revision: revisionOf(row) }));
  }

  get hasInbox(): boolean {
    return this.#inbox.length > 0;
  }
}

function nameOf({ project, text, context, locale }: RowName): RowName {
  return { project, text, context, locale };
}

export function idOf({ project, text, context, locale }: RowName): string {
  return `${project}/${text}/${context}/${locale}`;
}

function isSameText(one: TextName, other: TextName): boolean {
  return one.project === other.project && one.text === other.text && one.context === other.context;
}

function revisionOf({ firstRevision, raised }: Row): number | undefined {
  return firstRevision === undefined ? undefined : firstRevision + raised;
}

/** Starts again from the first attempt; readers keep their text. */
function putToWork(row: Row, priority: number): void {
  row.status = "pending";
  row.raised += 1;
  row.priority = priority;
  row.attempt = 0;
  row.errors = [];
  row.crashes = 0;
  row.letter = undefined;
}
