/**
 * For any edits of people on both sides of a catalog of any format, with approvals and imports among them: no value of a person
 * is lost, a second `translate` writes nothing, and `--check` is green after each.
 *
 * Each edit is made in all formats. Every second run has no database: its commands go through a server, behind which a worker translates. A failing run prints its seed and path: `TH_TEST_SEED` and `TH_TEST_PATH` repeat it,
 * `TH_TEST_FORMATS=page.md,rails.yml` leaves the other files out, `TH_TEST_RUNS` makes a run long.
 * The runs of `translate` between the edits take most of the time: `TH_TEST_EDITS=60` has up to 60 edits before each, and makes 10,000 edits
 * a format in a quarter of the time.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Coordinator } from "@trans-hub/core";
import { test } from "@trans-hub/test-support/database";
import fc from "fast-check";
import { expect } from "vitest";
import { startBehind } from "./catalogs/behind.ts";
import { type Edit, stepsOf } from "./catalogs/edits.ts";
import { NOTATIONS } from "./catalogs/notations.ts";
import { type Ran, Repo } from "./catalogs/repo.ts";

const {
  TH_TEST_SEED: seed,
  TH_TEST_PATH: path,
  TH_TEST_RUNS: runs = "4",
  TH_TEST_FORMATS: chosen,
  TH_TEST_EDITS: edits = "10",
} = process.env;

/** A step takes some 0.5 s, and much more where the machine is busy. */
const LIMIT_MS = 120_000 + Number(runs) * 60_000;

const isLong = Number(runs) > 100;

const notations = NOTATIONS.filter(({ file }) => chosen === undefined || chosen.split(",").includes(file));

/** Runs `translate` until the targets are current, and holds it to its promises. */
async function settle(repo: Repo): Promise<void> {
  const first = await repo.run("translate");
  expect(first, `${first.told}\n${JSON.stringify(first.report.broken)}`).toMatchObject({ code: 0 });
  expect(await repo.lost()).toEqual([]);
  const unknown = problemsOf(await repo.run("translate", "--check")).filter(({ kind }) => kind === "unknown");
  if (unknown.length > 0) {
    expect(repo.isLockLost, JSON.stringify(unknown)).toBe(true);
    expect((await repo.run("lock", "adopt")).code).toBe(0);
  }
  repo.isLockLost = false;
  const lock = await repo.lock();
  const contents = await Promise.all(notations.map((notation) => repo.target(notation)));
  const second = await repo.run("translate");
  expect(second).toMatchObject({ code: 0, report: { written: [], translated: 0, pending: 0, failed: 0 } });
  expect(await repo.lock()).toBe(lock);
  for (const [at, notation] of notations.entries()) expect(await repo.target(notation)).toBe(contents[at]);
  const checked = await repo.run("translate", "--check");
  expect(problemsOf(checked)).toEqual([]);
  expect(checked).toMatchObject({ code: 0, report: { ok: true } });
  await repo.keepLock();
}

function problemsOf({ report }: Ran): { file: string; kind: string; severity: string }[] {
  const { problems = [] } = report as { problems?: { file: string; kind: string; severity: string }[] };
  return problems.filter(({ severity }) => severity === "error");
}

test("no edit, approval or import loses a person's value, and a second run writes nothing", {
  timeout: 2 * LIMIT_MS,
}, async ({ database }) => {
  const hub = await Coordinator.connect({ databaseUrl: database.url });
  await using behind = await startBehind(database.url);
  const here = { TH_DATABASE_URL: database.url, TH_ENGINES: "pseudo" };
  // The commands read their files from the working directory.
  const home = process.cwd();
  let projects = 0;
  let count = 0;
  const property = fc.asyncProperty(stepsOf(Number(edits)), async (all: readonly (readonly Edit[])[]) => {
    const folder = await mkdtemp(join(tmpdir(), "trans-hub-edits-"));
    projects += 1;
    const env = projects % 2 === 0 ? here : behind.env;
    const repo = new Repo(folder, notations, { hub, env, project: `p${projects}` });
    try {
      process.chdir(folder);
      await repo.begin([
        ["a", 0],
        ["b", 1],
        ["c.x", 2],
        ["n", 0],
      ]);
      await settle(repo);
      for (const edits of all) {
        for (const edit of edits) await repo.take(edit);
        count += edits.length;
        await settle(repo);
        if (isLong && projects % 10 === 0) console.log(`${count} edits in each of ${notations.length} notations`);
      }
    } finally {
      process.chdir(home);
      if (process.env.TH_TEST_KEEP === undefined) await rm(folder, { recursive: true, force: true });
      else console.log(folder);
    }
  });
  try {
    await fc.assert(property, {
      ...{
        numRuns: Number(runs),
        endOnFailure: process.env.TH_TEST_SHRINK === undefined,
        interruptAfterTimeLimit: LIMIT_MS,
      },
      ...(seed !== undefined && { seed: Number(seed) }),
      ...(path !== undefined && { path }),
    });
  } finally {
    await hub.close();
  }
  if (isLong) console.log(`${count} edits in each of ${notations.length} notations`);
});
