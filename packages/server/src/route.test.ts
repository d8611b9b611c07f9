/** The compiler refuses a route without a guard; `tsc` fails where one of these lines has no error. */
import { expect, test } from "vitest";
import { z } from "zod";
import { routerPath } from "./app.ts";
import { defineRoute } from "./route.ts";

const rest = {
  method: "GET",
  name: "x",
  summary: "X.",
  answers: { 200: z.strictObject({}) },
  handle: () => ({}),
} as const;

test("a route has a scope and the wall of its path, or is public", () => {
  // @ts-expect-error no scope
  defineRoute({ ...rest, path: "/v1/projects/:project/x", wall: "project" });
  // @ts-expect-error no wall
  defineRoute({ ...rest, path: "/v1/projects/:project/x", scope: "read" });
  // @ts-expect-error the path has a project
  defineRoute({ ...rest, path: "/v1/projects/:project/x", scope: "read", wall: "fleet" });
  // @ts-expect-error the path has no project
  defineRoute({ ...rest, path: "/v1/x", scope: "read", wall: "project" });
  // @ts-expect-error there is no such scope
  defineRoute({ ...rest, path: "/v1/x", scope: "reed", wall: "fleet" });
  const route = defineRoute({ ...rest, path: "/v1/x", scope: "read", wall: "fleet" });
  expect([route.scope, route.wall]).toEqual(["read", "fleet"]);
  expect(defineRoute({ ...rest, path: "/v1/y", public: true }).public).toBe(true);
});

test("a colon begins a parameter at the beginning of a segment alone", () => {
  expect(routerPath("/v1/projects/:project/translations:read")).toBe("/v1/projects/:project/translations::read");
  expect(routerPath("/v1/projects/:project:cancel")).toBe("/v1/projects/:project(.*)::cancel");
});
