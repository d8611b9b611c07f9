/** The present pauses, in the form that a worker needs. */
import type { Pause, PauseTarget } from "../contract/control.ts";

export class Pauses {
  readonly #keys: ReadonlySet<string>;

  constructor(pauses: readonly Pick<Pause, "kind" | "name">[]) {
    this.#keys = new Set(pauses.map(({ kind, name }) => keyOf(kind, name)));
  }

  /** Whether work of a project into a locale must wait. */
  holdsLane(project: string, targetLocale: string): boolean {
    return this.#has("everything", null) || this.#has("project", project) || this.#has("locale", targetLocale);
  }

  holdsEngine(name: string): boolean {
    return this.#has("engine", name);
  }

  #has(kind: Pause["kind"], name: string | null): boolean {
    return this.#keys.size > 0 && this.#keys.has(keyOf(kind, name));
  }
}

export const NO_PAUSES = new Pauses([]);

/** A target in its stored form. */
export function pauseOf(target: PauseTarget): Pick<Pause, "kind" | "name"> {
  if (target.engine !== undefined) return { kind: "engine", name: target.engine };
  if (target.project !== undefined) return { kind: "project", name: target.project };
  if (target.targetLocale !== undefined) return { kind: "locale", name: target.targetLocale };
  return { kind: "everything", name: null };
}

function keyOf(kind: Pause["kind"], name: string | null): string {
  return `${kind}\0${name ?? ""}`;
}
