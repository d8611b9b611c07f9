/** One translation by its id, a person's act on it, and its history. */
import { canonicalLocale, type ReviewActQuery, RevisionChangedError } from "@trans-hub/core";
import { isSettled } from "@trans-hub/core/store";
import { z } from "zod";
import { decodeCursor, encodeCursor } from "../cursor.ts";
import { HttpError } from "../problem.ts";
import { type Call, defineRoute } from "../route.ts";
import { Instant, limitQuery, Translation } from "../schema.ts";
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
    "`ETag` is the revision: pass it as `If-Match` to approve, reject, reopen or undo what was read. While the text waits to be translated, the tag is weak: the text may be replaced under the same revision.",
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

const Warnings = z
  .array(
    z.strictObject({
      check: z.string(),
      message: z.string().describe("Counts and kinds; never a word of either text."),
    }),
  )
  .describe("The blocking checks that the approved text fails: a person has the last word.");

export const Approved = Translation.extend({ warnings: Warnings }).meta({ id: "ApprovedTranslation" });
export const Reviewed = Translation.extend({ warnings: Warnings.optional() }).meta({ id: "ReviewedTranslation" });

export const Note = z.string().max(4_096).optional().describe("The reason, for the history. At most 4,096 bytes.");
export const OwnText = z
  .string()
  .min(1)
  .optional()
  .describe("The person's own text. Left out: the stored one is approved.");
export const Hide = z
  .boolean()
  .optional()
  .describe("Readers get no text until another one is stored. Default: false; they get the rejected one.");

const IF_MATCH =
  '`If-Match: "REVISION"` names the revision that the person read, as `ETag` of a read gives it. 412 has the present translation in `current`.';
const WHO = "The person is the subject of the token or login.";

/** What the routes of one act have in common. */
const act = {
  method: "POST",
  scope: "review",
  wall: "project",
  locale: ({ params: { locale } }: { params: { locale: string } }) => locale,
  params,
} as const;

export const approveTranslation = defineRoute({
  ...act,
  path: "/v1/projects/:project/translations/:locale/:id:approve",
  name: "approveTranslation",
  summary: "Approve the text that was read, or a text of one's own. No machine overwrites it.",
  description: `${IF_MATCH} A weak tag, of a text that waits, goes together with a text of one's own. ${WHO}`,
  body: z.strictObject({ text: OwnText, note: Note }),
  answers: { 200: Approved },
  problems: [404, 412, 428],
  async handle(call) {
    const { text, note } = call.body;
    const { warnings = [], ...approved } = await take(call, { kind: "approve", approvedText: text, note });
    return { ...approved, warnings };
  },
});

export const rejectTranslation = defineRoute({
  ...act,
  path: "/v1/projects/:project/translations/:locale/:id:reject",
  name: "rejectTranslation",
  summary:
    "Reject the text that was read: it is translated anew, ahead of other work, and the note goes to the engine.",
  description: `Readers get the rejected text until another one is stored, or none (\`hide\`). ${IF_MATCH} A weak tag is refused: the text may have been replaced since. ${WHO}`,
  body: z.strictObject({
    note: Note.describe("The reason, for the history and for the engine's next tries. At most 4,096 bytes."),
    hide: Hide,
  }),
  answers: { 200: Translation },
  problems: [404, 412, 428],
  handle: (call) => take(call, { kind: "reject", ...call.body }),
});

export const reopenTranslation = defineRoute({
  ...act,
  path: "/v1/projects/:project/translations/:locale/:id:reopen",
  name: "reopenTranslation",
  summary: "Take an approval back: the text stays, and a machine may replace it when it is told to.",
  description: `409: it is not approved. ${IF_MATCH} ${WHO}`,
  body: z.strictObject({ note: Note }),
  answers: { 200: Translation },
  problems: [404, 409, 412, 428],
  handle: (call) => take(call, { kind: "reopen", ...call.body }),
});

export const undoReview = defineRoute({
  ...act,
  path: "/v1/projects/:project/translations/:locale/:id:undo",
  name: "undoReview",
  summary:
    "Take back the latest act of a person that is not undone: text, engine, status and approval are as before it.",
  description: `Sent again, with the new revision, it takes back the act before. 409: no act is left. ${IF_MATCH} ${WHO}`,
  body: z.strictObject({ note: Note }),
  answers: { 200: Translation },
  problems: [404, 409, 412, 428],
  handle: (call) => take(call, { kind: "undo", ...call.body }),
});

type Act = Pick<ReviewActQuery, "kind" | "approvedText" | "note" | "hide">;
type ActCall = Call<z.output<typeof params>, unknown, unknown>;

async function take(
  { hub, principal, params: { project, locale, id }, headers, reply }: ActCall,
  given: Act,
): Promise<z.input<typeof Reviewed>> {
  const name = { id, targetLocale: canonicalLocale(locale, "locale"), project };
  const { revision, isWeak } = revisionOf(headers["if-match"]);
  // Its text may have come since, under the same revision.
  if (isWeak && judgesStoredText(given)) throw changed(await hub.getTranslationById(name));
  const [result] = await hub.review([{ ...name, ...given, revision, by: principal.subject }]);
  const { translation, error, current } = result ?? {};
  if (translation !== undefined) {
    reply.header("etag", tagOf(translation)).header("cache-control", "private, no-cache");
    return translation;
  }
  if (!(error instanceof RevisionChangedError)) throw error;
  throw changed(current ?? (await hub.getTranslationById(name)), error);
}

/** Whether an act is a judgement of the text that stands, which its person must have seen. */
export function judgesStoredText({ kind, approvedText }: Act): boolean {
  return kind === "reject" || (kind === "approve" && approvedText === undefined);
}

const HistoryEntry = z
  .strictObject({
    actId: z.string().describe("Names the entry within its translation. Opaque."),
    at: Instant,
    action: z
      .string()
      .describe(
        "`approve`, `edit` (an approval of a person's own text), `reject`, `reopen`, `undo`, `contribute` (a person's translation from elsewhere), `replace` (a machine's text in the place of another). A later release may add some.",
      ),
    by: z.string().nullable().describe("Null: nobody was named, or it was a machine."),
    note: z.string().nullable(),
    revisionBefore: z.int(),
    revisionAfter: z.int(),
    statusBefore: z.string(),
    statusAfter: z.string(),
    textBefore: z.string().nullable(),
    textAfter: z.string().nullable(),
    engine: z.string().nullable().describe("Of `textAfter`."),
    model: z.string().nullable(),
    undoes: z.string().nullable().describe("The entry that this undo took back."),
    undoneBy: z.string().nullable().describe("The undo that took this entry back. Null: it stands."),
  })
  .meta({ id: "HistoryEntry" });

export const getHistory = defineRoute({
  method: "GET",
  path: "/v1/projects/:project/translations/:locale/:id/history",
  name: "getHistory",
  summary: "Read the acts of people on a translation, and the texts that machines replaced; latest first.",
  description: "The first text of a machine has no entry. An id that the project does not have gives no entries.",
  scope: "read",
  wall: "project",
  locale: ({ params: { locale } }) => locale,
  params,
  query: z.strictObject({ cursor: z.string().max(1_024).optional(), limit: limitQuery.optional() }),
  answers: {
    200: z
      .strictObject({ items: z.array(HistoryEntry), nextCursor: z.string().nullable() })
      .meta({ id: "HistoryPage" }),
  },
  async handle({ hub, params: { project, locale, id }, query: { cursor, limit } }) {
    const name = { id, targetLocale: canonicalLocale(locale, "locale"), project };
    const bound = { list: "history", ...name };
    const page = await hub.history({
      ...name,
      ...(cursor !== undefined && { cursor: decodeCursor(cursor, bound) }),
      ...(limit !== undefined && { limit }),
    });
    return {
      items: page.items.map((entry) => ({ ...entry, at: entry.at.toISOString() })),
      nextCursor: page.nextCursor === null ? null : encodeCursor(page.nextCursor, bound),
    };
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
