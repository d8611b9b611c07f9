/** The workflows of hosted continuous integration call only scripts that run on any machine. actionlint reads them in `check`. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";

interface Step {
  run?: string;
  uses?: string;
}
interface Job {
  steps?: Step[];
  permissions?: Record<string, string>;
  strategy?: { matrix: Record<string, (string | number)[]> };
}
interface Workflow {
  permissions?: Record<string, string>;
  jobs: Record<string, Job>;
}

const root = resolve(import.meta.dirname, "../..");
const folder = join(root, ".github/workflows");
const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

function workflow(file: string): Workflow {
  return parse(readFileSync(join(folder, file), "utf8"));
}

describe.each(readdirSync(folder))("%s", (file) => {
  const { permissions, jobs } = workflow(file);
  const steps = Object.values(jobs).flatMap((job) => job.steps ?? []);

  test("calls only scripts of this repository", () => {
    for (const { run } of steps) {
      if (run === undefined) continue;
      expect(run.trim()).not.toContain("\n");
      const [, script, path] = /^(?:sudo env (?:\S+=\S+ )+)?(?:npm run (\S+)|(\.ci\/\S+))/.exec(run) ?? [];
      expect(script === undefined ? path !== undefined && existsSync(join(root, path)) : script in scripts, run).toBe(
        true,
      );
    }
  });

  test("pins every action by its full version", () => {
    const actions = steps.flatMap(({ uses }) => (uses === undefined ? [] : [uses]));
    for (const action of actions) expect(action).toMatch(/@v\d+\.\d+\.\d+$/);
  });

  test("may only read, except where a job names a further permission", () => {
    expect(permissions).toEqual({ contents: "read" });
  });
});

test("the matrix has every PostgreSQL and every Node that is supported", () => {
  const versions = readFileSync(join(root, "scripts/test-versions.ts"), "utf8");
  const [, nodes = ""] = /^const NODES.*= \{(.*)\};$/m.exec(versions) ?? [];
  const [, releases = ""] = /^const RELEASES.*= \{([^}]*)\};$/m.exec(versions) ?? [];
  const keys = (table: string) => [...table.matchAll(/(\d+): /g)].map(([, key]) => Number(key));
  expect(workflow("ci.yml").jobs.versions?.strategy?.matrix).toEqual({ postgres: keys(releases), node: keys(nodes) });
  expect(readFileSync(join(root, "README.md"), "utf8")).toContain("PostgreSQL 14 to 18");
});

test("the oldest Node of the matrix is the one that the packages ask for", () => {
  const { engines } = JSON.parse(readFileSync(join(root, "packages/core/package.json"), "utf8"));
  const [, oldest] = /22: "(\d+\.\d+)\.0"/.exec(readFileSync(join(root, "scripts/test-versions.ts"), "utf8")) ?? [];
  expect(engines.node).toBe(`>=${oldest}`);
});
