/** Who may do what, with real processes: a server, tokens of the command line, and a proxy with a login of its own. */
import { once } from "node:events";
import { request as ask, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type Commands, type Running, testOnDatabase as test } from "@trans-hub/test-support/command";
import { askRaw } from "@trans-hub/test-support/raw-http";
import { describe, expect, onTestFinished } from "vitest";

async function serve(commands: Commands, args: string[] = [], env: Record<string, string> = {}) {
  const server = commands.start(["serve", "--port", "0", ...args], { env: { TH_LOG_FORMAT: "json", ...env } });
  await server.says(/"msg":"server\.listening"|server\.listening/);
  return { server, port: portOf(server) };
}

function portOf({ stdout, stderr }: Running): number {
  return Number(/"port":(\d+)/.exec(stdout + stderr)?.[1]);
}

const bearer = (token: string) => ({ headers: [["Authorization", `Bearer ${token}`]] as const });

/** A proxy as oauth2-proxy is one: it knows its users by a cookie, and drops their own words about themselves. */
async function startProxy(target: number, users: Record<string, { user: string; groups: string }>): Promise<number> {
  const proxy = createServer((incoming, outgoing) => {
    const login = users[/session=(\w+)/.exec(incoming.headers.cookie ?? "")?.[1] ?? ""];
    if (login === undefined) {
      outgoing.writeHead(302, { location: "/login" }).end();
      return;
    }
    const {
      "x-forwarded-user": _,
      "x-forwarded-groups": __,
      cookie: ___,
      connection: ____,
      ...kept
    } = incoming.headers;
    const headers = { ...kept, "x-forwarded-user": login.user, "x-forwarded-groups": login.groups };
    const onward = ask(
      { host: "127.0.0.1", port: target, method: incoming.method, path: incoming.url, headers },
      (answer) => {
        const { connection: _____, ...told } = answer.headers;
        outgoing.writeHead(answer.statusCode ?? 502, told);
        answer.pipe(outgoing);
      },
    );
    incoming.pipe(onward);
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  onTestFinished(() => void proxy.close());
  return (proxy.address() as AddressInfo).port;
}

describe("a server", () => {
  test("that other machines reach refuses to start without a login, in one sentence, and starts with a token", async ({
    commands,
  }) => {
    const refused = await commands.run(["serve", "--host", "0.0.0.0", "--port", "0"], {
      env: { TH_LOG_FORMAT: "json" },
    });
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(
      /host: is an address that other machines reach, and there is neither a good token nor a proxy that knows its users/,
    );
    const { token, id } = await commands.json<{ token: string; id: string }>([
      ...["tokens", "create", "--projects", "shop", "--scopes", "read,feed", "--label", "mia"],
    ]);
    const { port, server } = await serve(commands, ["--host", "0.0.0.0"]);
    const path = "/v1/projects/shop/status";
    expect(await askRaw({ port, path })).toMatchObject({ status: 401, json: { code: "TH_UNAUTHORIZED" } });
    expect(await askRaw({ port, path, ...bearer(token) })).toMatchObject({ status: 200 });
    expect(await askRaw({ port, path: "/v1/projects/blog/status", ...bearer(token) })).toMatchObject({ status: 403 });

    // A wait and a stream that are open, and requests to come: all end with the token, within ten seconds.
    const waiting = askRaw({
      port,
      method: "POST",
      path: "/v1/projects/shop/translations:wait",
      headers: [...bearer(token).headers, ["Content-Type", "application/json"], ["Prefer", "wait=60"]],
      body: { items: ["Never requested"], targetLocale: "fr" },
    }).then(
      ({ status }) => status,
      (error: NodeJS.ErrnoException) => error.code,
    );
    const stream = await fetch(`http://127.0.0.1:${port}/v1/projects/shop/events/stream`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(stream.status).toBe(200);
    const streaming = stream.text().then(
      () => "ended",
      () => "cut",
    );
    await commands.json(["tokens", "revoke", id]);
    const revokedAt = performance.now();
    const status = async () => (await askRaw({ port, path, ...bearer(token) })).status;
    await expect.poll(status, { timeout: 20_000, interval: 100 }).toBe(401);
    const refusedAfter = performance.now() - revokedAt;
    expect(await waiting).toBe("ECONNRESET");
    expect(["ended", "cut"]).toContain(await streaming);
    const endedAfter = performance.now() - revokedAt;
    // Eight and two seconds by its clock, and the slowness of a busy machine.
    expect(refusedAfter).toBeLessThan(12_000);
    expect(endedAfter).toBeLessThan(14_000);

    // The id is in the log, the secret nowhere.
    server.kill("SIGTERM");
    const { stdout, stderr } = await server.ended();
    expect(stdout + stderr).toContain(`"tokenId":"${id}"`);
    expect(stdout + stderr).not.toContain(token.split("_")[2]);
  });

  test("behind a proxy knows the people that it names, with the rights of their groups", async ({ commands, db }) => {
    const groups = {
      french: { projects: ["shop"], scopes: ["read", "request"], locales: ["fr"] },
      ops: { projects: "*", scopes: ["operate"] },
      "*": { projects: ["shop"], scopes: ["read"] },
    };
    const env = {
      TH_AUTH_HEADER: "X-Forwarded-User",
      TH_AUTH_GROUPS_HEADER: "X-Forwarded-Groups",
      TH_AUTH_GROUPS: JSON.stringify(groups),
      TH_TRUSTED_PROXIES: "127.0.0.1",
      TH_HTTP_RATE: "1000",
    };
    const { port } = await serve(commands, [], env);
    const proxy = await startProxy(port, {
      one: { user: "mia@example.com", groups: "french" },
      two: { user: "ops@example.com", groups: "ops" },
      three: { user: "new@example.com", groups: "" },
    });
    const act = (session: string, path: string, body?: unknown, headers: (readonly [string, string])[] = []) =>
      askRaw({
        port: proxy,
        method: body === undefined ? "GET" : "POST",
        path,
        headers: [
          ["Cookie", `session=${session}`],
          ...(body === undefined ? [] : [["Content-Type", "application/json"] as const]),
          ...headers,
        ],
        body,
      });
    const requests = "/v1/projects/shop/requests";
    expect((await act("nobody", requests, {})).status).toBe(302);
    const registered = await act("one", requests, { items: ["Pay"], targetLocales: ["fr"] });
    expect(registered).toMatchObject({ status: 200, json: { registered: 1 } });
    expect(registered.headers).toMatchObject({
      "ratelimit-policy": '"caller";q=2000;w=2',
      ratelimit: expect.stringMatching(/^"caller";r=\d+;t=0$/),
    });
    for (const body of [
      { items: ["Pay"], targetLocales: ["de"] },
      { items: ["Pay"], targetLocales: ["fr", "de"] },
      { items: [{ text: "Pay", targetLocales: ["de"] }, "Back"], targetLocales: ["fr"] },
      { items: [{ text: "Pay", targetLocales: ["DE"] }] },
    ]) {
      const answer = await act("one", requests, body);
      expect(answer, JSON.stringify(body)).toMatchObject({ status: 403, json: { code: "TH_FORBIDDEN" } });
    }
    expect((await act("three", "/v1/projects/shop/status")).status).toBe(200);
    expect(await act("three", requests, { items: ["Pay"], targetLocales: ["fr"] })).toMatchObject({
      status: 403,
      json: { hint: "It wants the scope request." },
    });
    expect((await act("two", "/v1/pauses", { targetLocale: "fr" })).status).toBe(200);
    expect((await act("two", "/v1/projects/shop/status")).status).toBe(200);
    // A client that names itself is overwritten by this proxy, and judged as nobody without it.
    const boast = [
      ["X-Forwarded-User", "ops@example.com"],
      ["X-Forwarded-Groups", "ops"],
    ] as const;
    expect((await act("three", "/v1/pauses", {}, [...boast])).status).toBe(403);
    expect(
      (await askRaw({ port, path: "/v1/projects/shop/status", headers: [...boast], from: "127.0.0.2" })).status,
    ).toBe(401);
    const { rows } = await db.query("select array_agg(distinct target_locale) as locales from trans_hub.translation");
    expect(rows).toEqual([{ locales: ["fr"] }]);
  });

  test("with half of a proxy's settings, or with bad ones, names each of them", async ({ commands }) => {
    const start = async (env: Record<string, string>) => {
      const { code, stderr } = await commands.run(["serve", "--port", "0"], { env: { TH_LOG_FORMAT: "json", ...env } });
      return { code, stderr };
    };
    const half = await start({ TH_AUTH_HEADER: "X-Forwarded-User" });
    expect(half.code).toBe(2);
    expect(half.stderr).toMatch(/TH_TRUSTED_PROXIES: is missing: .*TH_AUTH_GROUPS: is missing/);
    const good = {
      TH_AUTH_HEADER: "X-Forwarded-User",
      TH_TRUSTED_PROXIES: "127.0.0.1",
      TH_AUTH_GROUPS: '{"*":{"projects":["a"],"scopes":["read"]}}',
    };
    const bad: [Record<string, string>, RegExp][] = [
      [{ TH_TRUSTED_PROXIES: "127.0.0.1,0.0.0.0/0" }, /TH_TRUSTED_PROXIES: entry 2 is every address/],
      [{ TH_AUTH_GROUPS: "{" }, /TH_AUTH_GROUPS: must be a JSON object/],
      [
        { TH_AUTH_GROUPS: '{"a":{"projects":["a"],"scopes":["read"]}}' },
        /TH_AUTH_GROUPS: names groups, and TH_AUTH_GROUPS_HEADER/,
      ],
      [
        { TH_AUTH_GROUPS: '{"*":{"projects":["a"],"scopes":["all"]}}' },
        /TH_AUTH_GROUPS: \*\.scopes\.0: must be one of/,
      ],
      [{ TH_AUTH_HEADER: "Authorization" }, /TH_AUTH_HEADER: must not be/],
    ];
    for (const [part, problem] of bad) {
      const { code, stderr } = await start({ ...good, ...part });
      expect(stderr).toMatch(problem);
      expect(code).toBe(2);
    }
  });

  test("with a rate refuses the requests beyond it, and says when the next may come", async ({ commands }) => {
    const { token } = await commands.json<{ token: string }>([
      "tokens",
      "create",
      "--projects",
      "shop",
      "--scopes",
      "read",
    ]);
    const other = await commands.json<{ token: string }>([
      "tokens",
      "create",
      "--projects",
      "shop",
      "--scopes",
      "read",
    ]);
    const { port } = await serve(commands, [], { TH_HTTP_RATE: "0.1" });
    const path = "/v1/projects/shop/status";
    expect((await askRaw({ port, path, ...bearer(token) })).status).toBe(200);
    const refused = await askRaw({ port, path, ...bearer(token) });
    expect(refused).toMatchObject({ status: 429, json: { code: "TH_TOO_MANY_REQUESTS", retryable: true } });
    expect(Number(refused.headers["retry-after"])).toBeGreaterThan(5);
    expect((await askRaw({ port, path, ...bearer(other.token) })).status).toBe(200);
  });
});
