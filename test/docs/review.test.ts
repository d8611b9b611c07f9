/** The lines of docs/review.md are run as they stand there, in their order. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdir, symlink } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { testOnDatabase as test } from "@trans-hub/test-support/command";
import { expect } from "vitest";

const call = promisify(execFile);
const root = resolve(import.meta.dirname, "../..");
const page = readFileSync(join(root, "docs/review.md"), "utf8");
const blocks = Array.from(page.matchAll(/^```sh\n([\s\S]*?)^```$/gm), ([, code = ""]) => code);

test("its lines run, and do what the page says", async ({ database, commands: { cwd: folder } }) => {
  const bin = join(folder, "bin");
  await mkdir(bin);
  await symlink(join(root, "packages/cli/src/bin.js"), join(bin, "trans-hub"));
  const env = {
    PATH: `${bin}:${process.env.PATH}`,
    HOME: folder,
    USER: "mia",
    TH_DATABASE_URL: database.url,
    TH_ENGINES: "pseudo",
    TH_SOURCE_LOCALE: "en",
  };
  const run = async (script: string) =>
    (await call("bash", ["-euo", "pipefail", "-c", script], { cwd: folder, env })).stdout;
  const told: string[] = [];
  for (const block of blocks) told.push(await run(block));
  const [, queue = "", lists = "", acts = "", undone = "", many = "", why = "", term = ""] = told;
  for (const text of ["Add to cart", "Your cart is empty", "Pay", "Thank you"]) expect(queue).toContain(text);
  expect(lists).not.toContain("Thank you");
  expect(acts).toMatch(/approved at revision[\s\S]*approved at revision \d+: Payer[\s\S]*rejected at revision/);
  expect(undone).toMatch(/undone: translated[\s\S]*undo[\s\S]*edit/);
  expect(many).toMatch(/approved/);
  expect(why).toMatch(/made by the engine[\s\S]*"kind":"origin"/);
  expect(term).toContain("cart");
  const history = JSON.parse(await run("trans-hub review history --business-id shop.pay --to fr --json"));
  expect(history.items).toMatchObject([
    { action: "undo", by: "mia" },
    { action: "edit", by: "mia", textAfter: "Payer", note: "imperative" },
  ]);
});
