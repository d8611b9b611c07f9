/** Builds the package in the working directory into `dist`: published packages run on any Node, without our sources. */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, rmSync } from "node:fs";
import { basename } from "node:path";

const here = process.cwd();
rmSync("dist", { recursive: true, force: true });
execFileSync("tsc", ["-b", "tsconfig.build.json"], { stdio: "inherit" });
if (!existsSync("dist")) throw new Error(`tsc built nothing in ${here}`);
// The migrations are part of core's tarball; in the repository they are at its top.
if (basename(here) === "core") cpSync("../../migrations", "dist/migrations", { recursive: true });
