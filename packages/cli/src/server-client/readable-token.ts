/** Keeps a token from crossing a network in the clear. */
import { UsageError } from "../usage-error.ts";

/**
 * @param url The address of a server.
 * @throws {UsageError} It is http:// to another machine, and nobody said that this is meant.
 */
export function refuseReadableToken(url: string, { isInsecure }: { isInsecure: boolean }): void {
  const { protocol, hostname, host } = new URL(url);
  if (protocol !== "http:" || isInsecure || isLoopback(hostname)) return;
  throw new UsageError(
    `the server is http://${host}, and the token would cross the network readable`,
    "Use https://, or add --insecure where the network is your own, such as that of a cluster.",
  );
}

function isLoopback(hostname: string): boolean {
  return (
    hostname === "localhost" ||
    hostname.endsWith(".localhost") ||
    hostname === "[::1]" ||
    /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(hostname)
  );
}
