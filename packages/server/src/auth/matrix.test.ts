/**
 * Each route × each kind of caller, made from the table of routes: exactly the expected callers come through. A new route is in it
 * without a line here.
 */
import { Coordinator, type TokenOptions } from "@trans-hub/core";
import { InMemoryPersistenceHandler } from "@trans-hub/core/testing";
import { startGuarded } from "@trans-hub/test-support/guarded-server";
import { askRaw, type RawAnswer } from "@trans-hub/test-support/raw-http";
import { test as base } from "@trans-hub/test-support/store";
import type pg from "pg";
import { describe, expect } from "vitest";
import { defineRoute, type Route } from "../route.ts";
import { ROUTES } from "../routes/index.ts";
import { documentSchemaOf } from "../schema.ts";
import type { Server } from "../server.ts";
import { SCOPES, type Scope } from "./principal.ts";

const PROJECT = "shop";
const OTHER = "blog";
/** Of this machine, and no proxy's. */
const STRANGER = "127.0.0.2";

const GUARDED = ROUTES.filter((route) => !route.public);
const nameOf = ({ method, path }: Route) => `${method} ${path}`;

// --- An example of each route, from its schemas ---

type Schema = {
  type?: string;
  const?: unknown;
  enum?: unknown[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  minimum?: number;
  format?: string;
  pattern?: string;
  $ref?: string;
  $defs?: Record<string, Schema>;
};

const isLocaleName = (name: string) => /^(target)?locales?$/i.test(name);

/** A value that the schema takes: what it must have, and each field that names a locale. */
function example(schema: Schema, name: string, locale: string, known: Record<string, Schema> = {}): unknown {
  const defs = { ...known, ...schema.$defs };
  if (schema.$ref !== undefined) return example(defs[schema.$ref.replace(/.*\//, "")] ?? {}, name, locale, defs);
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return schema.enum[0];
  const choice = schema.anyOf?.[0] ?? schema.oneOf?.[0];
  if (choice !== undefined) return example(choice, name, locale, defs);
  switch (schema.type) {
    case "object": {
      const fields = Object.entries(schema.properties ?? {}).filter(
        ([field]) => schema.required?.includes(field) || isLocaleName(field),
      );
      return Object.fromEntries(fields.map(([field, kind]) => [field, example(kind, field, locale, defs)]));
    }
    case "array":
      return [example(schema.items ?? {}, name, locale, defs)];
    case "integer":
    case "number":
      return schema.minimum ?? 1;
    case "boolean":
      return true;
    case "null":
      return null;
    default:
      return word(schema, name, locale);
  }
}

function word({ format, pattern }: Schema, name: string, locale: string): string {
  if (isLocaleName(name)) return locale;
  if (name === "project") return PROJECT;
  if (name === "per") return "day";
  if (name === "sourceLocale") return "en";
  if (name === "currency") return "USD";
  if (name === "amount") return "1";
  if (name === "url" || format === "uri") return "https://hooks.example.com/trans-hub";
  if (format === "date-time") return "2026-11-30T00:00:00Z";
  if (format === "uuid") return "00000000-0000-4000-8000-000000000000";
  return pattern !== undefined && /\d|0-9/.test(pattern) ? "1" : "x";
}

interface Example {
  path: string;
  query: Record<string, string>;
  body: unknown;
}

/** @param locale In each place that names one; undefined: they are left out where they may be. */
function exampleOf({ path, params, query, body }: Route, locale: string, project = PROJECT): Example {
  const of = (schema: Route["body"]) =>
    schema === undefined ? undefined : example(documentSchemaOf(schema, "input") as Schema, "", locale);
  const given = { ...(of(params) as Record<string, string> | undefined) };
  const filled = path.replaceAll(/(^|\/):(\w+)/g, (_, slash: string, name: string) => {
    const value =
      name === "project"
        ? project
        : isLocaleName(name)
          ? locale
          : (given[name] ?? (name === "id" ? "1-0" : word({}, name, locale)));
    return `${slash}${encodeURIComponent(value)}`;
  });
  return { path: filled, query: (of(query) ?? {}) as Record<string, string>, body: of(body) };
}

// --- Callers ---

interface Caller {
  token?: string;
  /** The headers of a proxy. */
  login?: [user: string, groups: string];
  from?: string;
  authorization?: string;
}

interface Fixture {
  server: Server;
  db: pg.Pool;
  hub: Coordinator;
  make(options: TokenOptions): Promise<string>;
  ask(route: Route, caller: Caller, given?: { locale?: string; project?: string; method?: string }): Promise<RawAnswer>;
}

const test = base.extend("matrix", async ({ db, store }, { onCleanup }): Promise<Fixture> => {
  const everything = { projects: "*", scopes: SCOPES } as const;
  const groups = {
    everything,
    french: { projects: [PROJECT], scopes: SCOPES, locales: ["fr"] },
    ...Object.fromEntries(SCOPES.map((scope) => [scope, { projects: "*", scopes: [scope] } as const])),
    [OTHER]: { projects: [OTHER], scopes: SCOPES },
  };
  const { server, hub, close } = await startGuarded(store, groups);
  onCleanup(close);
  return {
    server,
    db,
    hub,
    make: async (options) => (await hub.createToken(options)).token,
    ask(
      route,
      { token, login, from = STRANGER, authorization },
      { locale = "fr", project, method = route.method } = {},
    ) {
      const { path, query, body } = exampleOf(route, locale, project);
      const search = new URLSearchParams(query).toString();
      const credential = token === undefined ? authorization : `Bearer ${token}`;
      return askRaw({
        port: server.port,
        method,
        path: search === "" ? path : `${path}?${search}`,
        from,
        headers: [
          ["Prefer", "wait=0"],
          ...(credential === undefined ? [] : [["Authorization", credential] as const]),
          ...(login === undefined
            ? []
            : [["X-Forwarded-User", login[0]] as const, ["X-Forwarded-Groups", login[1]] as const]),
          ...(body === undefined ? [] : [["Content-Type", "application/json"] as const]),
        ],
        body,
      });
    },
  };
});

const codeOf = ({ json }: RawAnswer) => (json as { code?: string } | undefined)?.code;
/** Came through the guards. A request may still be of another form than its route takes: its example is made by rule. */
const cameThrough = (answer: RawAnswer) =>
  ![401, 403, 405, 415, 429, 500].includes(answer.status) && codeOf(answer) !== "TH_NO_ROUTE";
/** The route's own handler has answered. */
const wasHandled = (answer: RawAnswer) => cameThrough(answer) && answer.status !== 400;

/** Everything in our tables, but for tokens and pauses of the test's own. */
async function contentOf(db: pg.Pool): Promise<string> {
  const { rows } = await db.query<{ name: string }>(
    "select relname::text as name from pg_class where relnamespace = 'trans_hub'::regnamespace and relkind = 'r' order by 1",
  );
  const parts: string[] = [];
  for (const { name } of rows) {
    if (name === "api_token") continue;
    const { rows: content } = await db.query<{ all: string }>(
      `select coalesce(string_agg(t::text, '|' order by t::text), '') as all from trans_hub.${name} as t`,
    );
    parts.push(`${name}: ${content[0]?.all}`);
  }
  return parts.join("\n");
}

describe("the table of routes", () => {
  test("has a scope and a wall for each route, and one public route", () => {
    expect(
      GUARDED.filter(({ scope, wall }) => !SCOPES.includes(scope as Scope) || wall === undefined).map(nameOf),
    ).toEqual([]);
    expect(ROUTES.filter((route) => route.public).map(nameOf)).toEqual(["GET /v1/openapi.json"]);
  });

  test("has the wall of the project around each path of a project", () => {
    const wrong = GUARDED.filter(
      ({ path, wall }) => (wall === "project") !== /^\/v1\/projects\/:project(\W|$)/.test(path),
    );
    expect(wrong.map(nameOf)).toEqual([]);
  });

  test("says of each route that names a target locale which ones it touches", () => {
    const names = (route: Route) => {
      const { path, query, body } = exampleOf(route, "fr");
      return (
        /\/fr(\W|$)/.test(path) || [query, body].some((part) => /"(target)?locales?"/i.test(JSON.stringify(part ?? "")))
      );
    };
    expect(GUARDED.filter((route) => names(route) && route.locale === undefined).map(nameOf)).toEqual([]);
  });

  test("takes no route without a guard", () => {
    const handle = () => undefined;
    const answers = { 204: null } as const;
    const rest = { method: "GET", path: "/v1/x", name: "x", summary: "X.", answers, handle } as const;
    const inProject = { ...rest, path: "/v1/projects/:project/x" } as const;
    // @ts-expect-error There is no scope.
    defineRoute({ ...rest, wall: "fleet" });
    // @ts-expect-error There is no wall.
    defineRoute({ ...rest, scope: "read" });
    // @ts-expect-error There is no such scope.
    defineRoute({ ...rest, scope: "reed", wall: "fleet" });
    // @ts-expect-error A path of a project has the project's wall.
    defineRoute({ ...inProject, scope: "read", wall: "fleet" });
    // @ts-expect-error A public route has no scope.
    defineRoute({ ...rest, public: true, scope: "read" });
    defineRoute({ ...inProject, scope: "read", wall: "project" });
  });
});

describe("a caller", { timeout: 120_000 }, () => {
  test("who is nobody, or no more, gets 401 everywhere, and one with other rights 403, and neither changes a row", async ({
    matrix: { hub, db, make, ask },
  }) => {
    await hub.request({ text: "Pay", businessId: "x", project: PROJECT }, { targetLocales: ["fr", "de"] });
    const everything: TokenOptions = { projects: "*", scopes: SCOPES };
    const good = await make(everything);
    const revoked = await hub.createToken(everything);
    await hub.revokeToken(revoked.id);
    const nobody: Record<string, Caller> = {
      none: {},
      garbage: { authorization: "Bearer garbage" },
      "a token that was cut": { token: good.slice(0, -1) },
      "a token without its scheme": { authorization: good },
      "another scheme": { authorization: `Basic ${Buffer.from(`x:${good}`).toString("base64")}` },
      "a good form that nobody made": {
        token: (await new Coordinator(new InMemoryPersistenceHandler()).createToken(everything)).token,
      },
      expired: { token: await make({ ...everything, expiresInSeconds: 0.001 }) },
      revoked: { token: revoked.token },
      "the proxy's header from elsewhere": { login: ["mia", "everything"] },
      "the proxy's header beside a bad token, from the proxy": {
        login: ["mia", "everything"],
        from: "127.0.0.1",
        token: good.replace(/.$/, (last) => (last === "x" ? "y" : "x")),
      },
    };
    const forbidden: Record<string, [Caller, (route: Route) => boolean]> = {
      "a token of another project": [{ token: await make({ projects: [OTHER], scopes: SCOPES }) }, () => true],
      "a login of another project": [{ login: ["mia", OTHER], from: "127.0.0.1" }, () => true],
      "a login without a known group": [{ login: ["mia", "nobody"], from: "127.0.0.1" }, () => true],
      "a token of the project, of the fleet": [
        { token: await make({ projects: [PROJECT], scopes: SCOPES }) },
        ({ wall }) => wall === "fleet",
      ],
      ...Object.fromEntries(
        await Promise.all(
          SCOPES.map(async (scope) => [
            `a token of the scope ${scope} alone`,
            [{ token: await make({ projects: "*", scopes: [scope] }) }, (route: Route) => route.scope !== scope],
          ]),
        ),
      ),
    };
    const before = await contentOf(db);
    const wrong: string[] = [];
    let asked = 0;
    const expectAll = async (callers: [string, Caller][], status: number, code: string, route: Route) => {
      for (const method of route.method === "GET" ? (["GET", "HEAD"] as const) : [route.method]) {
        for (const [name, caller] of callers) {
          const answer = await ask(route, caller, { method });
          asked += 1;
          const isRight = answer.status === status && (method === "HEAD" || codeOf(answer) === code);
          const isTold = status !== 401 || /^Bearer /.test(String(answer.headers["www-authenticate"]));
          if (!isRight || !isTold) wrong.push(`${method} ${route.path}: ${name}: ${answer.status} ${answer.text}`);
        }
      }
    };
    for (const route of GUARDED) {
      await expectAll(Object.entries(nobody), 401, "TH_UNAUTHORIZED", route);
      const refused = Object.entries(forbidden).filter(([, [, isRefused]]) => isRefused(route));
      await expectAll(
        refused.map(([name, [caller]]) => [name, caller]),
        403,
        "TH_FORBIDDEN",
        route,
      );
    }
    expect(wrong).toEqual([]);
    expect(asked).toBeGreaterThan(GUARDED.length * 15);
    expect(await contentOf(db)).toBe(before);
  });

  test("with the scope of the route comes through, by a token and by a scripted login of the proxy", async ({
    matrix: { hub, make, ask },
  }) => {
    await hub.request({ text: "Pay", businessId: "x", project: PROJECT }, { targetLocales: ["fr", "de"] });
    const tokens = new Map<Scope, Caller[]>();
    for (const scope of SCOPES) {
      tokens.set(scope, [
        { token: await make({ projects: "*", scopes: [scope] }) },
        { token: await make({ projects: [OTHER, PROJECT], scopes: [scope] }) },
        { login: ["mia@example.com", `nobody, ${scope}`], from: "127.0.0.1" },
      ]);
    }
    const wrong: string[] = [];
    for (const route of GUARDED) {
      const [all, some, login] = tokens.get(route.scope as Scope) ?? [];
      for (const caller of [all, ...(route.wall === "project" ? [some] : []), login]) {
        const answer = await ask(route, caller ?? {});
        if (!cameThrough(answer)) wrong.push(`${nameOf(route)}: ${answer.status} ${answer.text}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  test("for some locales comes through for these, and gets 403 for others and for all at once", async ({
    matrix: { make, ask },
  }) => {
    const callers: Caller[] = [
      { token: await make({ projects: "*", scopes: SCOPES, locales: ["fr"] }) },
      { login: ["mia", "french"], from: "127.0.0.1" },
    ];
    const wrong: string[] = [];
    let judged = 0;
    for (const route of GUARDED.filter(({ locale }) => locale !== undefined)) {
      for (const caller of route.wall === "fleet" ? callers.slice(0, 1) : callers) {
        const { query, body } = exampleOf(route, "fr");
        const touched = route.locale?.({ params: { locale: "fr", project: PROJECT }, query, body });
        judged += 1;
        const french = await ask(route, caller, { locale: "fr" });
        const isRight = touched === undefined ? codeOf(french) === "TH_FORBIDDEN" : wasHandled(french);
        if (!isRight) wrong.push(`fr: ${nameOf(route)}: ${french.status} ${french.text}`);
        for (const locale of ["de", "fr-CA"]) {
          const other = await ask(route, caller, { locale });
          if (other.status !== 403 || codeOf(other) !== "TH_FORBIDDEN") {
            wrong.push(`${locale}: ${nameOf(route)}: ${other.status} ${other.text}`);
          }
        }
      }
    }
    expect(wrong).toEqual([]);
    expect(judged).toBeGreaterThan(8);
  });
});
