import { countOf, type Output, printable } from "../output.ts";
import { isOk, type Problem, type ProblemReport } from "./problem.ts";

/** A terminal shows this many problems at most, and then their number. */
const MAX_LINES = 1_000;

/** For people: a line each, as compilers write them, so that editors and terminals find the place; then a sentence. */
export function asText(report: ProblemReport, output: Output): string {
  const { problems, checked, files } = report;
  const shown = output.isTerminal ? problems.slice(0, MAX_LINES) : problems;
  const lines = shown.map((problem) => printable(lineOf(problem, output)));
  if (shown.length < problems.length) lines.push(`and ${problems.length - shown.length} more`);
  const errors = problems.filter(({ severity }) => severity === "error").length;
  const warnings = problems.length - errors;
  const counts = [countOf(errors, "error"), ...(warnings > 0 ? [countOf(warnings, "warning")] : [])].join(", ");
  const verdict = isOk(report) ? output.colors.green(counts) : output.colors.red(counts);
  lines.push(`${countOf(checked, "value")} in ${countOf(files.length, "file")} checked, ${verdict}`);
  return lines.join("\n");
}

function lineOf({ file, line, column, severity, kind, check, key, locale, message }: Problem, output: Output): string {
  const place = line === undefined ? file : `${file}:${line}:${column ?? 1}`;
  const facts = [...(check === undefined ? [kind] : [`${kind}/${check}`]), locale, /^line \d+$/.test(key) ? "" : key];
  const named = facts.filter((fact) => fact !== "").join(" ");
  const colors = output.colors;
  const label = severity === "error" ? colors.red(severity) : colors.yellow(severity);
  return `${place}: ${label}: ${message.replaceAll(/\s+/g, " ")} [${named.replaceAll(/\s+/g, " ")}]`;
}
