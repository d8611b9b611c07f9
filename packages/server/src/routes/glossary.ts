/** The glossary of a project as one document: its terms and its styles. */
import { type Glossary as CoreGlossary, RevisionChangedError } from "@trans-hub/core";
import { z } from "zod";
import { HttpError } from "../problem.ts";
import { defineRoute } from "../route.ts";
import { listsTag, notModified } from "../tags.ts";

const Forms = z.array(z.string().max(255)).max(50);

const Target = z.strictObject({
  as: z.string().min(1).max(255).describe("Of `forbid`: the words that must not be used."),
  forms: Forms.optional().describe("Other forms that count as this translation."),
});

const fields = {
  term: z.string().min(1).max(255),
  sourceLocale: z.string().min(1).max(255),
  kind: z.enum(["translate", "keep", "forbid"]),
  case: z.enum(["any", "exact", "first"]),
  forms: Forms,
};

const Term = z.strictObject({
  ...fields,
  note: z.string().nullable(),
  targets: z.record(z.string(), z.strictObject({ as: z.string(), forms: Forms })),
  revision: z.int(),
  by: z.string().nullable(),
  at: z.string(),
});

const Glossary = z
  .strictObject({
    project: z.string(),
    revision: z.int().describe("Raised by each edit of a term or a style."),
    terms: z.array(Term),
    styles: z.array(
      z.strictObject({
        targetLocale: z.string().nullable().describe("Null: each target locale."),
        instructions: z.string().nullable(),
        formality: z.enum(["more", "less"]).nullable(),
        also: z.string().nullable().describe("The second language that the team trusts."),
        revision: z.int(),
        by: z.string().nullable(),
        at: z.string(),
      }),
    ),
  })
  .meta({ id: "Glossary" });

const Edited = z
  .strictObject({ revision: z.int(), added: z.int(), changed: z.int(), removed: z.int() })
  .meta({ id: "GlossaryEdited" });

export const getGlossary = defineRoute({
  method: "GET",
  path: "/v1/projects/:project/glossary",
  name: "getGlossary",
  summary: "Read the terms and styles of a project.",
  description: "`ETag` is the revision: pass it as `If-Match` to replace what was read.",
  scope: "read",
  wall: "project",
  answers: { 200: Glossary, 304: null },
  async handle({ hub, params: { project }, headers, reply }) {
    const glossary = await hub.glossary({ project });
    const tag = `"${glossary.revision}"`;
    reply.header("etag", tag).header("cache-control", "private, no-cache");
    if (listsTag(headers["if-none-match"], tag)) return notModified(reply);
    return shown(glossary);
  },
});

export const putGlossary = defineRoute({
  method: "PUT",
  path: "/v1/projects/:project/glossary",
  name: "putGlossary",
  summary: "Replace the terms of a project: terms that are left out are removed. Styles stay.",
  description:
    'Texts that a worker takes up from now on are translated with the terms. `If-Match: "REVISION"` names the revision that the person read; `"0"` where there was none.',
  scope: "review",
  wall: "project",
  // A term is about many locales.
  locale: () => undefined,
  body: z.strictObject({
    terms: z
      .array(
        z.strictObject({
          ...fields,
          kind: fields.kind.optional(),
          case: fields.case.optional(),
          forms: fields.forms.optional(),
          note: z.string().max(1_000).nullish(),
          revision: z.int().optional().describe("As read; it has no effect, and neither have `by` and `at`."),
          by: z.string().nullish(),
          at: z.string().optional(),
          targets: z.record(z.string(), Target).optional().describe("By target locale. `keep` needs none."),
        }),
      )
      .max(20_000),
  }),
  answers: { 200: Edited },
  problems: [412, 428],
  async handle({ hub, principal, params: { project }, body, headers, reply }) {
    const revision = revisionOf(headers["if-match"]);
    try {
      const set = body.terms.map(({ revision: _, by: __, at: ___, note, ...term }) => ({
        ...term,
        note: note ?? undefined,
      }));
      const edited = await hub.editGlossary({ project, set, replace: true, revision, by: principal.subject });
      reply.header("etag", `"${edited.revision}"`);
      return edited;
    } catch (error) {
      if (!(error instanceof RevisionChangedError)) throw error;
      const hint = "Read the glossary again: it was edited since.";
      throw new HttpError("TH_REVISION_CHANGED", { hint, headers: { etag: `"${error.actual}"` }, cause: error });
    }
  },
});

function shown({ terms, styles, ...facts }: CoreGlossary): z.input<typeof Glossary> {
  return {
    ...facts,
    terms: terms.map(({ at, forms, targets, ...term }) => ({
      ...{ ...term, forms: [...forms], at: at.toISOString() },
      targets: Object.fromEntries(
        Object.entries(targets).map(([locale, target]) => [locale, { as: target.as, forms: [...target.forms] }]),
      ),
    })),
    styles: styles.map(({ at, ...style }) => ({ ...style, at: at.toISOString() })),
  };
}

/** @throws {HttpError} The header is missing, or names no revision. */
function revisionOf(header: string | undefined): number {
  const [, digits] = /^\s*"(\d{1,10})"\s*$/.exec(header ?? "") ?? [];
  if (digits !== undefined) return Number(digits);
  const hint = 'Send If-Match: "REVISION", as ETag of the glossary that was read.';
  if (header === undefined || header.trim() === "*") throw new HttpError("TH_PRECONDITION_REQUIRED", { hint });
  throw new HttpError("TH_HTTP_REQUEST", { field: "If-Match", hint });
}
