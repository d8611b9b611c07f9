/** Rules over the settings and the files they name. */
import { statSync } from "node:fs";
import { resolve } from "node:path";
import { oldPrices } from "@trans-hub/core/store";
import { firstOf } from "../output.ts";
import { isOwnEngine } from "../settings/engine-names.ts";
import type { Settings } from "../settings/settings.ts";
import { type Check, fail, ok, warn } from "./check.ts";

export function checkSettings({ warnings: all }: Pick<Settings, "warnings">): Check {
  // Old prices have a line of their own.
  const warnings = all.filter((warning) => !/^TH_PRICES(_FILE)?: /.test(warning));
  if (warnings.length === 0) return ok("settings", "every TH_… variable is a setting");
  return warn(
    "settings",
    firstOf(warnings).join("; "),
    "Correct or remove them; the table of settings is in the operations guide.",
  );
}

/** Without prices nothing is said against it: not every team pays for its engines by units. */
export function checkPrices({ prices, engines }: Pick<Settings, "prices" | "engines">, now: number): Check {
  if (prices === undefined) return ok("prices", "none are set: costs are not booked");
  const old = oldPrices(prices, now);
  if (old !== undefined) return warn("prices", old, "Compare them with the providers' lists, and set asOf.");
  // An engine of one's own has its name once it is loaded.
  const unpriced = engines.filter((name) => !FREE.has(name) && !isOwnEngine(name) && !(name in prices.engines));
  if (unpriced.length > 0) {
    const detail = `no price of ${unpriced.join(", ")}`;
    return warn("prices", detail, "Add the engine to the file of TH_PRICES_FILE: its calls are booked without a cost.");
  }
  return ok("prices", `of ${prices.asOf}, in ${prices.currency}`);
}

const FREE: ReadonlySet<string> = new Set(["pseudo", "apertium", "libretranslate"]);

export function checkLog({ logFormat }: Pick<Settings, "logFormat">): Check {
  if (logFormat === "pretty")
    return warn("log", "pretty, which log collectors cannot parse", "Set TH_LOG_FORMAT=json, or unset it.");
  return ok("log", logFormat === "json" ? "json" : "json; pretty on a terminal");
}

const GROUP_OR_OTHERS = 0o077;
const OTHERS = 0o007;
/** Names a file without a secret. */
const PUBLIC = "TH_PRICES_FILE";

/**
 * Checks the files with secrets: `.env`, and the file of each `TH_…_FILE`. Secret mounts must stay readable for their
 * group.
 */
export function checkSecrets(env: Readonly<Record<string, string | undefined>>, cwd: string): Check {
  const files = Object.entries(env).filter(
    ([name, path]) => /^TH_[A-Z_]+_FILE$/.test(name) && name !== PUBLIC && path !== "",
  );
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
