/** Builds the package in the working directory into `dist`: what is published runs on any Node, without our sources. */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, rmSync } from "node:fs";
import { basename } from "node:path";

const here = process.cwd();
rmSync("dist", { recursive: true, force: true });
execFileSync("tsc", ["-b", "tsconfig.build.json"], { stdio: "inherit" });
if (!existsSync("dist")) throw new Error(`tsc built nothing in ${here}`);
// The migrations belong to core's tarball; in the repository they stand at its top.
if (basename(here) === "core") cpSync("../../migrations", "dist/migrations", { recursive: true });
