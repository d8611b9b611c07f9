/** The reference of the public doors is built from their docstrings; a link that leads nowhere fails it. */
import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { ownManifest, PUBLISHED } from "../../scripts/packages.ts";

const root = resolve(import.meta.dirname, "../..");

test("every public door has its page in the reference, and no docstring a broken link", async () => {
  const folder = await mkdtemp(join(tmpdir(), "trans-hub-reference-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  // A process of its own: TypeDoc keeps the compiler's memory, some 600 MB.
  await promisify(execFile)(process.execPath, [join(root, "tools/reference/build.ts"), folder]);
  const doors = PUBLISHED.flatMap((name) =>
    Object.keys(ownManifest(name).exports ?? {}).map(
      (door) => `_trans-hub_${join(name, door).replaceAll("/", "_")}.html`,
    ),
  );
  expect(await readdir(join(folder, "modules"))).toEqual(expect.arrayContaining(doors));
}, 120_000);
