/** Keeps the catalogue of errors and its page in the documentation in step, both ways. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import * as catalogue from "./errors.ts";
import { type BlockedBy, type InvalidItemCode, TransHubError, type TransHubErrorCode } from "./errors.ts";

const page = readFileSync(new URL("../../../../docs/errors.md", import.meta.url), "utf8");

/** One error of each class, made as in the code. */
const examples: Readonly<Record<string, TransHubError>> = {
  SettingsError: new catalogue.SettingsError([{ key: "TH_BATCH_SIZE", problem: "must be a whole number" }]),
  InvalidItemError: new catalogue.InvalidItemError("TH_TEXT_EMPTY", "text", "must not be empty"),
  BacklogFullError: new catalogue.BacklogFullError(),
  CatalogError: new catalogue.CatalogError("en.json", "is not JSON", { line: 3, column: 7 }),
  UnsupportedNodeError: new catalogue.UnsupportedNodeError("20.19.0"),
  DatabaseUnavailableError: new catalogue.DatabaseUnavailableError("…"),
  DatabaseRefusedError: new catalogue.DatabaseRefusedError("…"),
  SchemaMissingError: new catalogue.SchemaMissingError("…"),
  SchemaNewerError: new catalogue.SchemaNewerError("…"),
  MigrationError: new catalogue.MigrationError("…"),
  EmbeddedDatabaseError: new catalogue.EmbeddedDatabaseError("…"),
  TranslationNotFoundError: new catalogue.TranslationNotFoundError("…"),
  WebhookNotFoundError: new catalogue.WebhookNotFoundError(),
  WebhooksOffError: new catalogue.WebhooksOffError(),
  RevisionChangedError: new catalogue.RevisionChangedError(1, 2),
  NotApprovedError: new catalogue.NotApprovedError(),
  NothingToUndoError: new catalogue.NothingToUndoError(),
  CursorGoneError: new catalogue.CursorGoneError("…"),
  FeedOpeningError: new catalogue.FeedOpeningError(),
  WaitTimeoutError: new catalogue.WaitTimeoutError("…"),
  BudgetExceededError: new catalogue.BudgetExceededError("shop", { per: "day", amount: "1", currency: "USD" }),
  BudgetUnpricedError: new catalogue.BudgetUnpricedError("shop", "deepl", "it has no price"),
  CancelledError: new catalogue.CancelledError("…"),
  ClosedError: new catalogue.ClosedError("…"),
  EngineNotFoundError: new catalogue.EngineNotFoundError("…"),
  EngineNotAllowedError: new catalogue.EngineNotAllowedError("private", { chain: ["openai"], allowed: ["local"] }),
  EngineRateLimitedError: new catalogue.EngineRateLimitedError("…", { retryAfterMs: 2_000 }),
  EngineQuotaError: new catalogue.EngineQuotaError("…"),
  EngineConfigError: new catalogue.EngineConfigError("…"),
  EnginesStoppedError: new catalogue.EnginesStoppedError("…"),
  EngineTransientError: new catalogue.EngineTransientError("…"),
  EngineRefusedError: new catalogue.EngineRefusedError("…"),
  EngineMalformedError: new catalogue.EngineMalformedError("…"),
  EngineTooLongError: new catalogue.EngineTooLongError("…"),
  TranslationBlockedError: new catalogue.TranslationBlockedError("markup", "…"),
  RequestExpiredError: new catalogue.RequestExpiredError("…"),
  WorkerInterruptedError: new catalogue.WorkerInterruptedError("…"),
  WorkerCrashedError: new catalogue.WorkerCrashedError("…"),
  CostLimitError: new catalogue.CostLimitError("…"),
};

/** Complete by its type: a code that is added or removed must be so here. */
const ITEM_CODES: Readonly<Record<InvalidItemCode, true>> = {
  TH_ITEM_SHAPE: true,
  TH_TEXT_EMPTY: true,
  TH_TEXT_TOO_LONG: true,
  TH_TEXT_CHARACTERS: true,
  TH_LOCALE: true,
  TH_BUSINESS_ID: true,
  TH_PROJECT: true,
  TH_CONTEXT: true,
  TH_PRIORITY: true,
  TH_FORMAT: true,
};

/** The codes of the other classes, complete by their type. */
const CLASS_CODES: Readonly<Record<Exclude<TransHubErrorCode, InvalidItemCode>, true>> = {
  TH_SETTINGS: true,
  TH_BACKLOG_FULL: true,
  TH_COST_LIMIT: true,
  TH_CATALOG: true,
  TH_NODE_VERSION: true,
  TH_DATABASE_UNAVAILABLE: true,
  TH_DATABASE_REFUSED: true,
  TH_SCHEMA_MISSING: true,
  TH_SCHEMA_NEWER: true,
  TH_MIGRATION: true,
  TH_EMBEDDED_DATABASE: true,
  TH_NOT_FOUND: true,
  TH_REVISION_CHANGED: true,
  TH_NOT_APPROVED: true,
  TH_NOTHING_TO_UNDO: true,
  TH_CURSOR_GONE: true,
  TH_FEED_OPENING: true,
  TH_WEBHOOK_NOT_FOUND: true,
  TH_WEBHOOKS_OFF: true,
  TH_WAIT_TIMEOUT: true,
  TH_CANCELLED: true,
  TH_CLOSED: true,
  TH_ENGINE_NOT_FOUND: true,
  TH_ENGINE_NOT_ALLOWED: true,
  TH_ENGINE_RATE_LIMITED: true,
  TH_ENGINE_QUOTA: true,
  TH_ENGINE_CONFIG: true,
  TH_ENGINES_STOPPED: true,
  TH_ENGINE_TRANSIENT: true,
  TH_ENGINE_REFUSED: true,
  TH_ENGINE_MALFORMED: true,
  TH_ENGINE_TOO_LONG: true,
  TH_BUDGET_EXCEEDED: true,
  TH_BUDGET_UNPRICED: true,
  TH_TRANSLATION_BLOCKED: true,
  TH_EXPIRED: true,
  TH_WORKER_INTERRUPTED: true,
  TH_WORKER_CRASHED: true,
};

const CHECKS: Readonly<Record<BlockedBy, true>> = {
  oversized: true,
  empty: true,
  nul: true,
  truncated: true,
  placeholders: true,
  markup: true,
  icu: true,
  mask: true,
  "icu-quote": true,
  "icu-number": true,
  "icu-branch": true,
  "markup-nesting": true,
  "printf-order": true,
  url: true,
  email: true,
  code: true,
  "link-target": true,
  entity: true,
  newline: true,
  wrapper: true,
  bidi: true,
  "replacement-character": true,
};

interface Row {
  code: string;
  name: string;
  retryable: string;
}

/** The rows of every table that lists classes: code, class, retryable. */
function classRows(): Row[] {
  return [...page.matchAll(/^\| (?:`(TH_\w+)`|see below) \| `(\w+)` \| (yes|no) \|/gm)].map(
    ([, code = "see below", name = "", retryable = ""]) => ({ code, name, retryable }),
  );
}

function itemCodeRows(): { code: string; state: string }[] {
  return [...page.matchAll(/^\| `(TH_\w+)` \| `(TH\d{3})` \|/gm)].map(([, code = "", state = ""]) => ({ code, state }));
}

describe("the catalogue of errors", () => {
  test("has the code of each class, and of each refused item, in the type of all codes", () => {
    const all: Readonly<Record<TransHubErrorCode, true>> = { ...ITEM_CODES, ...CLASS_CODES };
    const given = Object.entries(examples).filter(([name]) => name !== "InvalidItemError");
    expect(Object.keys(all).sort()).toEqual([...Object.keys(ITEM_CODES), ...given.map(([, { code }]) => code)].sort());
  });

  test("has an example of each of its classes in this test", () => {
    const classes = Object.entries(catalogue)
      .filter(([, value]) => typeof value === "function" && value.prototype instanceof TransHubError)
      .map(([name]) => name);
    expect(Object.keys(examples).sort()).toEqual(classes.sort());
  });

  test("gives each class a distinct code, and its class's name", () => {
    const codes = Object.values(examples).map(({ code }) => code);
    expect(new Set(codes).size).toBe(codes.length);
    for (const [name, error] of Object.entries(examples)) {
      expect(error.code).toMatch(/^TH_[A-Z]+(_[A-Z]+)*$/);
      expect(error.name).toBe(name);
    }
  });

  test("is listed in docs/errors.md class by class, without further rows", () => {
    const expected = Object.entries(examples).map(([name, error]) => ({
      code: name === "InvalidItemError" ? "see below" : error.code,
      name,
      retryable: error.retryable ? "yes" : "no",
    }));
    expect(classRows().sort(byName)).toEqual(expected.sort(byName));
  });

  test("has the codes of refused items there, each with the SQLSTATE that the migrations name", () => {
    const migration = readFileSync(
      new URL("../../../../migrations/functions/register/item_code.sql", import.meta.url),
      "utf8",
    );
    const states = [...migration.matchAll(/^-- {3}(TH\d{3}) {2}(TH_\w+)/gm)].map(([, state, code]) => ({
      code,
      state,
    }));
    expect(itemCodeRows()).toEqual(states);
    expect(
      itemCodeRows()
        .map(({ code }) => code)
        .sort(),
    ).toEqual(Object.keys(ITEM_CODES).sort());
  });

  test("has every blocking check on that page", () => {
    const row = page.split("\n").find((line) => line.includes("`TranslationBlockedError`")) ?? "";
    for (const check of Object.keys(CHECKS)) expect(row).toContain(`\`${check}\``);
  });

  test("has every code that the page names", () => {
    const known = new Set([
      ...Object.values(examples).map(({ code }) => code),
      ...Object.keys(ITEM_CODES),
      // Codes of the command line.
      "TH_USAGE",
      "TH_UNEXPECTED",
      "TH_SERVER_UNAVAILABLE",
      "TH_SERVER_ANSWER",
      "TH_SERVER_REFUSED",
    ]);
    const rows = [...page.matchAll(/^\| `(TH_\w+)` \|/gm)].map(([, code = ""]) => code);
    expect(rows.filter((code) => !known.has(code))).toEqual([]);
  });
});

function byName(one: Row, other: Row): number {
  return one.name < other.name ? -1 : 1;
}
