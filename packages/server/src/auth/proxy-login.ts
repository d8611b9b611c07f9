/**
 * Logins by a proxy in front, such as oauth2-proxy or an ingress with authentication: it names the person in a header, and perhaps the
 * person's groups in another.
 *
 * Both headers count only on connections from the proxy's own addresses. From any other address they are not there.
 */
import { canonicalLocale, SettingsError, TOKEN_SCOPES, TransHubError } from "@trans-hub/core";
import { MAX_NAME_BYTES, parseName } from "@trans-hub/core/store";
import { z } from "zod";
import { HttpError } from "../problem.ts";
import { type Credentials, single } from "./credentials.ts";
import type { Grant, Identity } from "./grant.ts";
import { TrustedAddresses } from "./trusted-addresses.ts";

/** The rights of a group. */
export interface GroupGrant {
  /** Names of projects, or `*`: every project, and acts on the whole fleet. */
  projects: readonly string[] | "*";
  scopes: readonly (typeof TOKEN_SCOPES)[number][];
  /** Target locales. Default: every locale. */
  locales?: readonly string[] | undefined;
}

export interface ProxyLoginOptions {
  /** The header with the name of the person, such as `X-Forwarded-User`. */
  header: string;
  /** The header with the person's groups, comma-separated, such as `X-Forwarded-Groups`. Default: there are no groups. */
  groupsHeader?: string | undefined;
  /** Addresses and ranges of the proxies: `10.0.0.7`, `10.1.0.0/16`, `fd00::/8`, `loopback`. */
  trustedProxies: readonly string[];
  /** The rights of each group. Those under `*` are everybody's who has a login. */
  groups: Readonly<Record<string, GroupGrant>>;
}

/** Names of the parts, as a complaint says them. */
export interface ProxyLoginKeys {
  readonly header: string;
  readonly groupsHeader: string;
  readonly trustedProxies: string;
  readonly groups: string;
}

const OPTIONS: ProxyLoginKeys = {
  header: "proxy.header",
  groupsHeader: "proxy.groupsHeader",
  trustedProxies: "proxy.trustedProxies",
  groups: "proxy.groups",
};

/** Headers with a meaning of their own: a client sends them, or the connection needs them. */
const TAKEN = new Set([
  "authorization",
  "cookie",
  "host",
  "connection",
  "content-type",
  "content-length",
  "origin",
  "te",
]);
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/i;

/** Of everybody who has a login. */
const EVERYBODY = "*";

const Groups = z.record(
  z.string(),
  z.strictObject({
    projects: z.union([z.literal("*"), z.array(z.string()).min(1)], { error: "must be a list of projects, or *" }),
    scopes: z.array(z.enum(TOKEN_SCOPES, { error: `must be one of ${TOKEN_SCOPES.join(", ")}` })).min(1),
    locales: z.array(z.string()).min(1).optional(),
  }),
);

export class ProxyLogin {
  readonly #header: string;
  readonly #groupsHeader: string | undefined;
  readonly #trusted: TrustedAddresses;
  readonly #groups: ReadonlyMap<string, Grant>;

  /**
   * @param keys The names of the settings, for complaints. Default: those of the options.
   * @throws {SettingsError} A part is missing, or has a bad value.
   */
  constructor({ header, groupsHeader, trustedProxies, groups }: ProxyLoginOptions, keys: ProxyLoginKeys = OPTIONS) {
    const problems = [
      ...headerProblem(header, keys.header),
      ...(groupsHeader === undefined ? [] : headerProblem(groupsHeader, keys.groupsHeader)),
    ];
    if (groupsHeader !== undefined && groupsHeader.toLowerCase() === header.toLowerCase()) {
      problems.push({ key: keys.groupsHeader, problem: `must be another header than ${keys.header}` });
    }
    const read = readGroups(groups, keys.groups, problems);
    if (groupsHeader === undefined && [...read.keys()].some((name) => name !== EVERYBODY)) {
      problems.push({
        key: keys.groups,
        problem: `names groups, and ${keys.groupsHeader} says no header that has them`,
      });
    }
    if (problems.length > 0) throw new SettingsError(problems);
    this.#trusted = new TrustedAddresses(trustedProxies, keys.trustedProxies);
    this.#header = header.toLowerCase();
    this.#groupsHeader = groupsHeader?.toLowerCase();
    this.#groups = read;
  }

  /**
   * The person whom the proxy names. Undefined: the connection does not come from the proxy, or it names nobody.
   *
   * @throws {HttpError} `TH_HTTP_REQUEST`: a header stands twice, so that one of them may be the client's; or it is no name.
   */
  identify(credentials: Credentials): Identity | undefined {
    if (!this.#trusted.has(credentials.remoteAddress)) return undefined;
    const named = single(credentials, this.#header)?.trim();
    const listed = this.#groupsHeader === undefined ? undefined : single(credentials, this.#groupsHeader);
    if (named === undefined || named === "") return undefined;
    const groups = decoded(listed ?? "")
      .split(",")
      .map((group) => group.trim());
    const grants = [EVERYBODY, ...new Set(groups.filter((group) => group !== EVERYBODY))].flatMap(
      (group) => this.#groups.get(group) ?? [],
    );
    return { subject: subjectOf(named, this.#header), kind: "proxy", grants };
  }
}

function subjectOf(header: string, field: string): string {
  try {
    return parseName(decoded(header), field, "TH_PROJECT");
  } catch (error) {
    if (!(error instanceof TransHubError)) throw error;
    throw new HttpError("TH_HTTP_REQUEST", { field, hint: `A login has 1 to ${MAX_NAME_BYTES} bytes.` });
  }
}

/** Node reads headers as Latin-1; proxies write names in UTF-8. */
function decoded(header: string): string {
  const bytes = Buffer.from(header, "latin1");
  const text = bytes.toString("utf8");
  return Buffer.from(text, "utf8").equals(bytes) ? text : header;
}

function headerProblem(name: unknown, key: string): { key: string; problem: string }[] {
  if (typeof name !== "string" || !HEADER_NAME.test(name)) return [{ key, problem: "must be the name of a header" }];
  if (TAKEN.has(name.toLowerCase())) return [{ key, problem: `must not be ${name}, which has another meaning` }];
  return [];
}

function readGroups(
  groups: unknown,
  key: string,
  problems: { key: string; problem: string }[],
): ReadonlyMap<string, Grant> {
  const parsed = Groups.safeParse(groups);
  if (!parsed.success) {
    for (const { path, message } of parsed.error.issues) {
      problems.push({
        key,
        problem: path.length === 0 ? "must be an object: rights by group" : `${path.join(".")}: ${message}`,
      });
    }
    return new Map();
  }
  const read = new Map<string, Grant>();
  for (const [group, { projects, scopes, locales }] of Object.entries(parsed.data)) {
    try {
      read.set(group, {
        projects: projects === "*" ? projects : projects.map((name) => projectName(name)),
        scopes: new Set(scopes),
        locales: locales && new Set(locales.map((locale) => canonicalLocale(locale, "locales"))),
      });
    } catch (error) {
      if (!(error instanceof TransHubError)) throw error;
      problems.push({ key, problem: `${group}.${error.message}` });
    }
  }
  if (read.size === 0 && problems.length === 0) problems.push({ key, problem: "names no group" });
  return read;
}

function projectName(name: string): string {
  // In a list it would look like every project, and be one of this name.
  if (name === "*") throw new SettingsError([{ key: "projects", problem: "* stands alone, not in a list" }]);
  return parseName(name, "projects", "TH_PROJECT");
}
