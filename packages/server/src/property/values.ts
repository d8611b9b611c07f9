/** Random values that a JSON Schema of the document admits, and values that it most often does not. */
import fc from "fast-check";

export interface JsonSchema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly anyOf?: readonly JsonSchema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly format?: string;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema | boolean;
}

/** Some of them name texts that exist, so that acts meet rows. */
export const TEXTS = ["Pay", "Back", "Add to cart", "Add {count} items", "24/7"];
export const IDS = ["shop.cart.pay", "shop.cart.back", "größe", "a#b.c"];
const LOCALES = ["fr", "fr", "fr", "de", "pt_br", "zh-Hans", "FR-ca"];

const POOLS: Readonly<Record<string, readonly string[]>> = {
  text: TEXTS,
  source: TEXTS,
  search: ["pay", "%", "cart"],
  businessId: IDS,
  businessIdPrefix: ["shop.", "gr", "none"],
  locale: LOCALES,
  targetLocale: LOCALES,
  targetLocales: LOCALES,
  sourceLocale: ["en", "und", "de"],
  engine: ["test", "openai"],
  code: ["TH_ENGINE_REFUSED"],
  by: ["engine", "engine,day", "tag,model", "nothing"],
  id: ["1", "2", "99999999"],
  per: ["day", "month"],
  amount: ["1", "2.50", "0", "-1", "1e3"],
  currency: ["USD", "EUR", "usd"],
  tag: ["web", "a b"],
};

/** Strings that break programs. */
export const HOSTILE = [
  "",
  " ",
  "a\0b",
  "\ud800",
  "\u202ereversed",
  "'; drop table content; --",
  "%00",
  "../../etc/passwd",
  "__proto__",
  "\u{1f469}\u200d\u{1f52c}".repeat(20),
  `e${"\u0301".repeat(500)}`,
  "x".repeat(70_000),
  "$(1){{x}}<script>",
];

const anyString = fc.oneof(
  { weight: 3, arbitrary: fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 }) },
  { weight: 1, arbitrary: fc.constantFrom(...HOSTILE) },
);

/** Any JSON, of any type. */
export const anyJson: fc.Arbitrary<unknown> = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom(...HOSTILE),
  fc.constantFrom(-1, 0, 1.5, 1e308, 9_007_199_254_740_992, [], {}, [[]], null, true),
);

/** A value that a schema admits; strings under a known name are most often from its pool. */
export function arbitraryOf(
  schema: JsonSchema,
  resolve: (ref: string) => JsonSchema,
  name = "",
): fc.Arbitrary<unknown> {
  if (schema.$ref !== undefined) return arbitraryOf(resolve(schema.$ref), resolve, name);
  if (schema.anyOf !== undefined) return fc.oneof(...schema.anyOf.map((each) => arbitraryOf(each, resolve, name)));
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (Array.isArray(schema.type))
    return fc.oneof(...schema.type.map((type) => arbitraryOf({ ...schema, type }, resolve, name)));
  switch (schema.type) {
    case "string":
      return stringOf(schema, name);
    case "integer":
      return fc.integer({ min: schema.minimum ?? -5, max: Math.min(schema.maximum ?? 5_000, 5_000) });
    case "number":
      return fc.double({ noNaN: true, noDefaultInfinity: true });
    case "boolean":
      return fc.boolean();
    case "null":
      return fc.constant(null);
    case "array":
      return fc.array(arbitraryOf(schema.items ?? {}, resolve, name), { maxLength: 4 });
    case "object":
      return objectOf(schema, resolve);
    default:
      return fc.jsonValue({ maxDepth: 2 });
  }
}

function stringOf({ format, pattern, minLength = 0, maxLength = 200 }: JsonSchema, name: string): fc.Arbitrary<string> {
  if (format === "date-time") {
    return fc
      .date({ min: new Date("2000-01-01"), max: new Date("2099-01-01"), noInvalidDate: true })
      .map((at) => at.toISOString());
  }
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern));
  const fits = (text: string) => text.length >= minLength && text.length <= maxLength;
  const pool = (POOLS[name] ?? []).filter(fits);
  const random = anyString.filter(fits);
  return pool.length === 0
    ? random
    : fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...pool) }, { weight: 1, arbitrary: random });
}

function objectOf(schema: JsonSchema, resolve: (ref: string) => JsonSchema): fc.Arbitrary<unknown> {
  const { properties = {}, required = [], additionalProperties } = schema;
  const model = Object.fromEntries(
    Object.entries(properties).map(([name, each]) => [name, arbitraryOf(each, resolve, name)]),
  );
  const known = fc.record(model, { requiredKeys: [...required] });
  if (typeof additionalProperties !== "object") return known;
  const key = fc.string({ minLength: 1, maxLength: 8 }).filter((name) => name !== "__proto__");
  const more = fc.dictionary(key, arbitraryOf(additionalProperties, resolve), { maxKeys: 3 });
  return fc.tuple(known, more).map(([fields, others]) => ({ ...others, ...(fields as object) }));
}
