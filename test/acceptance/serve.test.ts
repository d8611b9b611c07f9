/** `trans-hub serve`, as a process of its own. */
import type { Running } from "@trans-hub/test-support/command";
import { testOnDatabase as test } from "@trans-hub/test-support/command";
import { createTestDatabase } from "@trans-hub/test-support/database";
import { startTcpProxy } from "@trans-hub/test-support/tcp-proxy";
import { expect } from "vitest";

interface Line {
  event: string;
  port?: number;
  metricsPort?: number;
  [field: string]: unknown;
}

function linesOf({ stderr }: { stderr: string }): Line[] {
  return stderr
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line));
}

async function listening(running: Running): Promise<Required<Pick<Line, "port" | "metricsPort">>> {
  await running.says('"server.listening"');
  const { port = 0, metricsPort = 0 } = linesOf(running).find(({ event }) => event === "server.listening") ?? {};
  return { port, metricsPort };
}

const JSON_TYPE = { "content-type": "application/json" };
const JSON_LOG = { TH_LOG_FORMAT: "json" };

test("serves until SIGTERM, with health and metrics on a port of their own, and writes its address", async ({
  commands,
}) => {
  const running = commands.start(["serve", "--port", "0", "--json"], { env: { ...JSON_LOG, TH_METRICS_PORT: "0" } });
  const { port, metricsPort } = await listening(running);
  await running.says(/^\{"host":"127\.0\.0\.1","port":\d+\}\n/);
  const api = `http://127.0.0.1:${port}/v1`;
  const body = JSON.stringify({ items: ["Pay"], targetLocales: ["fr"], sourceLocale: "en" });
  const receipt = await fetch(`${api}/projects/shop/requests`, { method: "POST", headers: JSON_TYPE, body });
  expect(await receipt.json()).toMatchObject({ registered: 1 });
  const probe = async (path: string) => (await fetch(`http://127.0.0.1:${metricsPort}${path}`)).text();
  expect(await probe("/readyz")).toBe("ready\n");
  const metrics = await probe("/metrics");
  expect(metrics).toContain(
    'trans_hub_http_requests_total{method="POST",route="/v1/projects/:project/requests",status="200"} 1',
  );
  expect(metrics).toContain('trans_hub_request_rows_total{result="registered"} 1');
  expect((await fetch(`${api.replace("/v1", "")}/metrics`)).status).toBe(404);
  running.kill("SIGTERM");
  const ended = await running.ended();
  expect(ended).toMatchObject({ code: 0 });
  expect(linesOf(ended).map(({ event }) => event)).toEqual([
    "webhooks.off",
    "server.listening",
    "http.request",
    "http.request",
    "server.stopping",
    "server.stopped",
  ]);
});

test("refuses an address that other machines reach while no token exists, and a port in use", async ({ commands }) => {
  const open = await commands.run(["serve", "--host", "0.0.0.0", "--port", "0", "--json"]);
  expect(open).toMatchObject({ code: 2 });
  expect(JSON.parse(open.stdout).error).toMatchObject({
    code: "TH_SETTINGS",
    message: expect.stringContaining("host: "),
  });
  const running = commands.start(["serve", "--port", "0"], { env: JSON_LOG });
  const { port } = await listening(running);
  expect(await commands.run(["serve"], { env: { TH_HTTP_PORT: String(port) } })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining(`${port} is in use`),
  });
});

test("is not ready while the database is away, answers 503, and goes on when it is back", async ({
  commands,
  database,
}) => {
  const proxy = await startTcpProxy(database.url);
  try {
    const running = commands.start(["serve", "--port", "0"], {
      env: { ...JSON_LOG, TH_METRICS_PORT: "0", TH_DATABASE_URL: proxy.url },
    });
    const { port, metricsPort } = await listening(running);
    const status = async () => (await fetch(`http://127.0.0.1:${port}/v1/status`)).status;
    const ready = async () => (await fetch(`http://127.0.0.1:${metricsPort}/readyz`)).status;
    expect([await status(), await ready()]).toEqual([200, 200]);
    proxy.cut();
    await expect.poll(status).toBe(503);
    await expect.poll(ready).toBe(503);
    proxy.mend();
    await expect.poll(ready).toBe(200);
    expect(await status()).toBe(200);
  } finally {
    await proxy.close();
  }
});

test("waits for a database that is not migrated yet", async ({ commands }) => {
  const empty = await createTestDatabase({ migrated: false });
  try {
    const env = { ...JSON_LOG, TH_DATABASE_URL: empty.url };
    const running = commands.start(["serve", "--port", "0"], { env });
    await running.says('"store.waiting"');
    expect(await commands.run(["migrate"], { env })).toMatchObject({ code: 0 });
    await listening(running);
  } finally {
    await empty.drop();
  }
});

/** One in each place that a caller fills. */
const MARKER = "marker-7c41";

test("writes no text, id, key, query or header of a request into a log, a metric or a problem", async ({
  commands,
}) => {
  const running = commands.start(["serve", "--port", "0"], {
    env: { ...JSON_LOG, TH_LOG_LEVEL: "trace", TH_METRICS_PORT: "0" },
  });
  const { port, metricsPort } = await listening(running);
  const project = `http://127.0.0.1:${port}/v1/projects/${MARKER}`;
  const scopes = "request,read,admin";
  const { token } = await commands.json<{ token: string }>([
    "tokens",
    "create",
    "--projects",
    MARKER,
    "--scopes",
    scopes,
  ]);
  const refused = await fetch(`${project}/status`, { headers: { authorization: `Bearer ${MARKER}` } });
  expect(refused.status).toBe(401);
  const headers = {
    ...JSON_TYPE,
    authorization: `Bearer ${token}`,
    "idempotency-key": MARKER,
    "x-request-id": MARKER,
    cookie: MARKER,
  };
  const problems = [await refused.text()];
  const ask = async (method: string, path: string, body?: unknown) => {
    const answer = await fetch(`${project}${path}`, {
      method,
      headers,
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (answer.status >= 400) problems.push(text);
    return answer.status;
  };
  const name = { text: MARKER, businessId: MARKER, context: { note: MARKER } };
  expect(await ask("POST", "/requests", { items: [name], targetLocales: ["fr"] })).toBe(200);
  for (const bad of [
    { items: [MARKER], targetLocales: [MARKER] },
    { items: { text: `${MARKER}\0` }, targetLocales: ["fr"] },
    { items: { ...name, priority: MARKER }, targetLocales: ["fr"] },
    { items: { ...name, context: [MARKER] }, targetLocales: ["fr"] },
    { items: { text: MARKER, [`${MARKER} is no name`]: 1 }, targetLocales: ["fr"] },
    { items: { text: MARKER, project: MARKER.toUpperCase() }, targetLocales: ["fr"] },
    { items: MARKER, targetLocales: ["fr"], tag: `${MARKER} with blanks` },
    { items: MARKER, targetLocales: ["fr"], format: MARKER },
    `{"items": "${MARKER}"`,
    [MARKER],
  ]) {
    expect(await ask("POST", "/requests", bad), JSON.stringify(bad)).toBeGreaterThanOrEqual(200);
  }
  await ask("POST", "/translations:read", { items: [name], targetLocale: MARKER });
  await ask("POST", "/translations:list", { targetLocale: "fr", status: MARKER });
  await ask("POST", "/translations:list", { targetLocale: "fr", search: MARKER, cursor: MARKER });
  await ask("GET", `/translations?businessId=${MARKER}&locale=de`);
  await ask("GET", `/translations?businessId=${MARKER}&locale=${MARKER}`);
  await ask("GET", `/dead-letters?since=${MARKER}&cursor=${MARKER}`);
  await ask("GET", `/usage?by=${MARKER}`);
  await ask("PUT", "/budgets/day", { amount: MARKER, currency: MARKER });
  await ask("POST", ":forget", { text: MARKER, context: { note: MARKER } });
  await ask("GET", `/${MARKER}`);
  await ask("GET", `/%ff${MARKER}`);
  const metrics = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
  running.kill("SIGTERM");
  const ended = await running.ended();
  expect(problems.length).toBeGreaterThan(12);
  for (const secret of [MARKER, token]) {
    for (const problem of problems) expect(problem).not.toContain(secret);
    expect(metrics).not.toContain(secret);
    expect(ended.stderr).not.toContain(secret);
  }
  expect(linesOf(ended).length).toBeGreaterThan(15);
});
