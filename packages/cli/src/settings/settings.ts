/**
 * Every setting of Trans-Hub: one object, parsed once when a command begins. The rest of the program gets plain values.
 * The settings of an engine are defined with the engine (`packages/engines/src/<name>/definition.ts`).
 *
 * The descriptions become the table in `docs/operations.md` (`describeSettings`), which a test holds in step.
 */

import type { EngineLimits } from "@trans-hub/core/engine";
import {
  closestName,
  DEFAULT_PROJECT,
  MAX_STORED_TEXT_BYTES,
  oldPrices,
  SettingsError,
  UNDETERMINED_LOCALE,
} from "@trans-hub/core/rules";
import type { ProjectEngines } from "@trans-hub/core/store";
import {
  decimal,
  ENGINES,
  type EngineSettings,
  isSecret,
  kind,
  secret,
  text,
  whole,
} from "@trans-hub/engines/registry";
import { z } from "zod";
import { readTextFile, type UnreadableFileError } from "../input/regular-file.ts";
import { type EngineNames, engineNames, isOwnEngine } from "./engine-names.ts";
import {
  authGroups,
  cron,
  instructions,
  names,
  oneOf,
  postgresUrl,
  prices,
  projectEngines,
  projectName,
  projectNames,
  serverUrl,
  sourceLocale,
} from "./setting-kinds.ts";

const YEAR_SECONDS = 31_536_000;

/** Keys of 32 characters and more. */
const WEBHOOK_KEYS = /^\S{32,}(\s+\S{32,})*$/;

const schema = z.object({
  TH_DATABASE_URL: secret(
    postgresUrl()
      .optional()
      .describe("The database: `postgres://…`. Unset: `DATABASE_URL`, or else an embedded PostgreSQL."),
  ),
  TH_DIRECT_URL: secret(
    postgresUrl()
      .optional()
      .describe(
        "The same database without a pooler, for LISTEN and migrations. Needed if `TH_DATABASE_URL` names a pooler.",
      ),
  ),
  TH_READ_URL: secret(
    postgresUrl()
      .optional()
      .describe("A standby of the database, for reads. Texts that it does not have are read from `TH_DATABASE_URL`."),
  ),
  TH_SERVER: serverUrl()
    .optional()
    .describe(
      "Address of a server of Trans-Hub (`https://…`), which `translate`, `import`, `estimate` and `check --stored` use instead of a database. Also `--server`.",
    ),
  TH_TOKEN: secret(
    text("a token without blanks", /^\S+$/).optional().describe("The token for `TH_SERVER`, with the scope `catalog`."),
  ),
  TH_DATA_DIR: text("a path", /./)
    .optional()
    .describe(
      "Folder of the embedded PostgreSQL. Unset: the nearest `.trans-hub/`, or one beside the nearest `package.json`.",
    ),
  TH_PROJECT: projectName().default(DEFAULT_PROJECT).describe("Project of texts without a project."),
  TH_ENGINES: engineNames()
    .optional()
    .describe(
      "Engines, comma-separated; the first is active, the others are fallbacks. Or entries with target locales: `deepl:de,fr;openai`. An engine of your own is the path of its file, such as `./my-engine.ts`, or the name of its package. Also `TH_ACTIVE_ENGINE`.",
    ),
  TH_PROJECT_ENGINES: projectEngines()
    .optional()
    .describe(
      "Engines that may get the texts of a project: `private:local;shop:openai,deepl`, with names, `local` and `third-party`. A project that is not listed may use every engine.",
    ),
  TH_INSTRUCTIONS: instructions()
    .optional()
    .describe(
      "Instructions for language models, such as the form of address: a text, or a JSON object with `all`, `locales` and `projects`. At most 4 KiB go with one call.",
    ),
  TH_MEMORY_REUSE: z
    .enum(["off", "approved"])
    .default("off")
    .describe(
      "`approved`: a text that a person approved in another context or project is reused for the same text, flagged `reused`. It gives the texts of one project to others. `off`: each text is translated.",
    ),
  TH_PRICES: prices()
    .optional()
    .describe(
      "Prices of engines, a JSON object (see [cost](cost.md)), most often as `TH_PRICES_FILE`. Unset: no price is known.",
    ),
  TH_SOURCE_LOCALE: sourceLocale()
    .default(UNDETERMINED_LOCALE)
    .describe("Source locale of texts without one; `und`: the engine detects it."),
  TH_BATCH_SIZE: whole(1, 1_000).default(50).describe("Largest number of texts in one batch, and in one engine call."),
  TH_CONCURRENCY: whole(1, 1_000).default(4).describe("Number of concurrent engine calls in one worker."),
  TH_MAX_CONNECTIONS: whole(1, 1_000).default(10).describe("Largest number of database connections of one process."),
  TH_POLL_SECONDS: decimal(0.1, 3_600)
    .default(2)
    .describe("Seconds between polls for work that no notification announced."),
  TH_MAX_ATTEMPTS: whole(1, 100)
    .default(5)
    .describe("Attempts to translate a text before it goes to the dead letters."),
  TH_MAX_TEXT_BYTES: whole(1, MAX_STORED_TEXT_BYTES)
    .default(1_048_576)
    .describe("Largest size of a text, in bytes of UTF-8."),
  TH_MAX_BACKLOG: whole(1, 1_000_000_000)
    .optional()
    .describe("Requests are refused while this number of texts waits. Unset: no limit."),
  TH_REQUEST_LIFETIME_SECONDS: decimal(1, YEAR_SECONDS)
    .optional()
    .describe("Seconds after which a waiting request goes to the dead letters without an engine call. Unset: never."),
  TH_ENGINE_TIMEOUT_SECONDS: decimal(1, 3_600).default(120).describe("Seconds after which an engine call is aborted."),
  TH_DRAIN_SECONDS: decimal(0, 3_600)
    .default(20)
    .describe("Seconds that a stopping worker gives running calls before it aborts them and returns their texts."),
  TH_HEARTBEAT_SECONDS: decimal(0.1, 60)
    .optional()
    .describe(
      "Seconds between a worker's heartbeats. Unset: 2, or a fifth of `TH_RESCUE_AFTER_SECONDS` if that is less.",
    ),
  TH_RESCUE_AFTER_SECONDS: decimal(0.5, 3_600)
    .default(12)
    .describe("Seconds without a heartbeat after which other workers take over a worker's work."),
  TH_GC_RETENTION_DAYS: decimal(0, 36_500)
    .default(90)
    .describe("Days without a request or a read after which a text is collected. Fractions allowed."),
  TH_EVENT_RETENTION_DAYS: decimal(0, 36_500)
    .default(7)
    .describe(
      "Days for which events of the feed are kept. After as many without a reader, events are no longer written. Fractions allowed.",
    ),
  TH_GC_CRON: cron().default("30 3 * * *").describe("Schedule of the collection: five cron fields, in UTC."),
  TH_CACHE_SIZE: whole(0, 10_000_000)
    .default(10_000)
    .describe("Translations in the read cache of a process; 0: no cache."),
  TH_CACHE_TTL_SECONDS: decimal(0, YEAR_SECONDS)
    .default(60)
    .describe("Largest age of a cached translation, in seconds."),
  TH_LOG_LEVEL: oneOf("trace", "debug", "info", "warn", "error", "fatal", "silent")
    .default("info")
    .describe("Lowest level that is logged: `trace` to `fatal`, or `silent`."),
  TH_LOG_FORMAT: oneOf("json", "pretty").optional().describe("`json` or `pretty`. Unset: `pretty` on a terminal."),
  TH_WEBHOOK_KEY: secret(
    text("one random key of at least 32 characters, or several separated by blanks, the newest first", WEBHOOK_KEYS)
      .optional()
      .describe(
        "Key from which the secrets of webhooks are derived, most often as `TH_WEBHOOK_KEY_FILE`; the same for every server. Unset: no webhooks.",
      ),
  ),
  TH_WEBHOOK_ALLOW: kind("hosts, addresses and blocks of addresses, comma-separated", (list) =>
    list.split(",").map((entry) => entry.trim()),
  )
    .optional()
    .describe(
      "Hosts and networks that webhooks may reach although they are not public, also by plain HTTP: `hooks.internal,*.svc.cluster.local,10.1.0.0/16`. Unset: none.",
    ),
  TH_HTTP_PORT: whole(0, 65_535)
    .default(8_080)
    .describe("Port of the HTTP API (`trans-hub serve`); 0: any free port, which `server.listening` logs."),
  TH_HTTP_PUBLIC_EXPORTS: projectNames()
    .optional()
    .describe(
      "Projects whose exports over HTTP everybody may read, without a token and from pages of every origin: names with commas between, or `*`. Unset: none.",
    ),
  TH_METRICS_PORT: whole(0, 65_535)
    .optional()
    .describe("Port of `/livez`, `/readyz` and `/metrics`; 0: any free port. Unset: off."),
  TH_AUTH_HEADER: text("the name of a header", /^\S+$/)
    .optional()
    .describe(
      "Header in which a proxy in front of `serve` names the person, such as `X-Forwarded-User`. Wants `TH_TRUSTED_PROXIES` and `TH_AUTH_GROUPS`. Unset: no logins by a proxy.",
    ),
  TH_AUTH_GROUPS_HEADER: text("the name of a header", /^\S+$/)
    .optional()
    .describe("Header in which the proxy lists the person's groups, comma-separated, such as `X-Forwarded-Groups`."),
  TH_AUTH_GROUPS: authGroups()
    .optional()
    .describe(
      'Rights of each group, a JSON object: `{"french":{"projects":["shop"],"scopes":["read","review"],"locales":["fr"]}}`. Those under `*` are everybody\'s who has a login. Often as `TH_AUTH_GROUPS_FILE`.',
    ),
  TH_TRUSTED_PROXIES: names("addresses such as 10.0.0.7,10.1.0.0/16 or loopback")
    .optional()
    .describe(
      "Addresses and ranges of the proxies whose `TH_AUTH_HEADER` counts, comma-separated: `10.0.0.7`, `10.1.0.0/16`, `fd00::/8`, `loopback`. From other addresses the header is ignored.",
    ),
  TH_HTTP_HOSTS: names("host names such as hub.example.com, without ports")
    .optional()
    .describe(
      "Names by which browsers reach `serve`, comma-separated, without ports. Checked where no token is sent. Unset: each behind a proxy; without a login, `localhost` and loopback addresses.",
    ),
  TH_HTTP_RATE: decimal(0.01, 1_000_000)
    .optional()
    .describe("Requests a second of one token or login, in each `serve`; twice as many at once. Unset: no bound."),
  TH_HTTP_PUBLIC_RATE: decimal(0.01, 1_000_000)
    .optional()
    .describe(
      "Requests a second of one address to the exports of `TH_HTTP_PUBLIC_EXPORTS`, in each `serve`; twice as many at once. A proxy or CDN in front is one address. Unset: no bound.",
    ),
  TH_HTTP_WAITS: whole(1, 1_000_000)
    .optional()
    .describe(
      "Requests of one token or login that may wait at once, in each `serve`: waits and event streams. Unset: no bound of its own.",
    ),
});

type Parsed = z.output<typeof schema>;
type Key = keyof Parsed;
type CamelCase<Name extends string> = Name extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : Name;
type Name<K extends string> = K extends `TH_${infer Rest}` ? CamelCase<Lowercase<Rest>> : never;
type Values = { -readonly [K in Key as Name<K>]: Parsed[K] };
/** Engines that have settings. */
type Configured = {
  [E in keyof EngineSettings as string extends keyof EngineSettings[E] ? never : E]: EngineSettings[E];
};

/** `TH_MAX_TEXT_BYTES` is `maxTextBytes`, and so on. The settings of an engine stand under its name. */
export interface Settings extends Omit<Values, "engines" | "projectEngines" | "heartbeatSeconds">, Configured {
  /** Names, paths of files and names of packages. The first is active. Empty: none was set. */
  engines: string[];
  /** The target locales of the engines that are for some alone, by the word in `engines`. */
  engineLocales: EngineNames["locales"];
  /** The engines that may get the texts of each project. */
  projectEngines: ProjectEngines;
  heartbeatSeconds: number;
  /** By engine. */
  engineLimits: Record<string, EngineLimits>;
  /** Settings that do not exist, and prices that are old. They stop no command; each is a line for the log. */
  warnings: string[];
}

type Environment = Readonly<Record<string, string | undefined>>;
interface Problem {
  key: string;
  problem: string;
}

/** `TH_OPENAI_RPM` and the like, of any engine: a worker may bring one of its own. */
const LIMIT = /^TH_([A-Z][A-Z0-9_]*)_(RPM|TPM|CONCURRENCY)$/;
const limitKind = whole(1, 1_000_000_000);

/** A field of an engine's settings, and its name in the environment: `apiKey` of `openai` is `TH_OPENAI_API_KEY`. */
const ENGINE_FIELDS = ENGINES.flatMap(({ name: engine, settings }) =>
  Object.entries(settings.shape).map(([field, kind]) => ({ engine, field, kind, key: engineKey(engine, field) })),
);
const KINDS: Readonly<Record<string, z.ZodType>> = {
  ...schema.shape,
  ...Object.fromEntries(ENGINE_FIELDS.map(({ key, kind }) => [key, kind])),
};
const KEYS = Object.keys(KINDS);
const GENERAL_KEYS = Object.keys(schema.shape) as Key[];
const ALIASES = ["TH_ACTIVE_ENGINE"];
/** Variables read by the tests only. */
const NOT_OURS = /^TH_TEST_/;

/**
 * Reads the settings from an environment: `process.env`, or the result of {@link loadEnvironment}.
 *
 * An empty value counts as unset. Any setting may be given as `TH_…_FILE`, the path of a file with the value. An
 * unknown `TH_…` gives a warning and never an error: Kubernetes injects such variables for a service whose name begins
 * with `th`.
 *
 * @throws {SettingsError} Names every bad setting at once, and never repeats a value.
 */
export function parseSettings(environment: Environment): Settings {
  const problems: Problem[] = [];
  const warnings: string[] = [];
  const given = collect(environment, problems, warnings);

  const parsed = schema.safeParse(Object.fromEntries([...given].map(([key, { value }]) => [key, value])));
  for (const issue of parsed.error?.issues ?? []) {
    const key = String(issue.path[0]);
    const { from = key, file } = given.get(key) ?? {};
    const where = key === "TH_PRICES" && file !== undefined ? `${file}: ` : "";
    problems.push({ key: from, problem: `${where}${issue.message}` });
  }
  const engineSettings = parseEngineSettings(given, problems);
  const engineLimits = parseLimits(given, problems);
  const { TH_HEARTBEAT_SECONDS: beat = 0, TH_RESCUE_AFTER_SECONDS: patience = 0 } = parsed.data ?? {};
  if (3 * beat > patience) {
    const problem = "must be at most a third of TH_RESCUE_AFTER_SECONDS, or live workers are declared dead";
    problems.push({ key: "TH_HEARTBEAT_SECONDS", problem });
  }
  if (!parsed.success || problems.length > 0) throw new SettingsError(problems);
  // The name of an engine of one's own is known once it is loaded.
  const hasOwn = parsed.data.TH_ENGINES?.names.some(isOwnEngine) ?? false;
  if (!hasOwn) warnings.push(...unknownEngines(parsed.data.TH_PROJECT_ENGINES ?? {}));
  const old = parsed.data.TH_PRICES && oldPrices(parsed.data.TH_PRICES, Date.now());
  if (old !== undefined) {
    warnings.push(`${given.get("TH_PRICES")?.from}: ${old}; compare them with the providers' lists, and set asOf`);
  }
  return {
    ...named(withRereading(given, parsed.data)),
    ...engineSettings,
    engines: parsed.data.TH_ENGINES?.names ?? [],
    engineLocales: parsed.data.TH_ENGINES?.locales ?? {},
    projectEngines: parsed.data.TH_PROJECT_ENGINES ?? {},
    heartbeatSeconds: parsed.data.TH_HEARTBEAT_SECONDS ?? Math.min(2, parsed.data.TH_RESCUE_AFTER_SECONDS / 5),
    engineLimits,
    warnings,
  };
}

export interface SettingDescription {
  /** Name of the variable in the environment. */
  key: string;
  description: string;
  /** The default as written in the environment; undefined: unset. */
  default: string | undefined;
}

/** Every setting, for the documentation. */
export function describeSettings(): SettingDescription[] {
  const settings = Object.entries(KINDS).map(([key, kind]) => {
    const value = kind.safeParse(undefined).data;
    return { key, description: kind.description ?? "", default: value === undefined ? value : String(value) };
  });
  const limits = [
    [
      "RPM",
      "Largest number of requests a minute to one engine, for the whole fleet. Set the same value for every worker.",
    ],
    ["TPM", "Largest number of tokens a minute to one engine, for the whole fleet."],
    ["CONCURRENCY", "Largest number of concurrent calls to one engine, for the whole fleet."],
  ] as const;
  return [
    ...settings,
    ...limits.map(([limit, description]) => ({ key: `TH_<ENGINE>_${limit}`, description, default: undefined })),
  ];
}

/** A value, and its variable, which a complaint about the value must name. */
interface Given {
  value: string;
  from: string;
  /** The file that held the value. */
  file?: string;
}

function collect(environment: Environment, problems: Problem[], warnings: string[]): Map<string, Given> {
  const given = new Map<string, Given>();
  for (const [from, value] of Object.entries(environment)) {
    if (value === undefined || value === "" || !from.startsWith("TH_") || NOT_OURS.test(from)) continue;
    const base = from.replace(/_FILE$/, "");
    if (isSetting(from)) {
      // For a service th-metrics, Kubernetes sets TH_METRICS_PORT=tcp://10.0.0.7:9090.
      if (from.endsWith("_PORT") && /^(tcp|udp|sctp):\/\//.test(value))
        warnings.push(`${from} was set by Kubernetes for a service and is ignored`);
      else given.set(from, { value, from });
    } else if (base !== from && isSetting(base)) {
      const content = readValue(from, value, problems);
      if (environment[base])
        problems.push({ key: from, problem: `cannot be set together with ${base}: set only one of them` });
      else if (content !== undefined) given.set(base, { value: content, from, file: value });
    } else {
      warnings.push(`${from} is not a setting${suggestion(from)}`);
    }
  }
  const alias = given.get("TH_ACTIVE_ENGINE");
  const engines = given.get("TH_ENGINES");
  if (alias !== undefined && engines !== undefined && alias.value !== engines.value) {
    problems.push({ key: alias.from, problem: "is an alias of TH_ENGINES, and both are set: set only one of them" });
  }
  standIn("TH_ENGINES", alias);
  standIn("TH_DATABASE_URL", { value: environment.DATABASE_URL ?? "", from: "DATABASE_URL" });
  return given;

  function standIn(key: Key, other: Given | undefined): void {
    if (other !== undefined && other.value !== "" && !given.has(key)) given.set(key, other);
  }
}

function isSetting(key: string): boolean {
  return KEYS.includes(key) || ALIASES.includes(key) || LIMIT.test(key);
}

const MAX_SECRET_BYTES = 1_048_576;

function contentOf(path: string): string {
  return readTextFile(path, MAX_SECRET_BYTES).replace(/[\r\n]+$/, "");
}

function readValue(key: string, path: string, problems: Problem[]): string | undefined {
  try {
    const content = contentOf(path);
    if (content !== "") return content;
    problems.push({ key, problem: "names an empty file" });
  } catch (error) {
    problems.push({ key, problem: `names a file that ${(error as UnreadableFileError).problem}` });
  }
  return undefined;
}

/**
 * A secret from a file becomes a function that reads the file again: passwords and keys are replaced while a worker
 * runs. A file that is missing, empty or wrong at that moment is being written; the last good value holds until then.
 */
function rereading<Value>(kind: z.ZodType, value: Value, file: string | undefined): Value | (() => string) {
  if (file === undefined || typeof value !== "string" || !isSecret(kind)) return value;
  let last: string = value;
  return () => {
    try {
      const { data } = kind.safeParse(contentOf(file));
      if (typeof data === "string") last = data;
    } catch {
      // The last good value holds.
    }
    return last;
  };
}

/** The settings, with the secrets among them as functions if files hold them. */
function withRereading(given: ReadonlyMap<string, Given>, parsed: Parsed): Parsed {
  const values = GENERAL_KEYS.map((key) => [key, rereading(schema.shape[key], parsed[key], given.get(key)?.file)]);
  return Object.fromEntries(values) as Parsed;
}

function suggestion(key: string): string {
  const known = [...KEYS, ...ALIASES].flatMap((name) => [name, `${name}_FILE`]);
  const meant = closestName(key, known);
  return meant === undefined ? "" : `; did you mean ${meant}?`;
}

function parseEngineSettings(given: ReadonlyMap<string, Given>, problems: Problem[]): Configured {
  const settings: Record<string, Record<string, unknown>> = {};
  for (const { engine, field, key, kind } of ENGINE_FIELDS) {
    const value = given.get(key);
    const parsed = kind.safeParse(value?.value);
    settings[engine] = { ...settings[engine], [field]: rereading(kind, parsed.data, value?.file) };
    for (const issue of parsed.error?.issues ?? []) problems.push({ key: value?.from ?? key, problem: issue.message });
  }
  return settings as Configured;
}

function parseLimits(given: ReadonlyMap<string, Given>, problems: Problem[]): Record<string, EngineLimits> {
  const limits: Record<string, EngineLimits> = {};
  for (const [key, { value, from }] of given) {
    const [, name, limit] = LIMIT.exec(key) ?? [];
    if (name === undefined || limit === undefined) continue;
    const parsed = limitKind.safeParse(value);
    if (!parsed.success) {
      problems.push({ key: from, problem: parsed.error.issues[0]?.message ?? "" });
      continue;
    }
    const engine = name.toLowerCase().replaceAll("_", "-");
    limits[engine] = { ...limits[engine], [limit.toLowerCase()]: parsed.data };
  }
  return limits;
}

/**
 * A warning for each engine of `TH_PROJECT_ENGINES` that does not exist. A misspelled engine bars its project from that engine,
 * which is safe, and easily overlooked.
 *
 * @param own The names of engines that are not of this release.
 */
export function unknownEngines(projects: ProjectEngines, own: readonly string[] = []): string[] {
  const known = ["local", "third-party", ...ENGINES.map(({ name }) => name), ...own];
  const unknown = new Set(Object.values(projects).flat()).difference(new Set(known));
  return [...unknown].map((name) => {
    const meant = closestName(name, known);
    const question = meant === undefined ? "" : `; did you mean ${meant}?`;
    return `TH_PROJECT_ENGINES names ${name}, which is no engine of this release${question}`;
  });
}

function named(parsed: Parsed): Values {
  return Object.fromEntries(GENERAL_KEYS.map((key) => [camelCase(key), parsed[key]])) as Values;
}

function camelCase(key: string): string {
  return key
    .slice("TH_".length)
    .toLowerCase()
    .replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function engineKey(engine: string, field: string): string {
  return `TH_${engine}_${field.replaceAll(/[A-Z]/g, "_$&")}`.toUpperCase().replaceAll("-", "_");
}
