/** The encrypted connection to the database: the server must prove its identity, or nothing is sent to it. */
import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test as base, type Commands } from "@trans-hub/test-support/command";
import { startPostgres } from "@trans-hub/test-support/postgres";
import { hasOpenssl, makeAuthority } from "@trans-hub/test-support/tls";
import { expect, inject } from "vitest";

const MISSING = "Not tried with TLS: openssl is not installed here";

interface Tls {
  /** The URL with these parameters, by a host that the certificate names or not. */
  url(parameters: string, host?: "localhost" | "127.0.0.1"): string;
  authority: string;
  stranger: string;
}

const test = base.extend("tls", async ({ commands: _ }, { onCleanup }): Promise<Tls | undefined> => {
  if (!hasOpenssl()) {
    console.warn(MISSING); // some reports do not show the reason of a skip
    return undefined;
  }
  const folder = mkdtempSync(join(tmpdir(), "trans-hub-tls-"));
  chmodSync(folder, 0o755);
  const authority = makeAuthority(folder, "own");
  const { certificate, key } = authority.issue("localhost");
  const rules = join(folder, "pg_hba.conf");
  writeFileSync(rules, "hostssl all all all password\nhostnossl all all all reject\n");
  giveToServer(key);
  const server = await startPostgres([
    "ssl=on",
    `ssl_cert_file=${certificate}`,
    `ssl_key_file=${key}`,
    `hba_file=${rules}`,
  ]);
  onCleanup(async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    url(parameters, host = "localhost") {
      const url = new URL(server.url);
      url.hostname = host;
      return `${url.href}${parameters}`;
    },
    authority: authority.certificate,
    stranger: makeAuthority(folder, "stranger").certificate,
  };
});

/** Under root, the test server runs as another user, which alone may read its key. */
function giveToServer(key: string): void {
  if (process.getuid?.() !== 0) return;
  for (const name of ["postgres", "nobody"]) {
    const { status, stdout } = spawnSync("id", ["-u", name], { encoding: "utf8" });
    if (status !== 0) continue;
    chownSync(key, Number(stdout), 0);
    return;
  }
}

interface Refusal {
  error: { code: string; message: string; hint?: string };
}

const refusal = async (commands: Commands, url: string, env: Record<string, string> = {}) =>
  (
    await commands.json<Refusal & Record<string, unknown>>(["status"], {
      env: { TH_DATABASE_URL: url, ...env },
      code: 1,
    })
  ).error;

test("a server that proves its identity is trusted, and no other", async ({ commands, tls, skip }) => {
  if (tls === undefined) return skip(MISSING);
  const known = `?sslmode=verify-full&sslrootcert=${tls.authority}`;
  const env = { TH_DATABASE_URL: tls.url(known), TH_ENGINES: "pseudo" };
  await commands.json(["migrate"], { env });
  await commands.json(["request", "Pay", "--from", "en", "--to", "fr"], { env });
  // Statements, claims and LISTEN, through the pool and beside it.
  const worker = { ...env, TH_DIRECT_URL: tls.url(`${known}&application_name=direct`) };
  expect(await commands.json(["worker", "--once"], { env: worker })).toMatchObject({ translated: 1 });
  const { checks } = await commands.json<{ checks: unknown[] }>(["doctor"], { env, code: 1 });
  expect(checks).toContainEqual(expect.objectContaining({ name: "encryption", status: "ok" }));

  // The system's own list of CAs, extended by the test's.
  const listed = { TH_DATABASE_URL: tls.url("?sslmode=verify-full"), NODE_EXTRA_CA_CERTS: tls.authority };
  expect(await commands.json(["status"], { env: listed })).toMatchObject({ translations: { translated: 1 } });

  const refusedForItsCertificate = { code: "TH_DATABASE_REFUSED", hint: expect.stringContaining("sslrootcert") };
  for (const url of [
    tls.url(`?sslmode=verify-full&sslrootcert=${tls.stranger}`),
    tls.url("?sslmode=verify-full"),
    // The right CA, another host.
    tls.url(known, "127.0.0.1"),
  ]) {
    expect(await refusal(commands, url)).toMatchObject(refusedForItsCertificate);
  }
  expect(await refusal(commands, tls.url("?sslmode=disable"))).toMatchObject({
    code: "TH_DATABASE_REFUSED",
    message: expect.stringContaining("no encryption"),
  });
  expect(await refusal(commands, tls.url("?sslmode=verify-full&sslrootcert=/nowhere/ca.pem"))).toMatchObject({
    code: "TH_DATABASE_REFUSED",
    message: expect.stringContaining("ENOENT"),
    hint: expect.stringContaining("sslrootcert"),
  });
  const migrating = { env: { TH_DATABASE_URL: tls.url("?sslmode=verify-full&sslrootcert=/nowhere") }, code: 1 };
  expect(await commands.json(["migrate"], migrating)).toMatchObject({ error: { code: "TH_DATABASE_REFUSED" } });
});

test("a server without TLS is refused when the URL requires TLS", async ({ commands }) => {
  expect(await refusal(commands, `${inject("testServer").url}?sslmode=verify-full`)).toMatchObject({
    code: "TH_DATABASE_REFUSED",
    message: expect.stringContaining("does not support SSL"),
    hint: expect.stringContaining("ssl on"),
  });
});
