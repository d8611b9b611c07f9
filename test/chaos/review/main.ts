/** The proof of reviews at its full size: `npm run chaos:review -- --texts 200 --acts 5000 --kills 60 --seed 1`. */
import { parseArgs } from "node:util";
import { applyMigrations } from "@trans-hub/core";
import { startPostgres } from "@trans-hub/test-support/postgres";
import { proveReviews } from "./proof.ts";

const { values } = parseArgs({
  options: {
    texts: { type: "string", default: "200" },
    acts: { type: "string", default: "5000" },
    kills: { type: "string", default: "60" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
  },
});
const postgres = await startPostgres();
try {
  await applyMigrations({ databaseUrl: postgres.url });
  const seed = Number(values.seed);
  process.stderr.write(`seed ${seed}\n`);
  const report = await proveReviews({
    databaseUrl: postgres.url,
    texts: Number(values.texts),
    acts: Number(values.acts),
    kills: Number(values.kills),
    seed,
    say: (line) => process.stderr.write(`${line}\n`),
  });
  process.stdout.write(`${JSON.stringify(report, null, 1)}\n`);
  process.exitCode = report.faults.length === 0 ? 0 : 1;
} finally {
  await postgres.stop();
}
