/** One translation's whole story. */
import { canonicalLocale } from "@trans-hub/core";
import { z } from "zod";
import { defineRoute } from "../route.ts";
import { Translation } from "../schema.ts";

const Section = z
  .looseObject({
    kind: z
      .string()
      .describe(
        "`origin`, `uses`, `checks`, `memory`, `history`, `failure`, `work`, `registration`: docs/review.md names the fields of each. A later release may add some.",
      ),
  })
  .meta({ id: "WhySection" });

export const whyTranslation = defineRoute({
  method: "GET",
  path: "/v1/projects/:project/translations/:locale/:id/why",
  name: "whyTranslation",
  summary:
    "Tell one translation's whole story: where its text comes from, who uses it, checks, people, and what it waits for.",
  scope: "read",
  wall: "project",
  locale: ({ params: { locale } }) => locale,
  params: z.object({
    project: z.string().min(1).max(255),
    locale: z.string().min(1).max(255),
    id: z.string().min(1).max(64).describe("`id` of a translation or of an event."),
  }),
  answers: {
    200: z
      .strictObject({
        translation: Translation,
        sections: z.array(Section).describe("The parts that there is something to say of."),
      })
      .meta({ id: "Why" }),
  },
  problems: [404],
  async handle({ hub, params: { project, locale, id } }) {
    const { translation, sections } = await hub.why({ id, targetLocale: canonicalLocale(locale, "locale"), project });
    return { translation, sections: JSON.parse(JSON.stringify(sections)) as { kind: string }[] };
  },
});
