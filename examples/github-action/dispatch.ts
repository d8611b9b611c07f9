/**
 * Passes a webhook of Trans-Hub on to GitHub, which then runs translations.yml.
 *
 * Trans-Hub's webhooks cannot go to GitHub itself: its API wants a token of GitHub's and a body of its own.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server } from "node:http";

export interface DispatchOptions {
  /** Those of the webhook, `whsec_…`: two while it is rotated. */
  secrets: readonly string[];
  /** Such as `acme/shop`. */
  repository: string;
  /** May write the contents of the repository. */
  githubToken: string;
  /** Default: GitHub's. */
  apiUrl?: string;
}

/** Longest age of a webhook, so that a stolen one is of no use for long. */
const TOLERANCE_SECONDS = 300;
const MAX_BODY_BYTES = 1_048_576;

/** A server whose every path takes webhooks. */
export function createDispatcher({
  secrets,
  repository,
  githubToken,
  apiUrl = "https://api.github.com",
}: DispatchOptions): Server {
  return createServer(async (request, response) => {
    const body = await bodyOf(request);
    if (body === undefined) return void response.writeHead(413).end();
    if (!isSigned(request, body, secrets)) return void response.writeHead(401).end();
    const { type } = JSON.parse(body) as { type: string };
    // Of other events nothing changes in a catalog.
    if (!type.startsWith("translations.") && type !== "export.changed") return void response.writeHead(204).end();
    const answer = await fetch(`${apiUrl}/repos/${repository}/dispatches`, {
      method: "POST",
      headers: { authorization: `Bearer ${githubToken}`, accept: "application/vnd.github+json" },
      body: JSON.stringify({ event_type: "trans-hub" }),
      signal: AbortSignal.timeout(10_000),
    }).catch(() => undefined);
    // Without GitHub's answer Trans-Hub sends the webhook again.
    response.writeHead(answer?.ok ? 204 : 502).end();
  });
}

async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** As https://www.standardwebhooks.com has it; the npm package `standardwebhooks` does the same. */
function isSigned({ headers }: IncomingMessage, body: string, secrets: readonly string[]): boolean {
  const {
    "webhook-id": id = "",
    "webhook-timestamp": timestamp = "",
    "webhook-signature": signatures = "",
  } = headers as Record<string, string | undefined>;
  if (!(Math.abs(Date.now() / 1_000 - Number(timestamp)) <= TOLERANCE_SECONDS)) return false;
  const given = signatures.split(" ").map((each) => Buffer.from(each.replace(/^v1,/, ""), "base64"));
  return secrets.some((secret) => {
    const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
    const wanted = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest();
    return given.some((each) => each.length === wanted.length && timingSafeEqual(each, wanted));
  });
}

if (import.meta.main) {
  const { WEBHOOK_SECRET = "", GITHUB_REPOSITORY = "", GITHUB_TOKEN = "", GITHUB_API_URL, PORT = "3000" } = process.env;
  const server = createDispatcher({
    secrets: WEBHOOK_SECRET.split(",").filter((secret) => secret !== ""),
    repository: GITHUB_REPOSITORY,
    githubToken: GITHUB_TOKEN,
    ...(GITHUB_API_URL && { apiUrl: GITHUB_API_URL }),
  });
  server.listen(Number(PORT), () => console.log(`Listening on port ${(server.address() as { port: number }).port}`));
}
