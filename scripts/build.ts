/** Builds the package in the working directory into `dist`: published packages run on any Node, without our sources. */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, globSync, rmSync } from "node:fs";
import { basename, join } from "node:path";

const here = process.cwd();
rmSync("dist", { recursive: true, force: true });
execFileSync("tsc", ["-b", "tsconfig.build.json"], { stdio: "inherit" });
if (!existsSync("dist")) throw new Error(`tsc built nothing in ${here}`);
// The migrations belong to core's tarball; in the repository they stand at its top. Only the numbered files are applied, so
// the folder of functions that they are made from stays behind.
if (basename(here) === "core") {
  for (const file of globSync("*.sql", { cwd: "../../migrations" })) {
    cpSync(join("../../migrations", file), join("dist/migrations", file));
  }
}
