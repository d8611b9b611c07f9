import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

// For the workers, and for what tests start with this environment: V8 keeps compiled modules there, and each of some 400 workers
// would compile the same ones. The command has this cache by itself.
process.env.NODE_COMPILE_CACHE ??= join(tmpdir(), "node-compile-cache");

/**
 * The files that take more than a minute. On a clean checkout Vitest begins with the largest files; a small one that takes long
 * would run alone at the end.
 */
const LONG = [
  "chaos/chaos",
  "through-server",
  "stopped-engines",
  "engine-limit/outage",
  "fleet",
  "packages",
  "translate-formats",
  "acceptance/translate",
  "translate-server",
  "translate-config",
  "acceptance/roles",
  "engine-limits",
  "postgres-persistence-handler",
];

class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification) => LONG.some((name) => moduleId.endsWith(`/${name}.test.ts`));
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

export default defineConfig({
  test: {
    include: ["packages/*/src/**/*.test.ts", "test/**/*.test.ts"],
    // Real servers and real processes: slow is normal on a busy machine, hanging is not. A start of the command takes
    // 0.5 s, and 10 s beside ten other processes. A test that promises a time measures it (test-support/load.ts).
    testTimeout: 240_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 120_000 } },
    globalSetup: ["packages/test-support/src/global-setup.ts"],
    pool: "forks",
    sequence: { sequencer: LongFirst },
    // The tests wait as much as they work: for retries, deadlines, servers that start. Two cores are busy with four workers.
    maxWorkers: 4,
  },
});
