import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { SettingsError } from "../../../core/src/contract/errors.ts";
import { describeSettings, parseSettings } from "./settings.ts";

/** A value from a file is a function, which reads the file. */
function secretNow(value: string | (() => string) | undefined): string | undefined {
  return typeof value === "function" ? value() : value;
}

const folder = mkdtempSync(join(tmpdir(), "trans-hub-settings-"));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

function problems(environment: Record<string, string>): Record<string, string> {
  try {
    parseSettings(environment);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    return Object.fromEntries(error.problems.map(({ key, problem }) => [key, problem]));
  }
  return {};
}

test("unset settings have their documented defaults", () => {
  expect(parseSettings({})).toEqual({
    databaseUrl: undefined,
    directUrl: undefined,
    readUrl: undefined,
    dataDir: undefined,
    project: "default",
    engines: [],
    engineLocales: {},
    projectEngines: {},
    memoryReuse: "off",
    sourceLocale: "und",
    batchSize: 50,
    concurrency: 4,
    maxConnections: 10,
    pollSeconds: 2,
    maxAttempts: 5,
    maxTextBytes: 1_048_576,
    maxBacklog: undefined,
    requestLifetimeSeconds: undefined,
    engineTimeoutSeconds: 120,
    drainSeconds: 20,
    heartbeatSeconds: 2,
    rescueAfterSeconds: 12,
    gcRetentionDays: 90,
    eventRetentionDays: 7,
    gcCron: "30 3 * * *",
    cacheSize: 10_000,
    cacheTtlSeconds: 60,
    logLevel: "info",
    logFormat: undefined,
    httpPort: 8_080,
    httpPublicExports: undefined,
    metricsPort: undefined,
    anthropic: { apiKey: undefined, model: undefined, endpoint: undefined },
    apertium: { url: undefined },
    deepl: { apiKey: undefined, url: undefined, formality: undefined },
    libretranslate: { apiKey: undefined, url: undefined },
    openai: {
      apiKey: undefined,
      model: undefined,
      temperature: undefined,
      thinkingTokens: undefined,
      endpoint: undefined,
    },
    engineLimits: {},
    warnings: [],
  });
});

test("values become plain ones", () => {
  const settings = parseSettings({
    TH_DATABASE_URL: "postgres://u:p@h:5432/d?sslmode=require",
    TH_ENGINES: " OpenAI, deepl,openai ",
    TH_SOURCE_LOCALE: "zh_hans",
    TH_BATCH_SIZE: " 20 ",
    TH_POLL_SECONDS: "0.5",
    TH_GC_CRON: "*/15  0-6,22 * * 7",
    TH_LOG_FORMAT: "JSON",
    TH_OPENAI_ENDPOINT: "http://127.0.0.1:11434/v1/",
    TH_OPENAI_TEMPERATURE: "0.2",
    TH_OPENAI_RPM: "500",
    TH_OPENAI_TPM: "200000",
    TH_MY_OWN_CONCURRENCY: "2",
  });
  expect(settings).toMatchObject({
    databaseUrl: "postgres://u:p@h:5432/d?sslmode=require",
    engines: ["openai", "deepl"],
    sourceLocale: "zh-Hans",
    batchSize: 20,
    pollSeconds: 0.5,
    gcCron: "*/15 0-6,22 * * 7",
    logFormat: "json",
    openai: { endpoint: "http://127.0.0.1:11434/v1", temperature: 0.2 },
    engineLimits: { openai: { rpm: 500, tpm: 200_000 }, "my-own": { concurrency: 2 } },
    warnings: [],
  });
});

test("every bad setting is named at once", () => {
  const bad = {
    TH_DATABASE_URL: "mysql://h/d",
    TH_DIRECT_URL: "h:5432",
    TH_BATCH_SIZE: "many",
    TH_CONCURRENCY: "0",
    TH_MAX_ATTEMPTS: "2.5",
    TH_POLL_SECONDS: "-1",
    TH_SOURCE_LOCALE: "english",
    TH_ENGINES: "open ai",
    TH_GC_CRON: "@daily",
    TH_LOG_LEVEL: "loud",
    TH_METRICS_PORT: "65536",
    TH_OPENAI_ENDPOINT: "api.openai.com",
    TH_OPENAI_TEMPERATURE: "3",
    TH_OPENAI_RPM: "fast",
    TH_PROJECT: "é".repeat(128),
  };
  expect(Object.keys(problems(bad)).sort()).toEqual(Object.keys(bad).sort());
  expect(problems({ TH_BATCH_SIZE: "many" }).TH_BATCH_SIZE).toBe("must be a whole number from 1 to 1,000");
});

test("no complaint repeats a value, which may be a secret", () => {
  const values = { TH_DATABASE_URL: "hunter2://u:hunter2@h", TH_OPENAI_API_KEY: "hunter2 x", TH_BATCH_SIZE: "hunter2" };
  try {
    parseSettings(values);
    expect.unreachable();
  } catch (error) {
    expect(String(error)).toContain("TH_DATABASE_URL");
    expect(JSON.stringify(error) + String(error)).not.toContain("hunter2");
  }
});

test("an empty value counts as unset", () => {
  expect(parseSettings({ TH_BATCH_SIZE: "", TH_DATABASE_URL: "", TH_OPENAI_API_KEY_FILE: "" })).toMatchObject({
    batchSize: 50,
    databaseUrl: undefined,
  });
});

describe("the database URL", () => {
  test("is DATABASE_URL when TH_DATABASE_URL is not set", () => {
    const url = "postgresql://h/d";
    expect(parseSettings({ DATABASE_URL: url }).databaseUrl).toBe(url);
    expect(parseSettings({ DATABASE_URL: "mysql://h/d", TH_DATABASE_URL: url }).databaseUrl).toBe(url);
  });

  test("is refused when DATABASE_URL names a MySQL server, and the complaint names the variable", () => {
    expect(problems({ DATABASE_URL: "mysql://h/d" })).toEqual({
      DATABASE_URL: "must be a postgres:// or postgresql:// URL",
    });
  });

  test.each([
    "postgres://h",
    "postgresql:///d?host=/run/postgresql",
    "postgres://%2Frun%2Fpostgresql/d",
    "postgres://user@/d?host=/run",
  ])("may be %s", (url) => {
    expect(parseSettings({ TH_DATABASE_URL: url }).databaseUrl).toBe(url);
  });
});

describe("a value from a file", () => {
  test("is the file's content without the line end", () => {
    const settings = parseSettings({
      TH_DATABASE_URL_FILE: file("url", "postgres://u:p@h/d\r\n"),
      TH_OPENAI_API_KEY_FILE: file("key", "sk-1\n"),
      TH_OPENAI_RPM_FILE: file("rpm", "60"),
    });
    expect(settings).toMatchObject({ engineLimits: { openai: { rpm: 60 } } });
    expect(secretNow(settings.databaseUrl)).toBe("postgres://u:p@h/d");
    expect(secretNow(settings.openai.apiKey)).toBe("sk-1");
  });

  test("is read again at each use, and a file that is wrong at that moment leaves the last good value", () => {
    const url = file("turning-url", "postgres://u:one@h/d\n");
    const { databaseUrl, directUrl, readUrl } = parseSettings({
      TH_DATABASE_URL_FILE: url,
      TH_DIRECT_URL_FILE: url,
      TH_READ_URL_FILE: url,
    });
    for (const [content, expected] of [
      ["postgres://u:two@h/d\n", "two"],
      ["", "two"],
      ["mysql://u:three@h/d", "two"],
      ["postgres://u:four@h/d", "four"],
    ] as const) {
      file("turning-url", content);
      for (const each of [databaseUrl, directUrl, readUrl])
        expect(secretNow(each)).toBe(`postgres://u:${expected}@h/d`);
    }
    rmSync(url);
    expect(secretNow(databaseUrl)).toBe("postgres://u:four@h/d");
  });

  test("is read again for every key of every engine", () => {
    const keys = describeSettings().flatMap(({ key }) => (/_(API_KEY|TOKEN|PASSWORD)$/.test(key) ? [key] : []));
    expect(keys).toEqual(expect.arrayContaining(["TH_OPENAI_API_KEY", "TH_TOKEN"]));
    for (const key of keys) {
      const settings = parseSettings({ [`${key}_FILE`]: file(key, "one") }) as unknown as Record<string, object>;
      const [, engine = "", field = ""] = /^TH_([A-Z]+)_(.*)$/.exec(key) ?? [];
      const name = field.toLowerCase().replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
      const own = settings[engine.toLowerCase()] as Record<string, string | (() => string)> | undefined;
      const value = key === "TH_TOKEN" ? (settings.token as unknown as () => string) : own?.[name];
      file(key, "two");
      expect(value !== undefined && secretNow(value), key).toBe("two");
    }
  });

  test("is reported under the variable's name when it is wrong", () => {
    expect(
      problems({
        TH_DATABASE_URL_FILE: join(folder, "missing"),
        TH_DIRECT_URL_FILE: file("empty", "\n"),
        TH_BATCH_SIZE_FILE: file("many", "many"),
        TH_OPENAI_API_KEY_FILE: file("key", "sk-1"),
        TH_OPENAI_API_KEY: "sk-2",
        TH_DATA_DIR_FILE: folder,
      }),
    ).toEqual({
      TH_DATABASE_URL_FILE: "names a file that does not exist (ENOENT)",
      TH_DIRECT_URL_FILE: "names an empty file",
      TH_BATCH_SIZE_FILE: "must be a whole number from 1 to 1,000",
      TH_OPENAI_API_KEY_FILE: "cannot be set together with TH_OPENAI_API_KEY: set only one of them",
      TH_DATA_DIR_FILE: "names a file that is a folder",
    });
  });
});

describe("an unknown setting gives a warning and stops no command", () => {
  test("with a suggestion for a misspelt name", () => {
    const { warnings } = parseSettings({ TH_BATCHSIZE: "20", TH_OPENAI_API_KEYFILE: "x", TH_WEATHER: "fine" });
    expect(warnings).toEqual([
      "TH_BATCHSIZE is not a setting; did you mean TH_BATCH_SIZE?",
      "TH_OPENAI_API_KEYFILE is not a setting; did you mean TH_OPENAI_API_KEY_FILE?",
      "TH_WEATHER is not a setting",
    ]);
  });

  test("also for variables that Kubernetes injects for services named th and th-metrics", () => {
    const { warnings, metricsPort } = parseSettings({
      TH_SERVICE_HOST: "10.0.0.7",
      TH_PORT_5432_TCP: "tcp://10.0.0.7:5432",
      TH_METRICS_PORT: "tcp://10.0.0.7:9090",
    });
    expect(metricsPort).toBeUndefined();
    expect(warnings).toHaveLength(3);
  });

  test("and variables of other programs give none", () => {
    expect(parseSettings({ PATH: "/bin", THEME: "dark", TH_TEST_DATABASE_URL: "x" }).warnings).toEqual([]);
  });
});

test("engines are named with the target locales that they are for", () => {
  const { engines, engineLocales } = parseSettings({
    TH_ENGINES: " deepl:de,zh_hant; libretranslate:es ;openai,pseudo;",
  });
  expect({ engines, engineLocales }).toEqual({
    engines: ["deepl", "libretranslate", "openai", "pseudo"],
    engineLocales: { deepl: ["de", "zh-Hant"], libretranslate: ["es"] },
  });
});

test.each<[string, string[], Record<string, string[]>]>([
  ["./my-engine.ts", ["./my-engine.ts"], {}],
  ["./My.ts:de,fr;openai", ["./My.ts", "openai"], { "./My.ts": ["de", "fr"] }],
  ["../a:b/e.ts:zh_hant", ["../a:b/e.ts"], { "../a:b/e.ts": ["zh-Hant"] }],
  ["/srv/e.js,OpenAI", ["/srv/e.js", "openai"], {}],
  ["file:///srv/e.js", ["file:///srv/e.js"], {}],
  ["file:///C:/e.mjs:fr;pseudo", ["file:///C:/e.mjs", "pseudo"], { "file:///C:/e.mjs": ["fr"] }],
  ["C:\\engines\\e.ts;d:/e.ts:de", ["C:\\engines\\e.ts", "d:/e.ts"], { "d:/e.ts": ["de"] }],
  [
    "@acme/engine:fr;my-engine:de,it",
    ["@acme/engine", "my-engine"],
    { "@acme/engine": ["fr"], "my-engine": ["de", "it"] },
  ],
])("TH_ENGINES=%s names files and packages", (TH_ENGINES, engines, engineLocales) => {
  expect(parseSettings({ TH_ENGINES })).toMatchObject({ engines, engineLocales });
});

test("of engines of one's own the names are not known yet, so none is called misspelled", () => {
  const TH_PROJECT_ENGINES = "shop:mine";
  expect(parseSettings({ TH_PROJECT_ENGINES, TH_ENGINES: "./my-engine.ts" }).warnings).toEqual([]);
  expect(parseSettings({ TH_PROJECT_ENGINES, TH_ENGINES: "openai" }).warnings).toHaveLength(1);
});

describe("TH_INSTRUCTIONS", () => {
  test("are a text, or a JSON object", () => {
    expect(parseSettings({ TH_INSTRUCTIONS: "Say Sie." }).instructions).toBe("Say Sie.");
    const instructions = { locales: { de: "Say Sie." }, projects: { shop: "Be playful." } };
    expect(parseSettings({ TH_INSTRUCTIONS: JSON.stringify(instructions) }).instructions).toEqual(instructions);
  });

  test.each([
    ['{"locales":', "is no JSON"],
    ['{"locale":{"de":"secret"}}', "locale is no part of instructions"],
    ['{"all":5}', "all must be a text"],
    ["secret ".repeat(1_000), "must have at most 4,096 bytes"],
  ])("%j is refused, and the complaint repeats nothing of it", (value, complaint) => {
    const problem = problems({ TH_INSTRUCTIONS: value }).TH_INSTRUCTIONS;
    expect(problem).toContain(complaint);
    expect(problem).not.toContain("secret");
  });
});

describe("TH_PRICES", () => {
  const day = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
  const prices = {
    currency: "USD",
    asOf: day,
    engines: { deepl: { "*": { charactersPerMillion: 20 } } },
  };

  test("are a JSON object, most often in a file", () => {
    expect(parseSettings({ TH_PRICES: JSON.stringify(prices) }).prices).toEqual(prices);
    const path = file("prices.json", JSON.stringify(prices));
    const settings = parseSettings({ TH_PRICES_FILE: path });
    expect(settings.prices).toEqual(prices);
    expect(settings.warnings).toEqual([]);
  });

  test("that are wrong have one error with the file and the path in it", () => {
    const path = file(
      "prices.json",
      JSON.stringify({ ...prices, engines: { deepl: { "*": { inputPerMillion: 20 } } } }),
    );
    const problem = problems({ TH_PRICES_FILE: path }).TH_PRICES_FILE;
    expect(problem).toContain(`${path}: engines.deepl.* must have inputPerMillion`);
    expect(problems({ TH_PRICES: "{" }).TH_PRICES).toBe("is no JSON");
    expect(problems({ TH_PRICES: "[]" }).TH_PRICES).toBe("must be an object with currency, asOf, engines");
  });

  test("older than 90 days give a warning with their date", () => {
    const old = { ...prices, asOf: "2020-02-29" };
    const { warnings, prices: read } = parseSettings({ TH_PRICES: JSON.stringify(old) });
    expect(read).toEqual(old);
    expect(warnings).toEqual([
      expect.stringMatching(/^TH_PRICES: The prices are of 2020-02-29, \d{4,} days ago; compare them with the/),
    ]);
  });
});

test.each([
  ["deepl:de;deepl:fr", "entry 2 names deepl, which an earlier entry names"],
  ["deepl:", "it names no locale behind its colon"],
  ["deepl:de:openai", "it has two colons: write a semicolon before the next engine"],
  ["openai,deepl:de", "it has locales behind several engines: write an entry for each"],
  ["deepl:no locale;openai", "entry 1 holds a word that is no locale"],
  ["./e.ts:no locale", "it holds a word that is no locale"],
  ["./e.ts:", "it names no locale behind its colon"],
  ["./e.ts:de:openai", "it has two colons: write a semicolon before the next engine"],
  ["./e.ts:de,./f.ts", "it has locales behind several engines: write an entry for each"],
  ["./e.ts;./e.ts:de", "entry 2 names ./e.ts, which an earlier entry names"],
  ["engines/e.ts", "it holds a word that is no engine's name"],
  [":de;openai", "entry 1 names no engine"],
])("TH_ENGINES=%s is refused: %s", (value, problem) => {
  expect(problems({ TH_ENGINES: value }).TH_ENGINES).toContain(problem);
});

test("TH_ACTIVE_ENGINE is another name of TH_ENGINES", () => {
  expect(parseSettings({ TH_ACTIVE_ENGINE: "pseudo" }).engines).toEqual(["pseudo"]);
  expect(parseSettings({ TH_ACTIVE_ENGINE: "pseudo", TH_ENGINES: "pseudo" }).engines).toEqual(["pseudo"]);
  expect(problems({ TH_ACTIVE_ENGINE: "pseudo", TH_ENGINES: "openai" })).toHaveProperty("TH_ACTIVE_ENGINE");
});

test("the heartbeat interval must fit the rescue time", () => {
  expect(parseSettings({ TH_RESCUE_AFTER_SECONDS: "5" }).heartbeatSeconds).toBe(1);
  expect(problems({ TH_HEARTBEAT_SECONDS: "5" })).toHaveProperty("TH_HEARTBEAT_SECONDS");
});

describe("collection schedules are read as graphile-worker reads them", () => {
  test.each(["* * * * *", "0 0 1 1 0", "59 23 31 12 7", "*/5 1-2,4-6 */2 1,2 *"])("%s is one", (cron) => {
    expect(parseSettings({ TH_GC_CRON: cron }).gcCron).toBe(cron);
  });
  test.each(
    ["", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 8"].slice(1),
  )("%s is none", (cron) => {
    expect(problems({ TH_GC_CRON: cron })).toHaveProperty("TH_GC_CRON");
  });
  test.each(["5-5 * * * *", "6-5 * * * *", "*/0 * * * *", "1-5/2 * * * *", "* * * jan *", "1,,2 * * * *", ", * * * *"])(
    "%s is none either",
    (cron) => {
      expect(problems({ TH_GC_CRON: cron })).toHaveProperty("TH_GC_CRON");
    },
  );
});

test("every setting is described, with its default", () => {
  const described = describeSettings();
  expect(described.find(({ key }) => key === "TH_BATCH_SIZE")).toMatchObject({ default: "50" });
  expect(described.find(({ key }) => key === "TH_MAX_BACKLOG")).toMatchObject({ default: undefined });
  for (const { key, description } of described) expect(description, key).toMatch(/^.{10,}\.$/);
});

describe("TH_PROJECT_ENGINES", () => {
  const read = (value: string) => parseSettings({ TH_PROJECT_ENGINES: value });

  test("lists the engines of each project", () => {
    expect(read("private:local;shop:openai,deepl").projectEngines).toEqual({
      private: ["local"],
      shop: ["openai", "deepl"],
    });
    expect(read(" team a : OpenAI , third-party ; a:b:local ;").projectEngines).toEqual({
      "team a": ["openai", "third-party"],
      "a:b": ["local"],
    });
    expect(Object.keys(read("__proto__:local;constructor:local").projectEngines)).toEqual(["__proto__", "constructor"]);
  });

  test.for([
    ["private", "entry 1 has no colon"],
    ["private:", "entry 1 names no engine"],
    ["private:local;shop: ,", "entry 2 names no engine"],
    ["private:local,;", "entry 1 holds a word"],
    ["private:lo cal", "entry 1 holds a word"],
    [":local", "entry 1 names no project"],
    ["private:local;;shop:openai", "entry 2 is empty"],
    ["private:local;private:openai", "entry 2 names a project that an earlier entry names"],
  ] as const)("%j is refused, and the complaint repeats nothing of it", ([value, complaint]) => {
    const problem = problems({ TH_PROJECT_ENGINES: value }).TH_PROJECT_ENGINES;
    expect(problem).toContain(complaint);
    expect(problem).toMatch(/^must be like private:local;shop:openai,deepl, and entry/);
    expect(problems({ TH_PROJECT_ENGINES: "sk-secret" }).TH_PROJECT_ENGINES).not.toContain("secret");
  });

  test("an engine that does not exist is a warning with the name that was probably meant", () => {
    expect(read("private:locl;shop:openai").warnings).toEqual([
      "TH_PROJECT_ENGINES names locl, which is no engine of this release; did you mean local?",
    ]);
    expect(read("private:local,third-party,pseudo").warnings).toEqual([]);
  });
});

test("public exports are names of projects with commas between, and a bad one is named", () => {
  expect(parseSettings({ TH_HTTP_PUBLIC_EXPORTS: "shop, docs" }).httpPublicExports).toEqual(["shop", "docs"]);
  expect(parseSettings({ TH_HTTP_PUBLIC_EXPORTS: "*" }).httpPublicExports).toEqual(["*"]);
  expect(() => parseSettings({ TH_HTTP_PUBLIC_EXPORTS: "shop,," })).toThrow(/TH_HTTP_PUBLIC_EXPORTS/);
});
