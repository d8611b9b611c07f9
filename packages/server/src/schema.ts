/** The shapes of requests and answers: checked at the door, and printed in the document. */

import { TEXT_FORMATS } from "@trans-hub/core/engine";
import { MAX_EXPIRY_SECONDS, PREFERENCES } from "@trans-hub/core/store";
import { z } from "zod";

/** Schemas that stand in the document, and are checked elsewhere: by their stand-ins. */
const DOCUMENTED = new WeakMap<object, z.ZodType>();

/**
 * A value that core checks, one by one and with a code for each fault. The schema goes into the document, and takes anything
 * here.
 */
export function checkedByCore<Schema extends z.ZodType>(schema: Schema): z.ZodType<z.output<Schema>> {
  const anything = z.unknown();
  DOCUMENTED.set(anything, schema);
  return anything as unknown as z.ZodType<z.output<Schema>>;
}

/** The JSON Schema of a schema, for the document. */
export function documentSchemaOf(schema: z.ZodType, io: "input" | "output"): object {
  return z.toJSONSchema(withDocumented(schema), {
    target: "draft-2020-12",
    io,
    override: ({ jsonSchema, zodSchema }) => {
      const documented = DOCUMENTED.get(zodSchema);
      if (documented !== undefined) Object.assign(jsonSchema, withoutMarks(documentSchemaOf(documented, io)));
      // Answers may get fields in a later release, and clients ignore those that they do not know.
      if (io === "output") delete jsonSchema.additionalProperties;
    },
  });
}

function withDocumented(schema: z.ZodType): z.ZodType {
  return DOCUMENTED.get(schema) ?? schema;
}

function withoutMarks(schema: object): object {
  const { $schema: _, ...own } = schema as { $schema?: string };
  return own;
}

export const FORMATS = TEXT_FORMATS;

export const Locale = z
  .string()
  .describe("BCP 47, such as `fr` or `pt-BR`; other spellings are brought into this form.");
const SourceLocale = z.string().describe("BCP 47, or `und`: the engine detects it. Default: the server's.");
export const Instant = z.iso.datetime({ offset: true }).describe("RFC 3339, such as `2026-11-30T08:00:00Z`.");

/** A limit in a query, where numbers are words. */
export const limitQuery = z
  .string()
  .regex(/^([1-9][0-9]{0,2}|1000)$/, "It must be a whole number from 1 to 1000.")
  .transform(Number)
  .describe("From 1 to 1,000. Default 100.");

/** Fields without those that are not given. */
export function present<Fields extends object>(
  fields: Fields,
): { [Name in keyof Fields]: Exclude<Fields[Name], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}

/** Which translations count as having a text. */
export const Preference = z
  .enum(PREFERENCES)
  .describe(
    "`approved`: a translation that no person approved counts as without a text. Default: `approved-or-translated`.",
  );

/** What a business id whose source changed gives, while the new text has no translation. */
export const Outdated = z
  .enum(["old", "none"])
  .describe(
    "`old`: while the new text of a business id has no translation, that of the text before, with `outdated: true`. Default: `none`.",
  );

export const BusinessId = z.string().min(1).max(255);

const Context = z
  .union([z.string(), z.record(z.string(), z.unknown())])
  .describe("Information for the engine; part of the text's identity. A string is short for `{note}`.");

/** The fields of an item that a request may give for all of its items. */
const defaults = {
  sourceLocale: SourceLocale.nullish(),
  targetLocales: z.array(Locale).max(500).nullish(),
  context: Context.nullish(),
  format: z.enum(FORMATS).nullish().describe("The syntax of the text. Default: `auto`."),
  priority: z.enum(["interactive", "normal", "bulk"]).nullish(),
  force: z
    .boolean()
    .nullish()
    .describe("Translate an existing text anew, unless a person approved it. Default: false."),
  expiresAfterSeconds: z.int().min(1).max(MAX_EXPIRY_SECONDS).nullish(),
  tag: z.string().max(64).nullish().describe("The name under which engine calls for the text are booked."),
};

export const Item = z
  .strictObject({
    text: z.string().min(1),
    businessId: BusinessId.nullish().describe("The application's own name for the text, such as `shop.cart.add`."),
    hint: z.record(z.string(), z.union([z.string(), z.number()])).nullish(),
    ...defaults,
  })
  .meta({ id: "Item", description: "A text to translate." });

/** Of a request: what its items leave out. */
export const itemDefaults = Object.fromEntries(
  Object.entries(defaults).map(([name, schema]) => [name, z.optional(checkedByCore<z.ZodType>(schema))]),
) as { [Name in keyof typeof defaults]: z.ZodOptional<z.ZodType<z.output<(typeof defaults)[Name]>>> };

/** A text as it was registered, or its business id. */
export const Name = z
  .strictObject({
    text: z.string().min(1).optional(),
    businessId: BusinessId.optional(),
    id: z.string().min(1).max(64).optional().describe("`id` of a translation or of an event. It counts alone."),
    sourceLocale: SourceLocale.optional(),
    context: Context.optional(),
    format: z.enum(FORMATS).optional(),
  })
  .meta({
    id: "Name",
    description: "A text as it was registered, the business id it was registered under, or the id of its translation.",
  });

export const Translation = z
  .strictObject({
    id: z
      .string()
      .nullable()
      .describe(
        "Names the translation together with its project and target locale. Opaque. Null while it is `queued`.",
      ),
    project: z.string(),
    sourceLocale: z.string(),
    targetLocale: z.string(),
    sourceText: z.string(),
    context: z.record(z.string(), z.unknown()).nullable(),
    businessIds: z.array(z.string()).describe("Every id under which the project uses the text, sorted."),
    status: z.enum(["pending", "translated", "failed", "approved", "queued"]).describe("A later release may add some."),
    text: z.string().nullable().describe("The text to show. Null: there is none yet."),
    engine: z.string().nullable(),
    model: z.string().nullable(),
    flags: z.array(z.string()).describe("The warning checks that the text failed."),
    revision: z.int(),
    error: z.strictObject({ code: z.string(), message: z.string() }).optional(),
    outdated: z.literal(true).optional().describe("The text is of the source before; see `outdated` of the request."),
  })
  .meta({ id: "Translation" });
