/** The uses of texts: the tables `source` and `hint` of a store in memory. */
import type { Hint } from "../../contract/hint.ts";
import { readHint } from "../../rules/hint.ts";

export interface Use {
  readonly project: string;
  /** Empty: a use by the text itself. */
  readonly businessId: string;
  readonly contentNo: number;
  readonly contextNo: number;
  readonly lastSeenAt: number;
  /** Orders uses that were seen within one millisecond. */
  readonly seen: number;
  /** The hint as JSON, and its place in the order of all hints. */
  readonly hint?: { readonly json: string; readonly said: number } | undefined;
}

export class InMemoryUses {
  /** By text and context, then by business id. */
  readonly #byText = new Map<string, Map<string, Use>>();
  /** By business id, then by text and context. */
  readonly #byName = new Map<string, Map<string, Use>>();
  #seen = 0;
  #said = 0;

  see(use: Omit<Use, "seen" | "hint">): void {
    this.#seen += 1;
    const { hint } = this.#byText.get(textKey(use))?.get(use.businessId) ?? {};
    this.#put({ ...use, seen: this.#seen, hint });
  }

  /** Notes the hint of a use that was seen. */
  say(name: Pick<Use, "project" | "businessId" | "contentNo" | "contextNo">, json: string): void {
    const use = this.#byText.get(textKey(name))?.get(name.businessId);
    if (use === undefined || use.hint?.json === json) return;
    this.#said += 1;
    this.#put({ ...use, hint: { json, said: this.#said } });
  }

  /** The hint of a text: what was said last by a use, and the least length of all. Undefined: there is none. */
  hintOf(text: Pick<Use, "project" | "contentNo" | "contextNo">): Hint | undefined {
    const hints = [...(this.#byText.get(textKey(text))?.values() ?? [])]
      .toSorted((one, other) => (other.hint?.said ?? 0) - (one.hint?.said ?? 0))
      .map(({ hint }) => readHint(hint?.json))
      .filter((hint) => hint !== undefined);
    const lengths = hints.map(({ maxLength }) => maxLength).filter((most) => most !== undefined);
    const [last] = hints;
    return last && { ...last, ...(lengths.length > 0 && { maxLength: Math.min(...lengths) }) };
  }

  #put(use: Use): void {
    inner(this.#byText, textKey(use)).set(use.businessId, use);
    inner(this.#byName, nameKey(use)).set(textKey(use), use);
  }

  isUsed(text: Pick<Use, "project" | "contentNo" | "contextNo">): boolean {
    return (this.#byText.get(textKey(text))?.size ?? 0) > 0;
  }

  /** The uses of a text by a project. */
  of(text: Pick<Use, "project" | "contentNo" | "contextNo">): Use[] {
    return [...(this.#byText.get(textKey(text))?.values() ?? [])];
  }

  /** The ids under which a project uses a text, sorted. */
  businessIds(text: Pick<Use, "project" | "contentNo" | "contextNo">): string[] {
    const ids = this.#byText.get(textKey(text))?.keys() ?? [];
    return [...ids].filter((id) => id !== "").sort();
  }

  /** The text last seen under an id. */
  lastOf(name: Pick<Use, "project" | "businessId">): Use | undefined {
    const uses = [...(this.#byName.get(nameKey(name))?.values() ?? [])];
    return uses.reduce<Use | undefined>(
      (last, use) => (last === undefined || use.seen > last.seen ? use : last),
      undefined,
    );
  }

  /** The texts that were seen under an id, the last one first. */
  seenUnder(name: Pick<Use, "project" | "businessId">): Use[] {
    return [...(this.#byName.get(nameKey(name))?.values() ?? [])].toSorted((one, other) => other.seen - one.seen);
  }

  all(): Use[] {
    return [...this.#byText.values()].flatMap((uses) => [...uses.values()]);
  }

  remove(use: Pick<Use, "project" | "businessId" | "contentNo" | "contextNo">): void {
    this.#byText.get(textKey(use))?.delete(use.businessId);
    this.#byName.get(nameKey(use))?.delete(textKey(use));
  }
}

function textKey({ project, contentNo, contextNo }: Pick<Use, "project" | "contentNo" | "contextNo">): string {
  return `${contentNo}/${contextNo}/${project}`;
}

function nameKey({ project, businessId }: Pick<Use, "project" | "businessId">): string {
  return `${project}\0${businessId}`;
}

function inner(map: Map<string, Map<string, Use>>, key: string): Map<string, Use> {
  const found = map.get(key) ?? new Map<string, Use>();
  map.set(key, found);
  return found;
}
