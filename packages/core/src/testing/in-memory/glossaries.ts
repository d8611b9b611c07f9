/** The glossaries and styles of a store in memory, and the marks of translations that edits made stale. */
import type { TrustedText } from "../../contract/engine.ts";
import { RevisionChangedError } from "../../contract/errors.ts";
import type { Glossary, GlossaryEdit, GlossaryEdited, StaleFilter, StyleInput } from "../../contract/glossary.ts";
import { changesOf, checkGlossaryEdit, checkStyle, emptyGlossary } from "../../rules/glossary.ts";
import { type EditedTerm, isAbout, StaleTerms } from "../../rules/stale-terms.ts";
import { styleFor } from "../../rules/style.ts";
import type { Clock } from "./clock.ts";
import type { Row } from "./row.ts";
import type { InMemoryTables } from "./tables.ts";

interface Mark {
  readonly revision: number;
  readonly term: string;
  readonly since: Date;
}

/** As in PostgreSQL: a longer text does not go along. */
const LONGEST_ALSO_BYTES = 4_096;

export class InMemoryGlossaries {
  readonly #clock: Clock;
  readonly #tables: InMemoryTables;
  readonly #known = new Map<string, Glossary>();
  /** They go with their rows. */
  readonly #marks = new WeakMap<Row, Mark>();

  constructor(clock: Clock, tables: InMemoryTables) {
    this.#clock = clock;
    this.#tables = tables;
  }

  read(project: string): Glossary {
    return this.#known.get(project) ?? emptyGlossary(project);
  }

  edit(given: GlossaryEdit): GlossaryEdited {
    const edit = checkGlossaryEdit(given);
    const present = this.read(edit.project);
    if (edit.revision !== undefined && edit.revision !== present.revision) {
      throw new RevisionChangedError(edit.revision, present.revision, "glossary");
    }
    const { changes, terms } = changesOf(present.terms, edit, present.revision + 1, this.#now());
    const edited = {
      added: changes.filter(({ before }) => before === undefined).length,
      changed: changes.filter(({ before, after }) => before !== undefined && after !== undefined).length,
      removed: changes.filter(({ after }) => after === undefined).length,
    };
    if (changes.length === 0) return { revision: present.revision, ...edited };
    this.#known.set(edit.project, { ...present, revision: present.revision + 1, terms });
    this.#mark(
      edit.project,
      changes.flatMap(({ name, before, after, targetLocales }): EditedTerm[] =>
        targetLocales?.length === 0
          ? []
          : [before, after].flatMap((each) => (each === undefined ? [] : [{ ...each, ...name, targetLocales }])),
      ),
    );
    return { revision: present.revision + 1, ...edited };
  }

  setStyle(given: StyleInput): Glossary {
    const { project, ...style } = checkStyle(given);
    const present = this.read(project);
    const revision = present.revision + 1;
    const others = present.styles.filter(({ targetLocale }) => targetLocale !== style.targetLocale);
    const styles = [...others, { ...style, revision, at: this.#now() }];
    styles.sort((a, b) => ((a.targetLocale ?? "") < (b.targetLocale ?? "") ? -1 : 1));
    const glossary = { ...present, revision, styles };
    this.#known.set(project, glossary);
    return glossary;
  }

  removeStyle(project: string, targetLocale: string | null): boolean {
    const present = this.read(project);
    const styles = present.styles.filter((style) => style.targetLocale !== targetLocale);
    if (styles.length === present.styles.length) return false;
    this.#known.set(project, { ...present, revision: present.revision + 1, styles });
    return true;
  }

  /** The translation of a row's text into the second language of its project's style. */
  alsoOf(glossary: Glossary, { key }: Row): TrustedText | undefined {
    const { also: locale } = styleFor(glossary, key.targetLocale);
    const text = locale === undefined ? null : (this.#tables.row({ ...key, targetLocale: locale })?.text ?? null);
    if (locale === undefined || text === null || Buffer.byteLength(text) > LONGEST_ALSO_BYTES) return undefined;
    return { locale, text };
  }

  stale({ project, targetLocale }: StaleFilter): { row: Row; term: string; since: Date }[] {
    return [...this.#tables.rows.values()].flatMap((row) => {
      const mark = this.#marks.get(row);
      const isOfLane = row.key.project === project && row.key.targetLocale === targetLocale;
      return isOfLane && mark?.revision === row.revision ? [{ row, ...mark }] : [];
    });
  }

  /** Whether an edit made a row stale, and nobody has changed it since. */
  isStale(row: Row): boolean {
    return this.#marks.get(row)?.revision === row.revision;
  }

  #mark(project: string, edited: readonly EditedTerm[]): void {
    const terms = new StaleTerms(edited);
    const since = this.#now();
    for (const row of this.#tables.rows.values()) {
      if (row.key.project !== project || row.text === null || row.status === "pending") continue;
      const [found] = terms
        .in(row.content.text, row.content.sourceLocale)
        .filter((each) => isAbout(each, row.key.targetLocale));
      if (found !== undefined) this.#marks.set(row, { revision: row.revision, term: found.term, since });
    }
  }

  #now(): Date {
    return new Date(this.#clock.now());
  }
}
