import { readFileSync } from "node:fs";
import { Validator } from "@seriousme/openapi-schema-validator";
import { describe, expect, test } from "vitest";
import { documentPath, openApiDocument } from "./openapi.ts";
import { breaksOf, withoutWords } from "./openapi-breaks.ts";
import { ROUTES } from "./routes/index.ts";

const document = openApiDocument(ROUTES);
const released = JSON.parse(readFileSync(new URL("../openapi.json", import.meta.url), "utf8"));

describe("the OpenAPI document", () => {
  test("is one of OpenAPI 3.1", async () => {
    const { valid, errors } = await new Validator().validate({ ...structuredClone(document) });
    expect(errors ?? []).toEqual([]);
    expect(valid).toBe(true);
  });

  test("has every route, each with a name of its own and a guard, and no other", () => {
    const listed = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    expect(listed.sort()).toEqual(
      ROUTES.map(({ method, path }) => `${method.toLowerCase()} ${documentPath(path)}`).sort(),
    );
    const names = ROUTES.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { path, scope, wall, public: isPublic } of ROUTES) {
      if (path === "/v1/openapi.json") expect(isPublic).toBe(true);
      else
        expect([scope, wall], path).toEqual([
          expect.any(String),
          path.startsWith("/v1/projects/:project") ? "project" : "fleet",
        ]);
    }
  });

  test("breaks no client of the released one", () => {
    expect(breaksOf(released, document)).toEqual([]);
  });

  test("is the released one (node scripts/openapi.ts --write writes it)", () => {
    expect(withoutWords(released)).toEqual(withoutWords(JSON.parse(JSON.stringify(document))));
  });
});

describe("a break of the document", () => {
  const change = (edit: (changed: never) => void) => {
    const changed = JSON.parse(JSON.stringify(document));
    edit(changed as never);
    return breaksOf(document, changed);
  };
  const request = (changed: { paths: Record<string, Record<string, never>> }) =>
    changed.paths["/v1/projects/{project}/requests"]?.post as unknown as {
      responses: Record<string, unknown>;
      requestBody: { content: Record<string, { schema: { properties: Record<string, unknown>; required: string[] } }> };
      parameters: object[];
    };

  test("is a removed route, status or field, a new duty, and a narrower value", () => {
    expect(change((changed: { paths: Record<string, unknown> }) => delete changed.paths["/v1/status"])).toEqual([
      "/v1/status: removed",
    ]);
    expect(change((changed) => delete request(changed).responses[200])).toEqual(["request: the status 200 is removed"]);
    expect(
      change((changed) => request(changed).parameters.push({ name: "x", in: "query", required: true, schema: {} })),
    ).toEqual(["request: the parameter x is required now"]);
    const schemaOf = (changed: never) => request(changed).requestBody.content["application/json"]?.schema;
    expect(change((changed) => schemaOf(changed)?.required.push("tag"))).toEqual([
      "request: body: tag is required now",
    ]);
    expect(change((changed) => delete schemaOf(changed)?.properties.tag)).toEqual(["request: body: tag is removed"]);
    type Components = {
      components: {
        schemas: Record<
          string,
          { properties: Record<string, { type?: unknown; enum?: unknown[] }>; required: string[] }
        >;
      };
    };
    const removed = change((changed: Components) => delete changed.components.schemas.Receipt?.properties.failed);
    expect(removed).toEqual(["Receipt: failed is removed"]);
    const optional = change((changed: Components) => changed.components.schemas.Receipt?.required.splice(0, 1));
    expect(optional).toEqual(["Receipt: registered may be missing now"]);
    const other = change((changed: Components) => {
      const { failed } = changed.components.schemas.Receipt?.properties ?? {};
      if (failed) failed.type = "string";
    });
    expect(other).toEqual(["Receipt: failed has another type"]);
    const narrower = change((changed: Components) => {
      const format = JSON.stringify(changed.components.schemas.Name).replace('"markdown",', "");
      changed.components.schemas.Name = JSON.parse(format);
    });
    expect(narrower).toEqual(["Name: format: the value markdown is removed"]);
  });

  test("is no new route, status, optional field or value", () => {
    expect(
      change(
        (changed: {
          paths: Record<string, unknown>;
          components: { schemas: Record<string, { properties: Record<string, unknown>; required: string[] }> };
        }) => {
          changed.paths["/v1/new"] = {};
          request(changed as never).responses[418] = {};
          const { Receipt } = changed.components.schemas;
          if (Receipt) Receipt.properties.more = { type: "string" };
          Receipt?.required.push("more");
        },
      ),
    ).toEqual([]);
  });
});
