import { hash } from "node:crypto";
import { isAbsolute } from "node:path";
import { pathToFileURL } from "node:url";
import { version } from "@trans-hub/core/operations";
import { PROBLEM_KINDS, type Problem, type ProblemReport } from "./problem.ts";

/** SARIF 2.1.0, which code scanning of GitHub, GitLab and Azure reads. */
export function asSarif({ problems }: ProblemReport): object {
  const ids = [...new Set(problems.map(ruleOf))].sort();
  const rules = ids.map((id) => {
    const kind = id.split("/")[0] as Problem["kind"];
    return {
      id,
      shortDescription: { text: `${PROBLEM_KINDS[kind]}.` },
      helpUri: "https://github.com/trans-hub/trans-hub/blob/main/docs/catalogs.md",
    };
  });
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "trans-hub",
            semanticVersion: version,
            informationUri: "https://github.com/trans-hub/trans-hub",
            rules,
          },
        },
        columnKind: "utf16CodeUnits",
        results: problems.map((problem) => resultOf(problem, ids)),
      },
    ],
  };
}

function ruleOf({ kind, check }: Problem): string {
  return check === undefined ? kind : `${kind}/${check}`;
}

function resultOf(problem: Problem, ids: readonly string[]): object {
  const { file, severity, line, column, locale, key, message } = problem;
  const ruleId = ruleOf(problem);
  const subject = [locale, key].filter((part) => part !== "").join(" ");
  return {
    ruleId,
    ruleIndex: ids.indexOf(ruleId),
    level: severity,
    message: { text: subject === "" ? message : `${subject}: ${message}` },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: uriOf(file) },
          ...(line !== undefined && { region: { startLine: line, startColumn: column ?? 1 } }),
        },
      },
    ],
    // Without the line, which moves when a text is added above.
    partialFingerprints: {
      "transHub/v1": hash("sha256", JSON.stringify([ruleId, file, locale, key]), "hex").slice(0, 32),
    },
  };
}

function uriOf(file: string): string {
  return isAbsolute(file) ? pathToFileURL(file).href : file.split("/").map(encodeURIComponent).join("/");
}
