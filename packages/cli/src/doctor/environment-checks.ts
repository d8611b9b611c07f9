/** Rules over the settings and the files they name. */
import { statSync } from "node:fs";
import { resolve } from "node:path";
import { firstOf } from "../output.ts";
import type { Settings } from "../settings/settings.ts";
import { type Check, fail, ok, warn } from "./check.ts";

export function checkSettings({ warnings }: Pick<Settings, "warnings">): Check {
  if (warnings.length === 0) return ok("settings", "every TH_… variable is a setting");
  return warn(
    "settings",
    firstOf(warnings).join("; "),
    "Correct or remove them; the table of settings is in the operations guide.",
  );
}

export function checkLog({ logFormat }: Pick<Settings, "logFormat">): Check {
  if (logFormat === "pretty")
    return warn("log", "pretty, which log collectors cannot parse", "Set TH_LOG_FORMAT=json, or unset it.");
  return ok("log", logFormat === "json" ? "json" : "json; pretty on a terminal");
}

const GROUP_OR_OTHERS = 0o077;
const OTHERS = 0o007;

/**
 * Checks the files with secrets: `.env`, and the file of each `TH_…_FILE`. Secret mounts must stay readable for their
 * group.
 */
export function checkSecrets(env: Readonly<Record<string, string | undefined>>, cwd: string): Check {
  const files = Object.entries(env).filter(([name, path]) => /^TH_[A-Z_]+_FILE$/.test(name) && path !== "");
  const open = [
    ...(isOpenTo(resolve(cwd, ".env"), GROUP_OR_OTHERS) ? [".env"] : []),
    ...files.filter(([, path = ""]) => isOpenTo(resolve(cwd, path), OTHERS)).map(([name]) => `the file of ${name}`),
  ];
  if (open.length === 0) return ok("secrets", "no other user may read the files with secrets");
  return warn("secrets", `other users may read ${open.join(", ")}`, "Run chmod 600 on it, as the user of the workers.");
}

function isOpenTo(path: string, whom: number): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  return found?.isFile() === true && process.platform !== "win32" && (found.mode & whom) !== 0;
}

/** A container's files disappear with the container, and a server's working folder is not expected to hold data. */
export function checkEmbedded(env: Readonly<Record<string, string | undefined>>): Check {
  if (env.NODE_ENV !== "production" && !env.KUBERNETES_SERVICE_HOST) return ok("database", "embedded, for one machine");
  return fail("database", "the embedded PostgreSQL in production", "Set TH_DATABASE_URL to a server with backups.");
}
