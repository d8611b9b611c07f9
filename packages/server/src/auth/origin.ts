/**
 * Requests that another site makes with the browser of a person.
 *
 * A browser sends no token by itself, so a request with a token is its sender's own. A login that the browser carries to the proxy, and the
 * place on this machine, are lent to every page that is open: those requests must come from the server's own origin. Browsers say where a
 * request comes from (`Sec-Fetch-Site`, `Origin`), and no page can change that.
 */
import { HttpError } from "../problem.ts";
import { type Credentials, has, single } from "./credentials.ts";
import { isLoopback } from "./trusted-addresses.ts";

const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS"]);

const FOREIGN = "The request comes from a page of another site. Send it from the server's own origin, or use a token.";

/**
 * @param hosts Names and addresses by which the server is reached, without ports, in lower case. Undefined: each, where the proxy has judged
 *   the host; and for requests from this machine, its own names.
 * @throws {HttpError} `TH_FORBIDDEN`: it may be another site's. `TH_MEDIA_TYPE`: a form could have sent it.
 */
export function requireOwnOrigin(
  credentials: Credentials,
  kind: "proxy" | "local",
  hosts: ReadonlySet<string> | undefined,
): void {
  const host = hostOf(single(credentials, "host"));
  if (!isOwnHost(host?.hostname, kind, hosts))
    throw foreign("It names a host that is not the server's: see TH_HTTP_HOSTS.");
  const site = single(credentials, "sec-fetch-site");
  // A person who types the address, or follows a bookmark, sends `none`.
  if (site !== undefined && site !== "same-origin" && site !== "none") throw foreign(FOREIGN);
  const origin = single(credentials, "origin");
  if (origin !== undefined && !isOwnOrigin(origin, kind === "proxy" && site === "same-origin", host, hosts))
    throw foreign(FOREIGN);
  // A request with neither header is a program's: a browser that names no origin sends a form, and no JSON.
  if (site === undefined && origin === undefined && !SAFE_METHODS.has(credentials.method)) requireJson(credentials);
}

/** A form can send three types, and only a script that the server permits can send another. */
function requireJson(credentials: Credentials): void {
  const type = single(credentials, "content-type");
  if (type !== undefined && /^application\/json\s*(;|$)/i.test(type)) return;
  // A form names its type, also where it is empty.
  if (type === undefined && !has(credentials, "transfer-encoding") && isZero(single(credentials, "content-length")))
    return;
  throw new HttpError("TH_MEDIA_TYPE", { hint: "Send Content-Type: application/json." });
}

function isZero(length: string | undefined): boolean {
  return length === undefined || length === "0";
}

function isOwnHost(
  hostname: string | undefined,
  kind: "proxy" | "local",
  hosts: ReadonlySet<string> | undefined,
): boolean {
  if (hostname === undefined) return false;
  if (hosts?.has(hostname)) return true;
  if (kind === "proxy") return hosts === undefined;
  // A name that was made to lead to this machine (DNS rebinding) is none of these.
  return hostname === "localhost" || isLoopback(hostname);
}

/**
 * @param isVouchedFor The browser has said `same-origin`, and a proxy may have changed the host since: the origin then is
 *   one of the server's hosts, or any if these are not set. An old browser says nothing, and another port of a host is another site.
 */
function isOwnOrigin(
  origin: string,
  isVouchedFor: boolean,
  host: Host | undefined,
  hosts: ReadonlySet<string> | undefined,
): boolean {
  const { protocol, host: authority, hostname } = URL.canParse(origin) ? new URL(origin) : NO_URL;
  if (protocol !== "http:" && protocol !== "https:") return false;
  if (authority === host?.authority) return true;
  return isVouchedFor && (hosts?.has(plainHostname(hostname)) ?? true);
}

const NO_URL = { protocol: "", host: "", hostname: "" };

interface Host {
  /** With its port, if that is not the usual one. */
  readonly authority: string;
  readonly hostname: string;
}

function hostOf(header: string | undefined): Host | undefined {
  if (header === undefined || !/^[^/?#@\\\s]+$/.test(header) || !URL.canParse(`http://${header}`)) return undefined;
  const { host, hostname } = new URL(`http://${header}`);
  return { authority: host, hostname: plainHostname(hostname) };
}

function plainHostname(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, "").toLowerCase();
}

function foreign(hint: string): HttpError {
  return new HttpError("TH_FORBIDDEN", { hint });
}
