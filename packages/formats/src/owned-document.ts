/**
 * The document of a file whose texts belong to owners: a unit with its segments, a dictionary with its variables. An owner is
 * added and removed as a whole.
 */
import type {
  CatalogDocument,
  Change,
  RefusedChange,
  Span,
  Unit,
  UnitState,
  Value,
  WriteOptions,
  WrittenDocument,
} from "./contract.ts";
import { anchors, type Splice, spliced } from "./splice.ts";
import { encodeFile, type TextFile } from "./text-file.ts";

/** One text, with its places. */
export interface OwnedPlace {
  readonly unit: Unit;
  /** The stretch that is added and removed; one object for all texts in it. */
  readonly owner: Span;
}

type Adding = Extract<Change, { kind: "add" }>;

export abstract class OwnedDocument<Place extends OwnedPlace> implements CatalogDocument {
  abstract readonly locale: string | undefined;
  abstract readonly isBilingual: boolean;
  readonly keepsUntranslatable = true;
  readonly units: readonly Unit[];
  readonly file: TextFile;
  protected readonly places: ReadonlyMap<string, Place>;
  readonly #byOwner = new Map<Span, Place[]>();

  constructor(file: TextFile, places: readonly Place[]) {
    this.file = file;
    this.places = new Map(places.map((place) => [place.unit.id, place]));
    this.units = places.map(({ unit }) => unit);
    for (const place of places) {
      const siblings = this.#byOwner.get(place.owner);
      if (siblings === undefined) this.#byOwner.set(place.owner, [place]);
      else siblings.push(place);
    }
  }

  /** The changes that give a text its value, or why it cannot have it. */
  protected abstract set(
    place: Place,
    value: Value,
    state: UnitState | undefined,
    from: CatalogDocument | undefined,
  ): Splice[] | string;

  /**
   * Puts the text of a new owner behind that of `neighbour` or, without one, to the front; or why it cannot go there.
   *
   * @param place A text of the owner, in the document `from`.
   */
  protected abstract insertion(copy: string, place: Place, from: this, neighbour: Place | undefined): Splice | string;

  /** The stretch that goes with an owner. */
  protected abstract removal(place: Place): Span;

  /** The changes by which the file says its locale. */
  protected localeSplices(_locale: string): Splice[] {
    return [];
  }

  write(changes: readonly Change[], { locale }: WriteOptions = {}): WrittenDocument {
    const splices: Splice[] = locale === undefined ? [] : this.localeSplices(locale);
    const refused: RefusedChange[] = [];
    const ids = new Set(changes.flatMap(({ kind, id }) => (kind === "remove" ? [id] : [])));
    const removed = new Set<Span>();
    for (const [owner, [place, ...others]] of ids.size > 0 ? this.#byOwner : []) {
      if (place === undefined || ![place, ...others].every(({ unit }) => ids.has(unit.id))) continue;
      removed.add(owner);
      splices.push({ ...this.removal(place), text: "" });
    }
    const adds = changes.filter((change) => change.kind === "add");
    const anchorOf = anchors(adds, (id) => this.places.has(id));
    const added = new Map<Span, { from: OwnedDocument<Place>; after: string | undefined; changes: Adding[] }>();
    for (const change of changes) {
      const { id } = change;
      const place = this.places.get(id);
      if (change.kind === "add") {
        const from = change.from.constructor === this.constructor ? (change.from as this) : undefined;
        const owner = from?.places.get(id)?.owner;
        if (from === undefined || owner === undefined) refused.push({ id, reason: "the source has no such text" });
        else if (place !== undefined && !removed.has(place.owner)) {
          refused.push({ id, reason: "the file has this text already" });
        } else {
          const addition = added.get(owner) ?? { from, after: anchorOf(change.after), changes: [] };
          added.set(owner, addition);
          addition.changes.push(change);
        }
      } else if (place === undefined) refused.push({ id, reason: "the file has no such text" });
      else if (change.kind === "remove") {
        if (!removed.has(place.owner)) refused.push({ id, reason: "the texts of one unit are removed together" });
      } else if (!removed.has(place.owner)) {
        const outcome = this.set(place, change.value, change.state, change.from);
        if (typeof outcome === "string") refused.push({ id, reason: outcome });
        else splices.push(...outcome);
      }
    }
    for (const [owner, { from, after, changes: own }] of added) {
      const neighbour = after === undefined ? undefined : this.places.get(after);
      const outcome = this.#addition(owner, from, own, neighbour);
      if (typeof outcome !== "string") splices.push(outcome);
      else for (const { id } of own) refused.push({ id, reason: outcome });
    }
    return { bytes: encodeFile(this.file, spliced(this.file.text, splices)), refused };
  }

  /** An owner of the source with other values in it. */
  #addition(
    owner: Span,
    from: OwnedDocument<Place>,
    changes: readonly Adding[],
    neighbour: Place | undefined,
  ): Splice | string {
    const places = from.#byOwner.get(owner) ?? [];
    const [place] = places;
    if (place === undefined || changes.length < places.filter(({ unit }) => unit.translate).length) {
      return "the texts of one unit are added together";
    }
    const splices: Splice[] = [];
    for (const { id, value, state } of changes) {
      const own = from.places.get(id);
      const outcome = own === undefined ? [] : from.set(own, value, state, undefined);
      if (typeof outcome === "string") return outcome;
      for (const { start, end, text } of outcome) {
        splices.push({ start: start - owner.start, end: end - owner.start, text });
      }
    }
    const copy = spliced(from.file.text.slice(owner.start, owner.end), splices);
    return this.insertion(copy.replace(/\r\n|\n|\r/g, this.file.lineEnd), place, from as this, neighbour);
  }
}
