/** Acts of a person on many translations. */
import { InvalidItemError, type ReviewResult } from "@trans-hub/core";
import { MAX_REVIEW_ACTS } from "@trans-hub/core/store";
import { z } from "zod";
import { HttpError, Problem, problemOf } from "../problem.ts";
import { defineRoute } from "../route.ts";
import { Locale, present } from "../schema.ts";
import { Hide, judgesStoredText, Note, OwnText, Reviewed } from "./review.ts";

const READ_AGAIN = "Read the translation again: its text may have come since.";

const Act = z
  .strictObject({
    kind: z.enum(["approve", "reject", "reopen", "undo"]),
    id: z.string().min(1).max(64).describe("`id` of a translation or of an event."),
    targetLocale: Locale,
    revision: z.int().min(0).max(2_147_483_647).describe("The revision that the person read."),
    status: z
      .string()
      .optional()
      .describe(
        "The status that the person read. With `pending`, neither the stored text is approved nor a text rejected: it may have been replaced since, under the same revision.",
      ),
    text: OwnText,
    note: Note,
    hide: Hide,
  })
  .meta({ id: "ReviewAct" });

const Result = z
  .strictObject({
    translation: Reviewed.optional().describe(
      "As it stands after all acts of the request. Left out: the act was not taken; see `problem`.",
    ),
    problem: Problem.optional(),
  })
  .meta({ id: "ReviewResult" });

export const reviewTranslations = defineRoute({
  method: "POST",
  path: "/v1/projects/:project/translations:review",
  name: "reviewTranslations",
  summary: "Approve, reject, reopen or undo many translations, each at the revision that was read.",
  description:
    "Acts are taken in their order. The answer is 200, with one result for each, in their order: an act that cannot be taken has a `problem`, as the route of its kind answers it, and stops no other. The person is the subject of the token or login.",
  scope: "review",
  wall: "project",
  locale: ({ body }) => body.items.map(({ targetLocale }) => targetLocale),
  body: z.strictObject({ items: z.array(Act).max(MAX_REVIEW_ACTS) }),
  answers: {
    200: z.strictObject({ items: z.array(Result).describe("In the order of the request.") }).meta({ id: "Reviewed" }),
  },
  async handle({ hub, principal, params: { project }, body: { items }, request }) {
    const results = items.map((act): z.input<typeof Result> => (isUnseen(act) ? { problem: unseen(request.id) } : {}));
    const seen = items.flatMap((act, at) => (isUnseen(act) ? [] : { act, at }));
    const taken = await hub.review(
      seen.map(({ act: { text, status: _, ...act } }) => ({
        ...present({ ...act, approvedText: text }),
        project,
        by: principal.subject,
      })),
    );
    for (const [place, result] of taken.entries()) {
      const { at = place } = seen[place] ?? {};
      results[at] = shown(result, at, request.id);
    }
    return { items: results };
  },
});

type Act = z.output<typeof Act>;

/** The text that is judged may have come since, under the same revision. */
function isUnseen({ kind, status, text }: Act): boolean {
  return status === "pending" && judgesStoredText({ kind, approvedText: text });
}

function unseen(requestId: string): Problem {
  return problemOf(new HttpError("TH_REVISION_CHANGED", { hint: READ_AGAIN }), requestId).body;
}

function shown({ translation, error, current }: ReviewResult, at: number, requestId: string): z.input<typeof Result> {
  if (translation !== undefined) return { translation };
  const { body } = problemOf(error instanceof InvalidItemError ? error.at(at) : error, requestId);
  return { problem: { ...body, ...(current !== undefined && { current }) } };
}
