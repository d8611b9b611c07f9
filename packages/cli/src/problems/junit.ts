import type { Problem, ProblemReport } from "./problem.ts";

/** JUnit's XML, as test reports of CI servers read it: a suite a file, a test a problem, one passed test a file without any. */
export function asJunit({ problems, files }: ProblemReport): string {
  const byFile = Map.groupBy(problems, ({ file }) => file);
  const names = [...new Set([...files, ...byFile.keys()])].sort();
  const suites = names.map((name) => suite(name, byFile.get(name) ?? []));
  const errors = problems.filter(({ severity }) => severity === "error").length;
  const tests = names.reduce((sum, name) => sum + Math.max(1, byFile.get(name)?.length ?? 0), 0);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="trans-hub" tests="${tests}" failures="${errors}" errors="0">`,
    ...suites,
    "</testsuites>",
  ].join("\n");
}

function suite(file: string, problems: readonly Problem[]): string {
  const failures = problems.filter(({ severity }) => severity === "error").length;
  const tests = problems.length === 0 ? [testcase(file, "catalog", "/>")] : problems.map(failed);
  return [
    `  <testsuite name=${quoted(file)} tests="${tests.length}" failures="${failures}" errors="0" skipped="0">`,
    ...tests,
    "  </testsuite>",
  ].join("\n");
}

function failed({ file, locale, key, kind, check, severity, message, line, column }: Problem): string {
  const place = line === undefined ? file : `${file}:${line}:${column ?? 1}`;
  const name = [check ?? kind, locale, key].filter((part) => part !== "").join(" ");
  const text = `${place}: ${message}`;
  const inner =
    severity === "error"
      ? `<failure type=${quoted(kind)} message=${quoted(message)}>${escaped(text)}</failure>`
      : `<system-out>${escaped(`warning: ${text}`)}</system-out>`;
  return testcase(file, name, `>${inner}</testcase>`);
}

function testcase(file: string, name: string, rest: string): string {
  return `    <testcase classname=${quoted(file)} name=${quoted(name)} file=${quoted(file)}${rest}`;
}

function quoted(text: string): string {
  return `"${escaped(text).replaceAll('"', "&quot;").replaceAll("\n", "&#10;").replaceAll("\t", "&#9;")}"`;
}

/** Characters that XML 1.0 cannot hold, not even as references, become U+FFFD. */
function escaped(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[^\t\n\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, "\uFFFD")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");
}
