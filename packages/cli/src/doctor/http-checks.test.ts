import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { ApiToken, Webhook } from "@trans-hub/core";
import { expect, onTestFinished, test } from "vitest";
import { checkServer, checkTokens, checkWebhooks } from "./http-checks.ts";

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

function webhook(id: string, more: Partial<Webhook>): Webhook {
  return {
    ...{ id, project: "shop", url: "https://example.com", type: "translations.settled", kinds: null, by: null },
    ...{ targetLocales: null, secretVersion: 1, previousSecretUntil: null, cursor: "e.1", state: "ok" },
    ...{ disabledBecause: null, disabledAt: null, failingSince: null, failures: 0, nextTryAt: null },
    ...{ deliveredAt: null, lastStatus: null, lastProblem: null, createdAt: new Date(0), ...more },
  };
}

test("webhooks that failed for an hour, or were disabled for it, are named; one that a person disabled is not", () => {
  const failing = (minutes: number) => ({
    state: "failing" as const,
    failingSince: new Date(NOW - minutes * 60_000),
    lastProblem: "timeout",
  });
  const webhooks = [
    ...[webhook("wh_ok", {}), webhook("wh_soon", failing(59)), webhook("wh_long", failing(61))],
    webhook("wh_person", { state: "disabled", disabledBecause: "person" }),
    webhook("wh_dead", { state: "disabled", disabledBecause: "failing", lastStatus: 503, lastProblem: "status" }),
    webhook("wh_gone", { state: "disabled", disabledBecause: "gone", lastStatus: 410, lastProblem: "status" }),
  ];
  expect(checkWebhooks(webhooks, NOW).map(({ status, detail }) => `${status} ${detail}`)).toEqual([
    "warn wh_long of shop fails since 2026-11-30T10:59:00.000Z (timeout); nothing is lost yet",
    "warn wh_dead of shop is disabled: five days of tries failed (status 503)",
    "warn wh_gone of shop is disabled: it answered 410",
  ]);
});
