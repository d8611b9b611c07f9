/** The configuration of a project's catalogs, as it is written and as it is checked. */
import {
  canonicalLocale,
  closestName,
  InvalidItemError,
  parseName,
  SettingsError,
  TEXT_FORMATS,
} from "@trans-hub/core/rules";
import { type CatalogSyntax, FORMAT_NAMES } from "@trans-hub/formats";
import { z } from "zod";
import type { Config } from "./config-types.ts";
import { keyPatternProblem } from "./key-patterns.ts";
import { LOCALE_STYLES, type LocaleStyle } from "./locale-spelling.ts";
import { placeholderProblem } from "./placeholders.ts";

/** A configuration that was read and checked. */
export interface LoadedConfig {
  /** Its file, as messages name it. */
  file: string;
  /** Its folder, absolute. */
  folder: string;
  /** In canonical form, as all locales below. */
  source: string;
  targets: readonly string[];
  files: readonly FileRule[];
  /** Relative to the folder. */
  lock: string;
  project: string | undefined;
}

/** One entry of `files`. */
export interface FileRule {
  /** Such as `trans-hub.config.json: files[0]`, for messages. */
  name: string;
  in: string;
  out: string | undefined;
  format: string | undefined;
  syntax: CatalogSyntax | undefined;
  ignore: readonly string[];
  copy: readonly string[];
  keep: readonly string[];
  distinct: readonly string[];
  review: boolean;
  fileLocales: ReadonlyMap<string, string>;
  localeStyle: LocaleStyle | undefined;
}

/**
 * Checks the content of a configuration file.
 *
 * @param file As messages name it.
 * @param folder Its folder, absolute.
 * @throws {SettingsError} With every key at fault.
 */
export function checkedConfig(file: string, folder: string, content: unknown): LoadedConfig {
  const { data, error } = schema.safeParse(content);
  if (data === undefined) {
    throw new SettingsError(error.issues.flatMap((issue) => problemsOf(file, issue)));
  }
  const { source, targets, files, fileLocales, localeStyle, lock, project } = data;
  if (targets.includes(source)) {
    const problem = `holds the source locale ${source}: name only locales to translate into`;
    throw new SettingsError([{ key: `${file}: targets`, problem }]);
  }
  const rules = files.map((each, at): FileRule => {
    const { fileLocales: own, localeStyle: ownStyle, out, format, syntax, ...rest } = each;
    return {
      name: `${file}: files[${at}]`,
      ...{ out, format, syntax },
      ...rest,
      fileLocales: new Map([...Object.entries(fileLocales), ...Object.entries(own)]),
      localeStyle: ownStyle ?? localeStyle,
    };
  });
  return { file, folder, source, targets: [...new Set(targets)], files: rules, lock, project };
}

const locale = (options?: { allowUndetermined: boolean }) =>
  text('a locale such as "fr" or "pt-BR"').transform((value, context) => {
    try {
      return canonicalLocale(value, "locale", options);
    } catch (error) {
      if (!(error instanceof InvalidItemError)) throw error;
      context.addIssue({ code: "custom", message: `is not a locale that is known. ${error.hint ?? ""}`.trimEnd() });
      return z.NEVER;
    }
  });

const SYNTAXES = [...TEXT_FORMATS, "vue-i18n"] as const satisfies readonly CatalogSyntax[];
const patterns = list("patterns over keys", '["brand.*"]', checked("a pattern over keys", keyPatternProblem)).default(
  [],
);
const style = oneOf(LOCALE_STYLES).optional();
const fileLocales = z
  .record(z.string(), text('the spelling of the locale in file names, such as "zh_CN"'), {
    error: 'must map locales to their spelling in file names, such as { "zh-Hans": "zh_CN" }',
  })
  .transform((given, context) => {
    const parsed = Object.entries(given).map(([key, value]) => {
      const { data, error } = locale().safeParse(key);
      if (data !== undefined) return [data, value];
      context.addIssue({ code: "custom", path: [key], message: error.issues[0]?.message ?? "" });
      return [key, value];
    });
    return Object.fromEntries(parsed) as Record<string, string>;
  })
  .default({});

const fileConfig = z.strictObject(
  {
    in: checked('a path or a glob such as "locales/en.json"', (value) => placeholderProblem(value, "in")),
    out: checked('the target files, such as "locales/{locale}.json"', (value) =>
      placeholderProblem(value, "out"),
    ).optional(),
    format: oneOf(FORMAT_NAMES).optional(),
    syntax: oneOf(SYNTAXES).optional(),
    ignore: patterns,
    copy: patterns,
    keep: patterns,
    distinct: patterns,
    review: z.boolean({ error: "must be true or false" }).default(false),
    fileLocales,
    localeStyle: style,
  },
  {
    error: onlyFor(
      "invalid_type",
      'must be an object such as { "in": "locales/en.json", "out": "locales/{locale}.json" }',
    ),
  },
);

const schema = z.strictObject(
  {
    $schema: z.unknown().optional(),
    source: locale({ allowUndetermined: true }),
    targets: list("locales to translate into", '["fr", "pt-BR"]', locale()).min(
      1,
      "names no locale: name at least one",
    ),
    files: list("files", '[{ "in": "locales/en.json", "out": "locales/{locale}.json" }]', fileConfig).min(
      1,
      'names no file: add one, such as { "in": "locales/en.json", "out": "locales/{locale}.json" }',
    ),
    fileLocales,
    localeStyle: style,
    lock: text('a path such as "trans-hub.lock"').default("trans-hub.lock"),
    project: text("the name of a project").refine(isProject, "is not a name that a project can have").optional(),
  },
  { error: onlyFor("invalid_type", "must hold an object with source, targets and files") },
) satisfies z.ZodType<unknown, Config>;

const KEYS = { root: Object.keys(schema.shape), file: Object.keys(fileConfig.shape) };

function problemsOf(file: string, issue: z.core.$ZodIssue): { key: string; problem: string }[] {
  const place = issue.path.map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`)).join("");
  const key = place === "" ? file : `${file}: ${place.replace(/^\./, "")}`;
  if (issue.code !== "unrecognized_keys") return [{ key, problem: issue.message }];
  const known = issue.path[0] === "files" ? KEYS.file : KEYS.root;
  return issue.keys.map((unknown) => {
    const meant = closestName(unknown, known);
    const cure =
      meant === undefined
        ? `the keys are ${known.filter((name) => name !== "$schema").join(", ")}`
        : `did you mean "${meant}"?`;
    const inside = place === "" ? unknown : `${place.replace(/^\./, "")}.${unknown}`;
    return { key: `${file}: ${inside}`, problem: `is not a key of the configuration; ${cure}` };
  });
}

/** A string that is not empty. */
function text(wanted: string) {
  return z
    .string({ error: ({ input }) => (input === undefined ? `is missing: give ${wanted}` : `must be ${wanted}`) })
    .min(1, `is empty: give ${wanted}`);
}

/** @param problem The fault of a value, as the end of a sentence; undefined: it has none. */
function checked(wanted: string, problem: (value: string) => string | undefined) {
  return text(wanted).superRefine((value, context) => {
    const message = value === "" ? undefined : problem(value);
    if (message !== undefined) context.addIssue({ code: "custom", message });
  });
}

function list<Item extends z.ZodType>(noun: string, example: string, item: Item) {
  return z.array(item, {
    error: ({ input }) =>
      input === undefined
        ? `is missing: give a list of ${noun}, such as ${example}`
        : `must be a list of ${noun}, such as ${example}`,
  });
}

function oneOf<const Name extends string>(names: readonly Name[]) {
  return z.enum(names as readonly [Name, ...Name[]], {
    error: ({ input }) => {
      const meant = typeof input === "string" ? closestName(input, names) : undefined;
      return `must be one of ${names.join(", ")}${meant === undefined ? "" : `; did you mean "${meant}"?`}`;
    },
  });
}

/** Leaves the message of other faults to them. */
function onlyFor(code: string, message: string) {
  return (issue: { code?: string | undefined }) => (issue.code === code ? message : undefined);
}

function isProject(name: string): boolean {
  try {
    parseName(name, "project", "TH_PROJECT");
    return true;
  } catch {
    return false;
  }
}
