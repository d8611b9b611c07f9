/** The document of the routes, for whoever asks. */
import { z } from "zod";
import { openApiDocument } from "../openapi.ts";
import { defineRoute, type Route } from "../route.ts";

/** @param routes The whole table; asked when the document is first wanted. */
export function documentRoute(routes: () => readonly Route[]): Route {
  const documents = new Map<string, object>();
  return defineRoute({
    method: "GET",
    path: "/v1/openapi.json",
    name: "openApi",
    summary: "This document.",
    public: true,
    answers: { 200: z.looseObject({ openapi: z.string(), paths: z.looseObject({}) }) },
    handle({ request, reply }) {
      // The part of the path before the pattern: the place at which the routes are mounted.
      const prefix = request.routeOptions.url?.slice(0, -"/v1/openapi.json".length) ?? "";
      const document = documents.get(prefix) ?? openApiDocument(routes(), prefix);
      documents.set(prefix, document);
      reply.header("cache-control", "public, max-age=300");
      return document as { openapi: string; paths: Record<string, unknown> };
    },
  });
}
