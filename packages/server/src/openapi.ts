/** The OpenAPI 3.1 document, made from the table of routes. The same schemas check requests and answers. */
import { version } from "@trans-hub/core/operations";
import { z } from "zod";
import { Problem, type ProblemStatus } from "./problem.ts";
import type { Route } from "./route.ts";
import { documentSchemaOf } from "./schema.ts";

export interface OpenApiDocument {
  readonly openapi: "3.1.0";
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly servers: readonly { readonly url: string }[];
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, JsonSchema>>;
    readonly securitySchemes: Readonly<Record<string, object>>;
    readonly responses: Readonly<Record<string, object>>;
  };
}

type JsonSchema = z.core.JSONSchema.BaseSchema;

export interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tags: readonly string[];
  readonly security?: readonly object[];
  readonly "x-trans-hub-scope"?: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: {
    readonly required: true;
    readonly content: Readonly<Record<string, { readonly schema: JsonSchema }>>;
  };
  readonly responses: Readonly<Record<string, object>>;
}

export interface Parameter {
  readonly name: string;
  readonly in: "path" | "query";
  readonly required: boolean;
  readonly description?: string;
  readonly schema: JsonSchema;
}

const TITLES: Readonly<Record<ProblemStatus, string>> = {
  400: "The request has another form than the route takes.",
  401: "The request has no valid token.",
  403: "The token has no right to this.",
  404: "There is no such translation or resource.",
  405: "The route has no such method.",
  409: "The first request with this Idempotency-Key is still running, or two ids of an export want the same place.",
  410: "The cursor stands before the oldest event that is kept.",
  412: "The translation changed since it was read.",
  413: "The body is over 4 MiB, or has too many items.",
  415: "The body is not application/json.",
  422: "A field of the request is not valid.",
  428: "The request needs If-Match.",
  429: "Too many requests, or too many texts that wait.",
  500: "The server failed.",
  503: "The database does not answer, or the server has no room. Retry-After says when to try again.",
};

/** @param prefix The path under which the routes are mounted. */
export function openApiDocument(routes: readonly Route[], prefix = ""): OpenApiDocument {
  const components = new Components();
  const paths: Record<string, Record<string, Operation>> = {};
  for (const route of routes) {
    const path = documentPath(route.path);
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route, components) };
  }
  const used = new Set(routes.flatMap(problemsOf));
  components.add(Problem, "output");
  return {
    openapi: "3.1.0",
    info: {
      title: "Trans-Hub",
      version,
      description:
        "Register texts, read their translations, review and operate. Clients must ignore fields and codes that they do not know: a later release may add some.",
    },
    servers: [{ url: prefix === "" ? "/" : prefix }],
    security: [{ token: [] }],
    paths,
    components: {
      schemas: components.schemas,
      securitySchemes: {
        token: { type: "http", scheme: "bearer", description: "`trans-hub tokens create` makes one." },
      },
      responses: Object.fromEntries(
        [...used].sort((one, other) => one - other).map((status) => [`Problem${status}`, problemResponse(status)]),
      ),
    },
  };
}

/** The statuses of problems that a route may answer, lowest first. */
export function problemsOf(route: Route): ProblemStatus[] {
  // An unknown field of a query is refused everywhere.
  const found = new Set<ProblemStatus>([400, ...(route.problems ?? [])]);
  if (!route.public) for (const status of [401, 403, 422, 429, 503] as const) found.add(status);
  // A body that comes with a DELETE is looked at too.
  if (route.method !== "GET") for (const status of [413, 415] as const) found.add(status);
  return [...found].sort((one, other) => one - other);
}

/** `/v1/projects/:project/translations:read` is `/v1/projects/{project}/translations:read`. */
export function documentPath(path: string): string {
  return path.replaceAll(/\/:(\w+)/g, "/{$1}");
}

function operationOf(route: Route, components: Components): Operation {
  const parameters = [...parametersIn("path", route, components), ...parametersIn("query", route, components)];
  return {
    operationId: route.name,
    summary: route.summary,
    ...(route.description !== undefined && { description: route.description }),
    tags: [route.path.split("/")[2] === "projects" ? "project" : "fleet"],
    ...(route.public ? { security: [] } : { "x-trans-hub-scope": route.scope ?? "" }),
    ...(parameters.length > 0 && { parameters }),
    ...(route.body !== undefined && {
      requestBody: {
        required: true as const,
        content: { "application/json": { schema: components.add(route.body, "input") } },
      },
    }),
    responses: {
      ...Object.fromEntries(
        Object.entries(route.answers).map(([status, schema]) => [
          status,
          route.stream === undefined || status !== "200" ? answerOf(schema, components) : streamOf(route.stream),
        ]),
      ),
      ...Object.fromEntries(
        problemsOf(route).map((status) => [status, { $ref: `#/components/responses/Problem${status}` }]),
      ),
    },
  };
}

function answerOf(schema: z.ZodType | null, components: Components): object {
  if (schema === null) return { description: "Done." };
  return {
    description: schema.description ?? "Done.",
    content: { "application/json": { schema: components.add(schema, "output") } },
  };
}

function streamOf(type: string): object {
  return {
    description: "A stream that ends with the connection.",
    content: { [type]: { schema: { type: "string" } } },
  };
}

function problemResponse(status: ProblemStatus): object {
  const retryAfter = { "Retry-After": { description: "Seconds.", schema: { type: "integer", minimum: 0 } } };
  return {
    description: TITLES[status],
    ...((status === 429 || status === 503) && { headers: retryAfter }),
    content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
  };
}

function parametersIn(place: "path" | "query", route: Route, components: Components): Parameter[] {
  const schema = place === "path" ? (route.params ?? pathSchema(route.path)) : route.query;
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = components.add(schema, "input");
  return Object.entries(properties).map(([name, property]) => {
    const { description, ...own } = property as JsonSchema;
    return {
      name,
      in: place,
      required: place === "path" || required.includes(name),
      ...(description !== undefined && { description }),
      schema: own,
    };
  });
}

function pathSchema(path: string): z.ZodObject {
  const names = [...path.matchAll(/\/:(\w+)/g)].map(([, name = ""]) => name);
  return z.object(Object.fromEntries(names.map((name) => [name, z.string().min(1).max(255)])));
}

/** The schemas that have a name stand once in the document, and others refer to them. */
class Components {
  readonly schemas: Record<string, JsonSchema> = {};

  /** The schema for its place in the document. */
  add(schema: z.ZodType, io: "input" | "output"): JsonSchema {
    const { $schema: _, ...root } = documentSchemaOf(schema, io) as JsonSchema;
    const hasNamed = Object.keys(root.$defs ?? {});
    const placed = this.#hoist(root) as JsonSchema;
    const { id } = schema.meta() ?? {};
    if (typeof id !== "string") return placed;
    // zod refers to a named root like to any other named schema, or gives it in place.
    if (!hasNamed.includes(id)) this.#put(id, placed);
    return { $ref: `#/components/schemas/${id}` };
  }

  /** Takes the definitions out of a schema, at any depth, and lets its references point to the document's components. */
  #hoist(schema: unknown): unknown {
    if (Array.isArray(schema)) return schema.map((each) => this.#hoist(each));
    if (typeof schema !== "object" || schema === null) return schema;
    const { $defs = {}, ...own } = schema as { $defs?: Record<string, JsonSchema> };
    for (const [id, named] of Object.entries($defs)) this.#put(id, this.#hoist(named) as JsonSchema);
    return Object.fromEntries(
      Object.entries(own).map(([key, value]) => [
        key,
        key === "$ref" && typeof value === "string"
          ? value.replace("#/$defs/", "#/components/schemas/")
          : this.#hoist(value),
      ]),
    );
  }

  #put(id: string, schema: JsonSchema): void {
    const { id: _, ...own } = schema as JsonSchema & { id?: string };
    const known = this.schemas[id];
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(own)) {
      throw new Error(`two schemas of the document have the name ${id}`);
    }
    this.schemas[id] = own;
  }
}
