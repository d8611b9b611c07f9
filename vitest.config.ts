import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["packages/*/src/**/*.test.ts", "test/**/*.test.ts"],
    // Real servers and real processes: slow is normal on a busy machine, hanging is not.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 30_000 } },
    globalSetup: ["packages/test-support/src/global-setup.ts"],
    pool: "forks",
    // They wait more than they work: for retries, deadlines, servers that start.
    maxWorkers: 2,
  },
});
