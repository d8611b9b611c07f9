/** The outcome for a person's translation that was made elsewhere. */
import type { Contribution, ContributionOutcome } from "../contract/review.ts";
import type { StoredStatus } from "../contract/translation.ts";

/** A row as it is before. */
export interface Receiving {
  status: StoredStatus;
  /** Whether its text is the contributed one. */
  isSame: boolean;
  engine: string | null;
}

export function outcomeOf({ status, isSame, engine }: Receiving, wanted: Contribution["status"]): ContributionOutcome {
  if (status === "approved") return isSame ? "unchanged" : "kept";
  // A text by pseudo is no translation, whatever a person says of an equal one.
  const isThere = isSame && status === "translated" && wanted === "translated" && engine !== "pseudo";
  return isThere ? "unchanged" : "stored";
}

const FROM_WORST: readonly ContributionOutcome[] = ["kept", "stored", "unchanged"];

export function worstOf(one: ContributionOutcome = "unchanged", other: ContributionOutcome): ContributionOutcome {
  return FROM_WORST.indexOf(one) < FROM_WORST.indexOf(other) ? one : other;
}
