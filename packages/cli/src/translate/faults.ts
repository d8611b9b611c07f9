/** Files of a run that cannot be read or written: each harms itself alone. */
import { CatalogError } from "@trans-hub/core/operations";
import { readableText } from "../catalog/catalog-file.ts";
import { UsageError } from "../usage-error.ts";
import type { TargetFile } from "./target-files.ts";

export interface BrokenFile {
  file: string;
  /** Of a source file: all of its locales. */
  locales: string[];
  code: string;
  /** One line, with the place in the file, and without its texts. */
  message: string;
  hint?: string;
}

export class Faults {
  readonly broken: BrokenFile[];
  first: Error | undefined;

  constructor(known: readonly BrokenFile[] = []) {
    this.broken = [...known];
  }

  /** Does the work of one target; undefined: a file of it is at fault. */
  async of<Result>(target: TargetFile, work: () => Promise<Result>): Promise<Result | undefined> {
    try {
      return await work();
    } catch (cause) {
      if (!(cause instanceof CatalogError || cause instanceof UsageError)) throw cause;
      const error = cause instanceof CatalogError ? explained(cause) : cause;
      this.first ??= error;
      const { code, message, hint } = error;
      const known = this.broken.find((other) => other.message === message);
      if (known !== undefined) known.locales.push(target.locale);
      else {
        const file = error instanceof CatalogError ? error.file : target.source;
        this.broken.push({ file, locales: [target.locale], code, message, ...(hint !== undefined && { hint }) });
      }
      return undefined;
    }
  }
}

/** The error of a file, with the most likely reason. */
export function explained(error: CatalogError): CatalogError {
  if (error.hint !== undefined || !MERGE_MARK.test(readableText(error.file))) return error;
  const problem = "holds an unresolved merge";
  const { line, column } = error;
  return new CatalogError(error.file, problem, {
    ...(line !== undefined && { line }),
    ...(column !== undefined && { column }),
    cause: error,
    hint: "Resolve it: choose one side of each conflict, and remove the lines that begin with <<<<<<<, ======= and >>>>>>>.",
  });
}

/** One mark is enough: a file whose resolution was begun is no valid catalog either. */
const MERGE_MARK = /^(?:<{7}|>{7}) /m;
