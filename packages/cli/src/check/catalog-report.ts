import type { CatalogError } from "@trans-hub/core/operations";
import { type Problem, type ProblemReport, withoutPlace } from "../problems/problem.ts";
import type { UsageError } from "../usage-error.ts";
import { checkValues, type ValuesToCheck } from "./check-values.ts";

/** Gathers the problems of catalogs, file by file. */
export class CatalogReport implements ProblemReport {
  readonly problems: Problem[] = [];
  readonly #files = new Set<string>();
  checked = 0;
  /** The number of source files and their targets, also of those without targets. */
  families = 0;

  get files(): readonly string[] {
    return [...this.#files];
  }

  /** A file that is looked at, with or without a value. */
  addFile(file: string): void {
    this.#files.add(file);
  }

  addValues(values: ValuesToCheck): void {
    const { problems, checked } = checkValues(values);
    this.#files.add(values.target.file);
    this.checked += checked;
    this.problems.push(...problems);
  }

  /** A file that cannot be read. It is named once, however many locales need it. */
  addUnreadable(file: string, locale: string | undefined, error: CatalogError | UsageError): void {
    const { line, column } = "line" in error ? error : {};
    const clause = withoutPlace(error.message, file);
    const message = error.hint === undefined ? clause : `${clause}. ${error.hint}`;
    const known = this.problems.find(
      (other) => other.kind === "invalid" && other.file === file && other.message === message,
    );
    this.#files.add(file);
    if (known !== undefined) {
      known.locale = "";
      return;
    }
    this.problems.push({
      ...{ file, locale: locale ?? "", key: "", kind: "invalid", severity: "error", message },
      ...(line !== undefined && { line, column }),
    });
  }
}
