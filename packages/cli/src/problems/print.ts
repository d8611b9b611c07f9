/** Prints a report of problems in the format that a person or a CI server reads. */
import { Option } from "commander";
import type { CommandContext } from "../command-context.ts";
import { EXIT } from "../report-error.ts";
import { inOrder, isOk, type ProblemReport } from "./problem.ts";

export const REPORT_FORMATS = ["text", "json", "github", "sarif", "junit"] as const;
export type ReportFormat = (typeof REPORT_FORMATS)[number];

export function reportFormatOption(): Option {
  return new Option("--format <format>", "form of the report").choices([...REPORT_FORMATS]);
}

/**
 * Prints the problems, and sets the exit code to 1 where one is an error.
 *
 * @param format Default: `json` with `--json`, else `text`.
 */
export async function printProblems(
  context: CommandContext,
  report: ProblemReport,
  format: ReportFormat = context.output.json ? "json" : "text",
): Promise<void> {
  const { output } = context;
  if (!isOk(report)) context.exitCode = EXIT.failed;
  const printed = await formatted(context, { ...report, problems: inOrder(report.problems) }, format);
  if (printed !== "") await output.line(printed);
}

/** Each format is loaded when it is asked for. */
async function formatted(context: CommandContext, report: ProblemReport, format: ReportFormat): Promise<string> {
  const { output, cwd, env } = context;
  switch (format) {
    case "json":
      return JSON.stringify({ ok: isOk(report), problems: report.problems, checked: report.checked });
    case "github":
      return (await import("./github.ts")).asGithub(report, { cwd, workspace: env.GITHUB_WORKSPACE || undefined });
    case "sarif":
      return JSON.stringify((await import("./sarif.ts")).asSarif(report), null, 2);
    case "junit":
      return (await import("./junit.ts")).asJunit(report);
    default:
      return (await import("./text.ts")).asText(report, output);
  }
}
