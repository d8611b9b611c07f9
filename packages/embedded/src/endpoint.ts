import { randomBytes } from "node:crypto";
import { readFile, rename, writeFile } from "node:fs/promises";
import type { Layout } from "./layout.ts";
import { HOST, SUPERUSER } from "./session.ts";

/** The application's database within the server. */
export const DATABASE = "trans_hub";

/** The content of `trans-hub.json`: the address of the running server, or of the last one. */
interface Endpoint {
  port: number;
  /** The cluster's identifier, made by initdb: distinguishes this server from a foreign one on the same port. */
  systemIdentifier: string;
}

/** Undefined when the file is missing or unreadable. */
export async function readEndpoint(layout: Layout): Promise<Endpoint | undefined> {
  try {
    const { port, systemIdentifier } = JSON.parse(await readFile(layout.endpoint, "utf8")) as Partial<Endpoint>;
    if (typeof port !== "number" || typeof systemIdentifier !== "string") return undefined;
    return { port, systemIdentifier };
  } catch {
    return undefined;
  }
}

/** Published by rename: a reader sees the old or the new content, never half of it. */
export async function publishEndpoint(layout: Layout, endpoint: Endpoint): Promise<void> {
  const draft = `${layout.endpoint}.${randomBytes(6).toString("hex")}`;
  await writeFile(draft, `${JSON.stringify(endpoint, null, 2)}\n`, { flag: "wx", mode: 0o600 });
  await rename(draft, layout.endpoint);
}

/** The superuser's password; undefined before initdb. */
export async function readPassword(layout: Layout): Promise<string | undefined> {
  return (await readFile(layout.password, "utf8").catch(() => undefined))?.trim();
}

/** The URL for applications. TLS is set explicitly, or PGSSLMODE would apply. */
export function databaseUrlOf(port: number, password: string): string {
  return `postgres://${SUPERUSER}:${password}@${HOST}:${port}/${DATABASE}?sslmode=disable`;
}
