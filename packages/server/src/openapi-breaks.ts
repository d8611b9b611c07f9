/** The changes of an OpenAPI document that a client of the earlier one would notice. */

interface Schema {
  readonly $ref?: string;
  readonly type?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}

interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly { readonly name: string; readonly required: boolean; readonly schema: Schema }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
  readonly responses: Readonly<Record<string, unknown>>;
}

export interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> };
}

/** The side of a schema: a client sends it, reads it, or does both. */
type Side = "sent" | "read" | "both";

/** One sentence for each break, in the order of the earlier document. Empty: every client of the earlier one goes on. */
export function breaksOf(earlier: Document, later: Document): string[] {
  const found: string[] = [];
  for (const [path, methods] of Object.entries(earlier.paths)) {
    for (const [method, given] of Object.entries(methods)) {
      const operation = later.paths[path]?.[method];
      if (operation === undefined) found.push(`${path}: removed`);
      else found.push(...operationBreaks(given as Operation, operation as Operation));
    }
  }
  const sent = namesIn(
    Object.values(earlier.paths).flatMap((methods) =>
      Object.values(methods).map((each) => (each as Operation).requestBody),
    ),
    earlier,
  );
  for (const [name, schema] of Object.entries(earlier.components.schemas)) {
    const other = later.components.schemas[name];
    if (other !== undefined)
      found.push(...schemaBreaks(name, schema as Schema, other as Schema, sent.has(name) ? "both" : "read"));
  }
  return found;
}

function operationBreaks(earlier: Operation, later: Operation): string[] {
  const name = earlier.operationId;
  const found: string[] = [];
  for (const status of Object.keys(earlier.responses)) {
    if (later.responses[status] === undefined) found.push(`${name}: the status ${status} is removed`);
  }
  for (const parameter of later.parameters ?? []) {
    const before = earlier.parameters?.find((each) => each.name === parameter.name);
    if (parameter.required && !before?.required) found.push(`${name}: the parameter ${parameter.name} is required now`);
    if (before !== undefined)
      found.push(...schemaBreaks(`${name}: ${parameter.name}`, before.schema, parameter.schema, "sent"));
  }
  for (const { name: parameter } of earlier.parameters ?? []) {
    if (!later.parameters?.some((each) => each.name === parameter))
      found.push(`${name}: the parameter ${parameter} is removed`);
  }
  const before = earlier.requestBody?.content["application/json"]?.schema;
  const after = later.requestBody?.content["application/json"]?.schema;
  if (before === undefined && after !== undefined) found.push(`${name}: a body is required now`);
  if (before !== undefined && after !== undefined) found.push(...schemaBreaks(`${name}: body`, before, after, "sent"));
  return found;
}

function schemaBreaks(place: string, earlier: Schema, later: Schema, side: Side): string[] {
  if (earlier.$ref !== undefined || later.$ref !== undefined) {
    return earlier.$ref === later.$ref ? [] : [`${place} has another type`];
  }
  const found: string[] = [];
  if (JSON.stringify(earlier.type) !== JSON.stringify(later.type)) return [`${place} has another type`];
  if (side !== "read" && earlier.enum !== undefined) {
    for (const value of earlier.enum) {
      if (!later.enum?.includes(value)) found.push(`${place}: the value ${String(value)} is removed`);
    }
  }
  if (side !== "read") {
    for (const name of later.required ?? []) {
      if (!earlier.required?.includes(name)) found.push(`${place}: ${name} is required now`);
    }
  }
  if (side !== "sent") {
    for (const name of earlier.required ?? []) {
      if (later.properties?.[name] !== undefined && !later.required?.includes(name)) {
        found.push(`${place}: ${name} may be missing now`);
      }
    }
  }
  for (const [name, schema] of Object.entries(earlier.properties ?? {})) {
    const other = later.properties?.[name];
    if (other === undefined) found.push(`${place}: ${name} is removed`);
    else found.push(...schemaBreaks(`${place}: ${name}`, schema, other, side));
  }
  for (const [at, schema] of (earlier.anyOf ?? []).entries()) {
    const other = later.anyOf?.[at];
    if (other === undefined) found.push(`${place} has another type`);
    else found.push(...schemaBreaks(place, schema, other, side));
  }
  if (earlier.items !== undefined && later.items !== undefined)
    found.push(...schemaBreaks(`${place}[]`, earlier.items, later.items, side));
  return found;
}

/** The named schemas that `part` refers to, directly or through others. */
function namesIn(part: unknown, { components }: Document, found = new Set<string>()): Set<string> {
  for (const [, name = ""] of JSON.stringify(part ?? null).matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
    if (found.has(name)) continue;
    found.add(name);
    namesIn(components.schemas[name], { components, paths: {} }, found);
  }
  return found;
}

/** The document without words for people and without its release: they change freely. */
export function withoutWords(document: unknown): unknown {
  return JSON.parse(
    JSON.stringify(document, (key, value) =>
      (key === "description" || key === "summary" || key === "info") && (typeof value === "string" || key === "info")
        ? undefined
        : value,
    ),
  );
}
