/** Which translations count as having a text. */
import type { Prefer, Translation } from "../contract/translation.ts";

export const PREFERENCES = ["approved", "approved-or-translated"] as const satisfies readonly Prefer[];

/** The translation as a reader with this preference sees it: without its text, if it does not count. */
export function preferred(translation: Translation, prefer: Prefer): Translation {
  if (prefer !== "approved" || translation.status === "approved") return translation;
  return { ...translation, text: null, engine: null, model: null, flags: [] };
}
