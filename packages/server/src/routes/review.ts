/** One translation by its id, and a person's decision about it. */
import { canonicalLocale, RevisionChangedError } from "@trans-hub/core";
import { isSettled } from "@trans-hub/core/store";
import { z } from "zod";
import { HttpError } from "../problem.ts";
import { defineRoute } from "../route.ts";
import { Translation } from "../schema.ts";
import { listsTag, notModified, tagOf } from "../tags.ts";

const params = z.object({
  project: z.string().min(1).max(255),
  locale: z.string().min(1).max(255),
  id: z.string().min(1).max(64).describe("`id` of a translation or of an event."),
});

export const getTranslationById = defineRoute({
  method: "GET",
  path: "/v1/projects/:project/translations/:locale/:id",
  name: "getTranslationById",
  summary: "Read one translation by its id, as it stands at this moment.",
  description:
    "`ETag` is the revision: pass it as `If-Match` to approve what was read. While the text waits to be translated, the tag is weak: the text may be replaced under the same revision.",
  scope: "read",
  wall: "project",
  locale: ({ params: { locale } }) => locale,
  params,
  answers: { 200: Translation, 304: null },
  problems: [404],
  async handle({ hub, params: { project, locale, id }, headers, reply }) {
    const targetLocale = canonicalLocale(locale, "locale");
    const found = await hub.getTranslationById({ id, targetLocale, project });
    if (targetLocale !== locale) reply.header("content-location", `../${targetLocale}/${id}`);
    const tag = tagOf(found);
    reply.header("etag", tag).header("cache-control", "private, no-cache");
    if (isSettled(found) && listsTag(headers["if-none-match"], tag)) return notModified(reply);
    return found;
  },
});

const Approved = Translation.extend({
  warnings: z
    .array(
      z.strictObject({
        check: z.string(),
        message: z.string().describe("Counts and kinds; never a word of either text."),
      }),
    )
    .describe("The blocking checks that the approved text fails: a person has the last word."),
}).meta({ id: "ApprovedTranslation" });

export const approveTranslation = defineRoute({
  method: "POST",
  path: "/v1/projects/:project/translations/:locale/:id:approve",
  name: "approveTranslation",
  summary: "Approve the text that was read, or a text of one's own. No machine overwrites it.",
  description:
    '`If-Match: "REVISION"` names the revision that the person read, as `ETag` of a read gives it. 412 has the present translation in `current`. A weak tag, of a text that waits, goes together with a text of one\'s own. The approver is the subject of the token or login.',
  scope: "review",
  wall: "project",
  locale: ({ params: { locale } }) => locale,
  params,
  body: z.strictObject({
    text: z.string().min(1).optional().describe("The person's own text. Left out: the stored one is approved."),
    note: z.string().max(4_096).optional().describe("A remark about the decision, for the history."),
  }),
  answers: { 200: Approved },
  problems: [404, 412, 428],
  async handle({ hub, principal, params: { project, locale, id }, body, headers, reply }) {
    const targetLocale = canonicalLocale(locale, "locale");
    const { revision, isWeak } = revisionOf(headers["if-match"]);
    const current = () => hub.getTranslationById({ id, targetLocale, project });
    // Its text may have come since, under the same revision.
    if (isWeak && body.text === undefined) throw changed(await current());
    try {
      const approved = await hub.approve({
        id,
        targetLocale,
        project,
        approvedText: body.text,
        revision,
        note: body.note,
        by: principal.subject,
      });
      reply.header("etag", tagOf(approved)).header("cache-control", "private, no-cache");
      return approved;
    } catch (error) {
      if (!(error instanceof RevisionChangedError)) throw error;
      throw changed(await current(), error);
    }
  },
});

type Read = z.input<typeof Translation>;

function changed(current: Read, cause?: unknown): HttpError {
  return new HttpError("TH_REVISION_CHANGED", {
    hint: "Read the translation again: `current` is its present state.",
    headers: { etag: tagOf(current) },
    members: { current },
    cause,
  });
}

/** @throws {HttpError} The header is missing, or names no revision. */
function revisionOf(header: string | undefined): { revision: number; isWeak: boolean } {
  const [, weak, digits] = /^\s*(W\/)?"(\d{1,10})"\s*$/.exec(header ?? "") ?? [];
  if (digits !== undefined) return { revision: Number(digits), isWeak: weak !== undefined };
  const hint = 'Send If-Match: "REVISION", as ETag of the translation that was read.';
  if (header === undefined || header.trim() === "*") throw new HttpError("TH_PRECONDITION_REQUIRED", { hint });
  throw new HttpError("TH_HTTP_REQUEST", { field: "If-Match", hint });
}
