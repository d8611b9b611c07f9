/** The facts of a request that may tell who asks. */
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { HttpError } from "../problem.ts";

export interface Credentials {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  /** Names and values in turn, as they came: `headers` joins or drops a header that stands twice. */
  readonly rawHeaders: readonly string[];
  /** The address of the connection, which a proxy may have made. Empty: it has none, as on a Unix socket. */
  readonly remoteAddress: string;
}

export function credentialsOf(request: IncomingMessage): Credentials {
  const { method = "GET", headers, rawHeaders, socket } = request;
  return { method, headers, rawHeaders, remoteAddress: socket?.remoteAddress ?? "" };
}

/**
 * The value of a header by which somebody is known, or that judges the origin. Undefined: it is not there.
 *
 * @throws {HttpError} `TH_HTTP_REQUEST`: it stands twice. The one in front and this server might each read another one.
 */
export function single({ rawHeaders }: Pick<Credentials, "rawHeaders">, name: string): string | undefined {
  let value: string | undefined;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    if (rawHeaders[at]?.toLowerCase() !== name) continue;
    if (value !== undefined) throw new HttpError("TH_HTTP_REQUEST", { field: name, hint: "The header stands twice." });
    value = rawHeaders[at + 1] ?? "";
  }
  return value;
}

export function has({ rawHeaders }: Pick<Credentials, "rawHeaders">, name: string): boolean {
  return rawHeaders.some((each, at) => at % 2 === 0 && each.toLowerCase() === name);
}
