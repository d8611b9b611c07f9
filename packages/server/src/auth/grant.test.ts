import { describe, expect, test } from "vitest";
import { type Grant, type Identity, principalFor, requireLocales } from "./grant.ts";
import type { Scope } from "./principal.ts";

const grant = (projects: Grant["projects"], scopes: Scope[], locales?: string[]): Grant => ({
  projects,
  scopes: new Set(scopes),
  ...(locales && { locales: new Set(locales) }),
});
const person = (...grants: Grant[]): Identity => ({ subject: "mia", kind: "proxy", grants });
const errorOf = (act: () => unknown) => {
  try {
    act();
    return undefined;
  } catch (error) {
    return error as { code: string; hint: string; headers: Record<string, string> };
  }
};

describe("the principal of an act", () => {
  test("has the rights of the grants that reach the project and have the scope, and no others", () => {
    const mia = person(
      grant(["shop"], ["read", "review"], ["fr"]),
      grant(["shop"], ["review"], ["de"]),
      grant(["shop", "blog"], ["read"]),
      grant("*", ["feed"]),
    );
    expect(principalFor(mia, { scope: "review", wall: "project" }, "shop")).toMatchObject({
      subject: "mia",
      projects: ["shop"],
      locales: new Set(["fr", "de"]),
    });
    // A grant without locales reads every one.
    expect(principalFor(mia, { scope: "read", wall: "project" }, "shop").locales).toBeUndefined();
    // The rights of two projects are not mixed.
    expect(errorOf(() => principalFor(mia, { scope: "review", wall: "project" }, "blog"))?.hint).toBe(
      "It wants the scope review.",
    );
    expect(errorOf(() => principalFor(mia, { scope: "read", wall: "fleet" }, undefined))?.hint).toBe(
      "It wants the scope read.",
    );
    expect(principalFor(mia, { scope: "feed", wall: "fleet" }, undefined).projects).toBe("*");
  });

  test("is refused alike for a project of others and for one that does not exist", () => {
    const mia = person(grant(["shop"], ["read"]));
    const guard = { scope: "read", wall: "project" } as const;
    const refused = ["blog", "Shop", "shop ", "shop/", "*", "", "..", "shop\0", "sh%6Fp"].map((project) =>
      errorOf(() => principalFor(mia, guard, project)),
    );
    for (const error of refused) expect(error).toMatchObject({ code: "TH_FORBIDDEN" });
    expect(new Set(refused.map((error) => error?.hint)).size).toBe(1);
  });

  test("a project named * is no wildcard of the path", () => {
    expect(
      errorOf(() => principalFor(person(grant(["shop"], ["read"])), { scope: "read", wall: "project" }, "*"))?.code,
    ).toBe("TH_FORBIDDEN");
  });

  test("is refused with the scope that is missing, also for programs", () => {
    const error = errorOf(() =>
      principalFor(person(grant("*", ["read"])), { scope: "operate", wall: "fleet" }, undefined),
    );
    expect(error?.headers["www-authenticate"]).toBe(
      'Bearer realm="trans-hub", error="insufficient_scope", scope="operate"',
    );
  });

  test("a login without a group may do nothing", () => {
    expect(errorOf(() => principalFor(person(), { scope: "read", wall: "project" }, "shop"))?.code).toBe(
      "TH_FORBIDDEN",
    );
  });
});

describe("a principal for some locales", () => {
  const french = principalFor(
    person(grant(["shop"], ["review"], ["fr", "pt-BR"])),
    { scope: "review", wall: "project" },
    "shop",
  );

  test.for([[["fr"]], [["fr", "PT-br"]], ["fr"], [["pt_BR"]]] as const)("acts on %j", ([locales]) => {
    expect(() => requireLocales(french, () => locales)).not.toThrow();
  });

  test.for([[["de"]], [["fr", "de"]], ["fr-CA"], ["pt"], [undefined]] as const)("does not act on %j", ([locales]) => {
    expect(errorOf(() => requireLocales(french, () => locales))?.code).toBe("TH_FORBIDDEN");
  });

  test("a locale that is none is told so", () => {
    expect(errorOf(() => requireLocales(french, () => ["klingon-language"]))?.code).toBe("TH_LOCALE");
  });
});
