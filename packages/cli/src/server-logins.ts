/** Who may ask the HTTP server: the logins that its settings name. */
import { SettingsError } from "@trans-hub/core";
import { errorFields } from "@trans-hub/core/operations";
import type { PersistenceHandler } from "@trans-hub/core/store";
import { type Authenticator, authentication, type ProxyLoginOptions } from "@trans-hub/server";
import type { Logger } from "pino";
import type { Settings } from "./settings/settings.ts";

/** @throws {SettingsError} A setting of the proxy's logins is missing, or has a bad value. */
export function authenticatorOf(settings: Settings, { tokens }: PersistenceHandler, logger: Logger): Authenticator {
  return authentication({
    tokens,
    proxy: proxyOf(settings),
    proxyKeys: {
      header: "TH_AUTH_HEADER",
      groupsHeader: "TH_AUTH_GROUPS_HEADER",
      trustedProxies: "TH_TRUSTED_PROXIES",
      groups: "TH_AUTH_GROUPS",
    },
    hosts: settings.httpHosts,
    onFault: (error) => logger.warn({ error: errorFields(error) }, "token.use_not_noted"),
  });
}

/** Undefined: none of the settings is there. */
function proxyOf(settings: Settings): ProxyLoginOptions | undefined {
  const { authHeader, authGroupsHeader, authGroups, trustedProxies } = settings;
  const given = {
    TH_AUTH_HEADER: authHeader,
    TH_AUTH_GROUPS_HEADER: authGroupsHeader,
    TH_AUTH_GROUPS: authGroups,
    TH_TRUSTED_PROXIES: trustedProxies,
  };
  if (Object.values(given).every((value) => value === undefined)) return undefined;
  if (authHeader !== undefined && authGroups !== undefined && trustedProxies !== undefined) {
    const groups = authGroups as ProxyLoginOptions["groups"];
    return { header: authHeader, groupsHeader: authGroupsHeader, trustedProxies, groups };
  }
  const missing = ["TH_AUTH_HEADER", "TH_TRUSTED_PROXIES", "TH_AUTH_GROUPS"].filter(
    (key) => given[key as keyof typeof given] === undefined,
  );
  const problem = "is missing: a proxy's login wants TH_AUTH_HEADER, TH_TRUSTED_PROXIES and TH_AUTH_GROUPS together";
  throw new SettingsError(missing.map((key) => ({ key, problem })));
}
