import { isAbsolute, relative, resolve, sep } from "node:path";
import { PROBLEM_KINDS, type Problem, type ProblemReport } from "./problem.ts";

export interface GithubOptions {
  cwd: string;
  /** The checkout, which GitHub's paths start from (`GITHUB_WORKSPACE`). Default: the working directory. */
  workspace?: string | undefined;
}

/** Workflow commands, which GitHub shows as annotations of a pull request. */
export function asGithub({ problems }: ProblemReport, options: GithubOptions): string {
  return problems.map((problem) => annotation(problem, options)).join("\n");
}

function annotation(problem: Problem, options: GithubOptions): string {
  const { severity, line, column, kind, check, locale, key, message } = problem;
  const properties = {
    file: fileIn(problem.file, options),
    ...(line !== undefined && { line, col: column ?? 1 }),
    title: `${kind}${check === undefined ? "" : `/${check}`}: ${PROBLEM_KINDS[kind]}`,
  };
  const listed = Object.entries(properties).map(([name, value]) => `${name}=${escapedProperty(String(value))}`);
  const subject = [locale, key].filter((part) => part !== "").join(" ");
  return `::${severity} ${listed.join(",")}::${escaped(subject === "" ? message : `${subject}: ${message}`)}`;
}

function fileIn(file: string, { cwd, workspace = cwd }: GithubOptions): string {
  const path = relative(workspace, resolve(cwd, file));
  return path.startsWith("..") || isAbsolute(path) ? file : path.split(sep).join("/");
}

function escaped(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function escapedProperty(text: string): string {
  return escaped(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
