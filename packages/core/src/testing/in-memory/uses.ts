/** The uses of texts: the table `source` of a store in memory. */
export interface Use {
  readonly project: string;
  /** Empty: a use by the text itself. */
  readonly businessId: string;
  readonly contentNo: number;
  readonly contextNo: number;
  readonly lastSeenAt: number;
  /** Orders uses that were seen within one millisecond. */
  readonly seen: number;
}

export class InMemoryUses {
  /** By text and context, then by business id. */
  readonly #byText = new Map<string, Map<string, Use>>();
  /** By business id, then by text and context. */
  readonly #byName = new Map<string, Map<string, Use>>();
  #seen = 0;

  see(use: Omit<Use, "seen">): void {
    this.#seen += 1;
    const seen: Use = { ...use, seen: this.#seen };
    inner(this.#byText, textKey(use)).set(use.businessId, seen);
    inner(this.#byName, nameKey(use)).set(textKey(use), seen);
  }

  isUsed(text: Pick<Use, "project" | "contentNo" | "contextNo">): boolean {
    return (this.#byText.get(textKey(text))?.size ?? 0) > 0;
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
