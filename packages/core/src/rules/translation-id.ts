/**
 * The id of a translation in links and events: the numbers of its text and of its context. Together with project and target
 * locale it is the key of a row, so an id alone opens no other project's text. A hash of the text would confirm a guess of it.
 */
import { InvalidItemError } from "../contract/errors.ts";
import type { TranslationKey } from "../contract/translation.ts";

type Numbers = Pick<TranslationKey, "contentNo" | "contextNo">;

export function translationId({ contentNo, contextNo }: Numbers): string {
  return `${contentNo}-${contextNo}`;
}

/** @throws {InvalidItemError} It is no id of a translation. */
export function parseTranslationId(id: unknown, field = "id"): Numbers {
  const [, contentNo, contextNo] = (typeof id === "string" && ID.exec(id)) || [];
  if (contentNo === undefined || contextNo === undefined) {
    throw new InvalidItemError("TH_ITEM_SHAPE", field, "is not the id of a translation", {
      hint: "Pass the id of a translation or of an event as it was received.",
    });
  }
  return { contentNo, contextNo: Number(contextNo) };
}

/** Within the numbers of PostgreSQL and, of contexts, of JavaScript. */
const ID = /^([1-9]\d{0,17})-(0|[1-9]\d{0,14})$/;
