import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { ApiToken } from "@trans-hub/core";
import { expect, onTestFinished, test } from "vitest";
import { checkServer, checkTokens } from "./http-checks.ts";

const NOW = Date.parse("2026-11-30T12:00:00Z");

function token(id: string, days: number | null, more: Partial<ApiToken> = {}): ApiToken {
  const expiresAt = days === null ? null : new Date(NOW + days * 86_400_000);
  return {
    ...{ id, label: null, projects: "*", scopes: ["read"], locales: null, createdAt: new Date(0) },
    ...{ expiresAt, revokedAt: null, lastUsedOn: null, ...more },
  };
}

test("tokens that end within two weeks are named; ended, revoked, later and endless ones are not", () => {
  const tokens = [
    ...[token("soonsoonsoon", 1.5), token("later", 14.1), token("endless", null), token("ended", -1)],
    ...[token("revoked", 2, { revokedAt: new Date(NOW) }), token("mias", 13.9, { label: "mia" })],
  ];
  expect(checkTokens(tokens, NOW)).toMatchObject([
    { name: "tokens", status: "warn", detail: "end soon: soonsoonsoon in one day, mia in 13 days" },
  ]);
  expect(checkTokens([token("later", 20)], NOW)).toEqual([]);
});

test("the server of TH_SERVER answers, answers wrongly, or does not; without the setting there is no line", async () => {
  let status = 200;
  const asked: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url);
    response.writeHead(status).end();
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  expect(await checkServer(url)).toMatchObject([{ name: "server", status: "ok" }]);
  expect(asked).toEqual(["/v1/openapi.json"]);
  status = 502;
  expect(await checkServer(url)).toMatchObject([{ status: "fail", detail: expect.stringContaining("502") }]);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  expect(await checkServer(url)).toMatchObject([{ status: "fail", detail: "TH_SERVER does not answer" }]);
  expect(await checkServer(undefined)).toEqual([]);
});
