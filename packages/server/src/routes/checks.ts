/** Judging a translation, while it is typed. */
import { checkTranslation } from "@trans-hub/core";
import { z } from "zod";
import { defineRoute } from "../route.ts";
import { FORMATS, present } from "../schema.ts";

const Failed = z.strictObject({
  check: z.string(),
  message: z.string().describe("Counts and kinds; never a word of either text."),
});

const Report = z
  .strictObject({
    blocked: z.array(Failed).describe("No machine's translation that fails one of these is stored."),
    warnings: z.array(Failed).describe("A translation that fails one of these is stored with its name."),
  })
  .meta({ id: "CheckReport" });

export const checkText = defineRoute({
  method: "POST",
  path: "/v1/projects/:project/checks",
  name: "checkText",
  summary: "Judge a translation by the checks that a machine's translation must pass.",
  scope: "review",
  wall: "project",
  isRead: true,
  // Without a locale it judges the syntax alone, which is no one's.
  locale: ({ body }) => body.targetLocale ?? [],
  body: z.strictObject({
    source: z.string(),
    translation: z.string(),
    format: z.enum(FORMATS).optional(),
    sourceLocale: z.string().max(255).optional(),
    targetLocale: z.string().max(255).optional(),
    pluralCategory: z
      .string()
      .max(32)
      .optional()
      .describe("`one`, `few`, `=1`: the form of a plural that the translation is."),
    maxLength: z.int().min(1).max(1_000_000).optional(),
    by: z.enum(["person", "machine"]).optional().describe("Default: `person`."),
  }),
  answers: { 200: Report },
  handle: ({ body }) => checkTranslation(present(body)),
});
