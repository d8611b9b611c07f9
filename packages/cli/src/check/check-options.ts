export interface CheckOptions {
  cwd: string;
  /** Files and folders: the catalogs in them are checked. */
  paths: readonly string[];
  /** BCP 47. Default: that of the configuration, or else the one that the names of the files tell. */
  sourceLocale?: string | undefined;
  /** Whether the warnings of the checks are problems as well. */
  warnings: boolean;
  signal: AbortSignal;
  /** Called with the number of files that are done and of all. */
  progress?(done: number, total: number): void;
}
