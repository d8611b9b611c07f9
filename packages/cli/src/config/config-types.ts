/** The configuration as a person writes it. */
import type { CatalogSyntax } from "@trans-hub/formats";
import type { LocaleStyle } from "./locale-spelling.ts";

/** The content of `trans-hub.config.ts`, or of another configuration file. Paths are relative to its folder. */
export interface Config {
  /** The locale of the source files, such as `en`. */
  source: string;
  /** The locales to translate into, such as `["fr", "pt-BR"]`. */
  targets: readonly string[];
  files: readonly FileConfig[];
  /** The spelling of single locales in the names of files: `{ "zh-Hans": "zh_CN" }`. */
  fileLocales?: Readonly<Record<string, string>> | undefined;
  /** The spelling of all other locales in the names of files. Default: that of the files that exist, or else `bcp47`. */
  localeStyle?: LocaleStyle | undefined;
  /** The lock file. Default: `trans-hub.lock`. */
  lock?: string | undefined;
  /** The project in the store. Default: `TH_PROJECT`. */
  project?: string | undefined;
}

/** Source files and their targets. The patterns over keys are explained in `docs/catalogs.md`. */
export interface FileConfig {
  /** A path or a glob, with forward slashes. `{locale}` is the source locale. */
  in: string;
  /** The target files, such as `{dir}/{locale}.json`. Left out: the file holds its targets itself. */
  out?: string | undefined;
  /** Default: by the name and the content of the file. */
  format?: string | undefined;
  /** The syntax of the texts. Default: detected once a file. */
  syntax?: CatalogSyntax | undefined;
  /** Texts that are neither sent nor written. */
  ignore?: readonly string[] | undefined;
  /** Texts that the target files have as the source has them. */
  copy?: readonly string[] | undefined;
  /** Texts that are copied into the target files once; from then on, they are the target's own. */
  keep?: readonly string[] | undefined;
  /** Texts with the same words as others, and a meaning of their own. */
  distinct?: readonly string[] | undefined;
  /** Whether machine translations are marked in the file as not reviewed. Default: false. */
  review?: boolean | undefined;
  /** As for all files, for these alone. */
  fileLocales?: Readonly<Record<string, string>> | undefined;
  localeStyle?: LocaleStyle | undefined;
}
