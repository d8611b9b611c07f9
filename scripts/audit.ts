/**
 * Queries the registry for advisories about the shipped packages. Exit code 1 when one is high or critical.
 *
 *     node scripts/audit.ts
 *
 * Without an answer from a registry there is no audit, and no failure: a build must work offline. The script prints
 * that, so that its silence is not read as a clean result.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";

interface Report {
  advisories?: Record<string, { module_name?: string; severity?: string; title?: string; url?: string }>;
  error?: { code?: string; message?: string };
}

const pnpm = join(import.meta.dirname, "pnpm.js");
const { stdout } = spawnSync(process.execPath, [pnpm, "-r", "audit", "--prod", "--audit-level", "high", "--json"], {
  encoding: "utf8",
  timeout: 30_000,
  // One try, so that an offline machine does not wait.
  env: { ...process.env, pnpm_config_fetch_retries: "0" },
});

const report = parse(stdout ?? "");
if (report?.advisories === undefined) {
  console.error("Dependencies were not audited: the registry's audit endpoint does not answer.");
} else {
  const grave = Object.values(report.advisories).filter(({ severity }) => /^(high|critical)$/.test(severity ?? ""));
  for (const { module_name, severity, title, url } of grave)
    console.error(`${module_name}: ${severity}: ${title} (${url})`);
  if (grave.length > 0) process.exitCode = 1;
}

function parse(text: string): Report | undefined {
  try {
    return JSON.parse(text) as Report;
  } catch {
    return undefined;
  }
}
