/** The states of a translation in XLIFF, in both directions. */
import type { UnitState } from "../contract.ts";
import type { Splice } from "../splice.ts";
import { attributeSplices, type XmlElement } from "../xml/xml.ts";

/** 1 stands for 1.0 to 1.2, 2 for 2.0 to 2.2. */
export type Version = 1 | 2;

/** The mark of a translation that a person has still to look at; 2.x has no state for it. */
const NEEDS_REVIEW = "trans-hub:needs-review";

/**
 * The state of a text that has a translation.
 *
 * @param holder The `<trans-unit>` or `<segment>`.
 */
export function stateOf(version: Version, holder: XmlElement, target: XmlElement | undefined): UnitState {
  if (version === 2) {
    const { state, subState } = holder.attributes;
    if (subState?.endsWith("needs-review")) return "needs-review";
    // The standard's default is `initial`; tools that write no states write translations all the same.
    if (state === "initial") return "new";
    return state === "reviewed" || state === "final" ? "approved" : "translated";
  }
  if (holder.attribute("approved") === "yes") return "approved";
  const { state, "state-qualifier": qualifier } = target?.attributes ?? {};
  if (state === undefined) return isGuess(qualifier) ? "needs-review" : "translated";
  if (state === "new" || state === "needs-translation") return "new";
  if (state === "final" || state === "signed-off") return "approved";
  return state.startsWith("needs-") ? "needs-review" : "translated";
}

function isGuess(qualifier: string | undefined): boolean {
  return qualifier === "fuzzy-match" || qualifier === "mt-suggestion";
}

/** The attributes of a file's element, as a state wants them. An undefined value takes one out. */
type Attributes = Readonly<Record<string, string | undefined>>;

const SEGMENT: Readonly<Record<UnitState, Attributes>> = {
  new: { state: "initial", subState: undefined },
  "needs-review": { state: "translated", subState: NEEDS_REVIEW },
  translated: { state: "translated", subState: undefined },
  approved: { state: "final", subState: undefined },
};

const TARGET: Readonly<Record<UnitState, Attributes>> = {
  new: { state: "new", "state-qualifier": undefined },
  "needs-review": { state: "needs-review-translation", "state-qualifier": undefined },
  translated: { state: "translated", "state-qualifier": undefined },
  approved: { state: "final", "state-qualifier": undefined },
};

/**
 * Says another state. A file that says none for this text gets none for `translated`, which is what it is taken for.
 *
 * @param target Undefined: it is written anew, with {@link newTargetAttributes}.
 */
export function stateSplices(
  text: string,
  version: Version,
  { holder, target }: { holder: XmlElement; target: XmlElement | undefined },
  state: UnitState,
): Splice[] {
  const isSaidAnyway = state === "new" || state === "needs-review";
  const write = (element: XmlElement, attributes: Attributes, isNeeded: boolean) =>
    Object.entries(attributes).flatMap(([name, value]) => {
      const isThere = element.attributes[name] !== undefined;
      return isThere || (isNeeded && value !== undefined) ? attributeSplices(text, element, name, value) : [];
    });
  if (version === 2) return write(holder, SEGMENT[state], isSaidAnyway || state === "approved");
  const approved = { approved: state === "approved" ? "yes" : "no" };
  return [
    ...write(holder, approved, state === "approved"),
    ...(target === undefined ? [] : write(target, TARGET[state], isSaidAnyway)),
  ];
}

/** The attributes of a `<target>` that the file did not have, with a space before them. */
export function newTargetAttributes(version: Version, state: UnitState | undefined): string {
  const isSaid = version === 1 && (state === "new" || state === "needs-review");
  return isSaid ? ` state="${TARGET[state].state}"` : "";
}
