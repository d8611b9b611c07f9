/**
 * Who asks: by a token, by the login of a proxy, or by being on this machine while nothing else is set up.
 *
 * A token counts wherever it comes from, and nothing else is looked at beside it: a bad token is never replaced by a login. The login of a
 * proxy counts on connections from its addresses. This machine counts only while no token was ever made and no proxy is named.
 */
import type { TokenStore } from "@trans-hub/core/store";
import { HttpError } from "../problem.ts";
import type { Authenticator } from "./authenticator.ts";
import { type Credentials, has, single } from "./credentials.ts";
import type { Identity } from "./grant.ts";
import { KnownTokens, type KnownTokensOptions } from "./known-tokens.ts";
import { requireOwnOrigin } from "./origin.ts";
import { SCOPES } from "./principal.ts";
import { ProxyLogin, type ProxyLoginKeys, type ProxyLoginOptions } from "./proxy-login.ts";
import { isLoopback } from "./trusted-addresses.ts";

export interface AuthenticationOptions extends KnownTokensOptions {
  tokens: TokenStore;
  /** Logins by a proxy in front. Default: none. */
  proxy?: ProxyLoginOptions | undefined;
  /** The names of the settings behind `proxy`, for complaints. Default: those of the options. */
  proxyKeys?: ProxyLoginKeys | undefined;
  /**
   * Names and addresses by which browsers reach the server, without ports. Default: with a proxy, each; without, `localhost` and the loopback
   * addresses.
   */
  hosts?: readonly string[] | undefined;
}

const LOCAL: Identity = {
  subject: "local",
  kind: "local",
  grants: [{ projects: "*", scopes: new Set(SCOPES) }],
};

/** Headers that a proxy adds: the connection is from this machine, and the request is not. */
const FORWARDED = ["forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip"];

/** The scheme may be in any case. A token of another kind behind it is a proxy's own, which some pass on. */
const MEANT_FOR_US = /^bearer\s+thk_/i;
const BEARER = /^bearer +(\w+)$/i;

/** @throws {SettingsError} A part of `proxy` is missing, or has a bad value. */
export function authentication(options: AuthenticationOptions): Authenticator {
  const { tokens, proxy: given, proxyKeys, hosts: names, ...known } = options;
  const knownTokens = new KnownTokens(tokens, known);
  const proxy = given && new ProxyLogin(given, proxyKeys);
  const hosts = names && new Set(names.map((name) => name.toLowerCase()));
  return {
    async authenticate(credentials) {
      const authorization = single(credentials, "authorization");
      if (authorization !== undefined && MEANT_FOR_US.test(authorization)) {
        const [, token = ""] = BEARER.exec(authorization) ?? [];
        return (await knownTokens.identify(token)) ?? unauthorized("invalid_token");
      }
      const login = proxy?.identify(credentials);
      if (login !== undefined) {
        requireOwnOrigin(credentials, "proxy", hosts);
        return login;
      }
      // A credential that nobody here understands is not the same as none.
      if (authorization !== undefined) return unauthorized("invalid_token");
      if (proxy !== undefined || !isFromHere(credentials) || (await knownTokens.hasAny())) return unauthorized();
      requireOwnOrigin(credentials, "local", hosts);
      return LOCAL;
    },
    isConfigured: async () => proxy !== undefined || (await knownTokens.hasGoodOne()),
  };
}

function isFromHere(credentials: Credentials): boolean {
  return isLoopback(credentials.remoteAddress) && !FORWARDED.some((name) => has(credentials, name));
}

/** @throws {HttpError} */
function unauthorized(error?: "invalid_token"): never {
  throw new HttpError("TH_UNAUTHORIZED", {
    hint:
      error === undefined
        ? "Send Authorization: Bearer and a token of `trans-hub tokens create`."
        : "The token is none of this server's, or it was revoked or has ended.",
    headers: { "www-authenticate": `Bearer realm="trans-hub"${error === undefined ? "" : `, error="${error}"`}` },
  });
}
