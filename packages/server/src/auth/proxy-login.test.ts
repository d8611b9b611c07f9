import { SettingsError } from "@trans-hub/core";
import { describe, expect, test } from "vitest";
import { ProxyLogin, type ProxyLoginOptions } from "./proxy-login.ts";

const OPTIONS: ProxyLoginOptions = {
  header: "X-Forwarded-User",
  groupsHeader: "X-Forwarded-Groups",
  trustedProxies: ["10.0.0.7"],
  groups: {
    french: { projects: ["shop"], scopes: ["read", "review"], locales: ["FR", "fr-ca"] },
    ops: { projects: "*", scopes: ["operate"] },
    "*": { projects: ["shop"], scopes: ["read"] },
  },
};
const login = new ProxyLogin(OPTIONS);

function identify(headers: string[], remoteAddress = "10.0.0.7") {
  return login.identify({ method: "GET", headers: {}, rawHeaders: headers, remoteAddress });
}

describe("the login of a proxy", () => {
  test("has the name and the groups that the proxy says, and everybody's rights", () => {
    expect(identify(["x-forwarded-user", "mia@example.com", "X-FORWARDED-GROUPS", "french, nobody,ops"])).toEqual({
      subject: "mia@example.com",
      kind: "proxy",
      grants: [
        { projects: ["shop"], scopes: new Set(["read"]), locales: undefined },
        { projects: ["shop"], scopes: new Set(["read", "review"]), locales: new Set(["fr", "fr-CA"]) },
        { projects: "*", scopes: new Set(["operate"]), locales: undefined },
      ],
    });
  });

  test("counts from its own addresses only, also where the socket is for both kinds of addresses", () => {
    const headers = ["X-Forwarded-User", "mia"];
    expect(identify(headers, "::ffff:10.0.0.7")).toBeDefined();
    for (const address of ["10.0.0.8", "127.0.0.1", "::ffff:10.0.0.8", ""]) {
      expect(identify(headers, address), address).toBeUndefined();
    }
    // The address that a client says it has is not looked at.
    expect(identify([...headers, "X-Forwarded-For", "10.0.0.7"], "192.0.2.1")).toBeUndefined();
  });

  test("that says its name or its groups twice is refused: one of them may be the client's", () => {
    for (const headers of [
      ["X-Forwarded-User", "mia", "x-forwarded-user", "admin"],
      ["X-Forwarded-User", "mia", "X-Forwarded-Groups", "french", "X-forwarded-Groups", "ops"],
    ]) {
      expect(() => identify(headers)).toThrow(expect.objectContaining({ code: "TH_HTTP_REQUEST" }));
    }
    // From elsewhere neither is there.
    expect(identify(["X-Forwarded-User", "mia", "X-Forwarded-User", "admin"], "192.0.2.1")).toBeUndefined();
  });

  test("without a name is none, and a name that looks like another header is not read", () => {
    for (const headers of [
      [],
      ["X-Forwarded-User", ""],
      ["X-Forwarded-User", "   "],
      ["X_Forwarded_User", "mia"],
      ["X-Forwarded-User-Name", "mia"],
      ["X-Forwarded-Groups", "ops"],
    ]) {
      expect(identify(headers), String(headers)).toBeUndefined();
    }
  });

  test("may have a name in any script, in UTF-8 or in Latin-1, up to its bytes", () => {
    const latin1 = (text: string) => Buffer.from(text, "utf8").toString("latin1");
    expect(identify(["X-Forwarded-User", latin1("Мария")])?.subject).toBe("Мария");
    expect(identify(["X-Forwarded-User", "J\u00fcrgen"])?.subject).toBe("Jürgen");
    expect(() => identify(["X-Forwarded-User", "x".repeat(256)])).toThrow(
      expect.objectContaining({ code: "TH_HTTP_REQUEST" }),
    );
  });

  test("cannot take everybody's name for a group of more", () => {
    expect(identify(["X-Forwarded-User", "mia", "X-Forwarded-Groups", "*"])?.grants).toHaveLength(1);
    expect(
      identify(["X-Forwarded-User", "mia", "X-Forwarded-Groups", "__proto__,constructor,FRENCH"])?.grants,
    ).toHaveLength(1);
  });
});

describe("settings of a proxy login", () => {
  test.for([
    [{ header: "authorization" }, /^proxy.header: must not be authorization/],
    [{ header: "X Forwarded" }, /^proxy.header: must be the name of a header/],
    [{ header: "" }, /^proxy.header: /],
    [{ groupsHeader: "x-forwarded-USER" }, /^proxy.groupsHeader: must be another header/],
    [{ groupsHeader: undefined }, /^proxy.groups: names groups, and proxy.groupsHeader/],
    [{ trustedProxies: [] }, /^proxy.trustedProxies: names no address/],
    [{ groups: {} }, /^proxy.groups: names no group/],
    [{ groups: [] as never }, /^proxy.groups: must be an object/],
    [
      { groups: { a: { projects: ["shop"], scopes: ["reed"] } } as never },
      /^proxy.groups: a.scopes.0: must be one of request/,
    ],
    [{ groups: { a: { projects: "shop", scopes: ["read"] } } as never }, /^proxy.groups: a.projects: must be a list/],
    [{ groups: { a: { projects: ["*"], scopes: ["read"] } } }, /^proxy.groups: a.projects: \* stands alone/],
    [
      { groups: { a: { projects: ["shop"], scopes: ["read"], locales: ["xx-nowhere"] } } },
      /^proxy.groups: a.locales: /,
    ],
    [{ groups: { a: { projects: ["shop"], scopes: ["read"], local: ["fr"] } } as never }, /^proxy.groups: a: /],
  ] as [Partial<ProxyLoginOptions>, RegExp][])("with %j are refused", ([part, problem]) => {
    const make = () => new ProxyLogin({ ...OPTIONS, ...part });
    expect(make).toThrow(SettingsError);
    expect(make).toThrow(problem);
  });
});
