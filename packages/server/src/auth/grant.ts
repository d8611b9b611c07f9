/** Who asks, with the rights of each of its grants; and the one who acts, with the rights that are left for one act. */
import { canonicalLocale, type TokenGrant } from "@trans-hub/core";
import { HttpError } from "../problem.ts";
import type { Principal, Scope } from "./principal.ts";

/**
 * Rights that belong together. The rights of two grants are never mixed: a person who reviews French of one project and reads
 * everything of another one does not review the other.
 */
export interface Grant {
  readonly projects: readonly string[] | "*";
  readonly scopes: ReadonlySet<Scope>;
  /** Canonical target locales. Undefined: every locale. */
  readonly locales?: ReadonlySet<string> | undefined;
}

/** The one who asks, before the route is looked at. */
export interface Identity {
  /** The name of the token or of the login. Acts of a person are recorded under it. */
  readonly subject: string;
  readonly kind: Principal["kind"];
  readonly tokenId?: string | undefined;
  readonly grants: readonly Grant[];
}

/** What a route wants. */
export interface Guard {
  readonly scope: Scope;
  readonly wall: "project" | "fleet";
}

export function grantOf({ projects, scopes, locales }: TokenGrant): Grant {
  return { projects, scopes: new Set(scopes), ...(locales !== null && { locales: new Set(locales) }) };
}

/**
 * The principal of one act: the rights of those grants that reach the project and have the scope.
 *
 * The answer to a project that is not the login's is the same whether there is such a project or not.
 *
 * @param project The project of the path, decoded. Undefined on routes of the whole fleet.
 * @throws {HttpError} `TH_FORBIDDEN`, with the scope that is missing.
 */
export function principalFor(identity: Identity, { scope, wall }: Guard, project: string | undefined): Principal {
  const reaching = identity.grants.filter((grant) => reaches(grant, wall, project));
  if (reaching.length === 0) {
    throw new HttpError("TH_FORBIDDEN", {
      hint:
        wall === "fleet"
          ? "This concerns the whole fleet: use a token for every project (--projects '*')."
          : "The token or the login does not reach this project.",
    });
  }
  const grants = reaching.filter(({ scopes }) => scopes.has(scope));
  if (grants.length === 0) {
    throw new HttpError("TH_FORBIDDEN", {
      hint: `It wants the scope ${scope}.`,
      headers: { "www-authenticate": `Bearer realm="trans-hub", error="insufficient_scope", scope="${scope}"` },
    });
  }
  const { subject, kind, tokenId } = identity;
  const every = grants.some(({ locales }) => locales === undefined);
  return {
    ...{ subject, kind, tokenId },
    projects: wall === "fleet" ? "*" : [project ?? ""],
    scopes: new Set(grants.flatMap(({ scopes }) => [...scopes])),
    ...(!every && { locales: new Set(grants.flatMap(({ locales }) => [...(locales ?? [])])) }),
  };
}

function reaches({ projects }: Grant, wall: Guard["wall"], project: string | undefined): boolean {
  if (projects === "*") return true;
  return wall === "project" && project !== undefined && projects.includes(project);
}

/**
 * Refuses an act on a target locale that is not the principal's.
 *
 * @param touches Gives those that the act touches, in any spelling; undefined: every locale. Called for principals of some locales only.
 * @throws {HttpError} `TH_FORBIDDEN`.
 * @throws {InvalidItemError} One of them is no locale.
 */
export function requireLocales(
  { locales: own }: Principal,
  touches: () => readonly string[] | string | undefined,
): void {
  if (own === undefined) return;
  const locales = touches();
  const touched = typeof locales === "string" ? [locales] : locales;
  if (touched?.every((locale) => own.has(canonicalLocale(locale, "targetLocale")))) return;
  throw new HttpError("TH_FORBIDDEN", {
    hint:
      touched === undefined
        ? "This concerns every locale, and the token or the login is for some alone."
        : "The token or the login does not reach this target locale.",
  });
}
