/**
 * The doors of the package: the names behind each, and the packages that importing it loads.
 *
 * A name that is added or removed here is a change of the public interface. The names of each list are sorted.
 */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";

const DOORS: Readonly<Record<string, { values: string; types: string }>> = {
  "index.ts": {
    values: `
      BacklogFullError CancelledError ClosedError Coordinator CursorGoneError DatabaseRefusedError DatabaseUnavailableError EngineNotAllowedError EngineNotFoundError FeedOpeningError InvalidItemError MigrationError NotApprovedError NothingToUndoError RevisionChangedError SchemaMissingError SchemaNewerError SettingsError TOKEN_SCOPES TransHubError TranslationNotFoundError UnsupportedNodeError WaitTimeoutError WebhookNotFoundError WebhooksOffError applyMigrations canonicalLocale checkTranslation`,
    types: `
      ApiToken ApprovalWarning ApproveQuery ApprovedTranslation AttemptError BestTry Budget BudgetPeriod BudgetStatus BudgetToSet CancelQuery CharacterPrice CheckFailure CheckReport CheckWarning CollectOptions CollectReport ConnectOptions CoordinatorObserver CoordinatorOptions CoordinatorState CreatedToken DeadLetter DeadLetterFilter DeadLetterPageRequest EditGlossaryQuery EngineLimitStatus EnqueueOptions EnqueueReceipt EventKind EventPage EventsQuery ExportQuery ExportedText FeedEvent FollowQuery ForgetQuery ForgetReport Formality GetOptions GetQuery Glossary GlossaryEdit GlossaryEdited GlossaryTerm GlossaryTermInput Hint HistoryAction HistoryEntry HistoryQuery IdQuery InstructionSet Instructions InvalidItemCode Item ItemDefaults ListQuery ListedTranslation Logger MemoryListQuery MemoryMatch MemoryOrigin MemoryPair MemoryPairInput MemoryReceipt MemorySearchQuery MemoryUnit MigrateOptions MigrationReport OnceEnd OnceKey OnceReceipt OpenFailure Outdated Page PageRequest Pause PauseTarget Prefer PriceNumber Prices Priority ProcessPendingOptions ProjectEngines QueueReason ReadName RejectQuery RejectedItem RejectedPair RequestEnd RequestInput RequestOptions RequestReceipt RetranslateReport ReviewActQuery ReviewKind ReviewListQuery ReviewPage ReviewQuery ReviewResult StaleFilter StaleQuery StaleTranslation StoreStatus StoredStatus Style StyleInput TermCase TermKind TermName TermTarget TextFormat TextUse TokenGrant TokenOptions TokenPrice TokenScope TransHubErrorCode TransactionClient Translation TranslationName TranslationStatus TranslationToCheck UsageConfirmation UsageConfirmed UsageCounts UsageGroup UsageQuery UsageReport UsageRow WaitOptions WaitQuery WaitingWork Webhook WebhookChanges WebhookInput WebhookName WebhookType Why WhyQuery WhySection WorkerStatus`,
  },
  "engine.ts": {
    values: `
      EngineConfigError EngineMalformedError EngineNotFoundError EngineQuotaError EngineRateLimitedError EngineRefusedError EngineTooLongError EngineTransientError FORMALITIES SettingsError TERM_KINDS TEXT_FORMATS TransHubError UNDETERMINED_LOCALE askingOf chainFor checkTranslation closestName failAll formsToAsk gettextFormsToAsk i18nextFamilies i18nextFormsToAsk isVerbatim mergeSpans optionCheck optionKinds orAbort pluralContext pluralFormOf protectedTokens readPluralForms readSyntax translationCheckOf`,
    types: `
      Asking BlockedBy CheckFailure CheckReport CheckWarning Engine EngineBatch EngineBound EngineErrorKind EngineFailure EngineItem EngineItemResult EngineLimits EngineReference EngineReply EngineTerm EngineUsage FormToAsk Formality GettextPlurals Hint I18nextFamily OptionKind OptionTable PluralFamily PluralForm ProtectedToken Protection Question Span Syntax TermKind TextFormat TextToAsk TranslationToCheck TrustedText`,
  },
  "store.ts": {
    values: `
      BacklogFullError BudgetExceededError BudgetUnpricedError CancelledError ClosedError CostLimitError CursorGoneError DEFAULT_PROJECT DatabaseRefusedError DatabaseUnavailableError EVENT_KINDS EngineNotAllowedError FeedOpeningError ITEM_KEYS MAX_EXPIRY_SECONDS MAX_NAME_BYTES MAX_NOTE_BYTES MAX_REVIEW_ACTS MAX_STORED_TEXT_BYTES NotApprovedError NothingToUndoError PREFERENCES PRICES_AGE_DAYS PostgresPersistenceHandler RequestExpiredError RevisionChangedError SchemaMissingError SchemaNewerError TOKEN_SCOPES TransHubError TranslationBlockedError TranslationNotFoundError USAGE_GROUPS WEBHOOK_TYPES WorkerCrashedError WorkerInterruptedError ageOfPrices boundOf costOf estimateCalls formatAmount formatEventCursor isPriced isSameToken isSettled mayAsk noEngineAllowed oldPrices optionCheck optionKinds parseAmount parseEventCursor parseItem parseName parseTag parseTranslationId priceTable readToken subjectOfToken translateBatch translationId tryStoppedEngines`,
    types: `
      ApiToken Approval AttemptError BacklogCount BatchBudget BatchMemory BestTry BilledUnits Budget BudgetAnswer BudgetPeriod BudgetStatus BudgetToSet BudgetWish CallEstimate CancelFilter ChangeKind ChangeListener Circuit CollectOptions CollectReport ConnectionUse Contribution ContributionOutcome Cost DeadLetter DeadLetterFilter DeadLetterPageRequest EngineCall EngineCallEnd EngineFault EngineGate EngineLimitChange EngineLimitStatus EngineLimits EngineState EngineStop EngineTurn EngineTurnTaken EngineWish EventKind EventPage EventQuery ExportFilter ExportedText FailedJob FeedEvent FeedListener FeedNews FleetMeasure ForgetReference ForgetReport Formality Glossary GlossaryEdit GlossaryEdited GlossaryTerm GlossaryTermInput Hint HistoryAction HistoryEntry IdReference Instructions Item ItemDefaults ItemLimits ItemReceipt ListFilter ListedTranslation LockWait MemoryFilter MemoryImported MemoryLookup MemoryMatch MemoryOrigin MemoryPair MemoryQuery MemoryStore MemoryUnit NamedReference OnceCall OnceEnd OnceKey OptionKind OptionTable OutdatedText Page PageRequest ParkedFor Pause PauseTarget PersistenceHandler PostgresOptions Prefer PresentedToken PriceTable PricedModels Prices PriorityClass ProjectEngines QueueReason ReadOptions RefusedInboxItem RegisterItem RegisterOptions ReviewAct ReviewFilter ReviewKind ReviewPage ReviewResult Settlement StaleFilter StaleTranslation StoppedEngine StoreStatus StoredExport StoredStatus StoredToken Style StyleInput TermCase TermKind TermName TermTarget TextChange TextFormat TextToEstimate TokenGrant TokenScope TokenStore TokenToStore TransactionClient TranslateBatchOptions TranslateWork Translation TranslationFacts TranslationKey TranslationReference TranslationStatus TriedEngines UsageConfirmation UsageConfirmed UsageCounts UsageGroup UsageQuery UsageReport UsageRow UseKey Webhook WebhookChanges WebhookClaim WebhookName WebhookOutcome WebhookToCreate WebhookTurn WebhookType WorkBatch WorkItem WorkObserver WorkOptions WorkOutcome WorkResult WorkSummary WorkerStatus`,
  },
  "operations.ts": {
    values: `
      CatalogError EmbeddedDatabaseError EnginesStoppedError ROLE_KINDS applyMigrations createRoles errorFields migrationStatus optionCheck optionKinds readServerFacts readStandbyFacts revertMigration version`,
    types: `
      CreateRolesOptions ErrorFields FactsOptions MigrateOptions MigrationReport OptionKind OptionTable RoleKind RoleNames RolesReport ServerFacts StandbyFacts StandbyOptions`,
  },
  "client.ts": {
    values: `
      Coordinator PostgresPersistenceHandler applyMigrations`,
    types: `
      MigrateOptions MigrationReport PostgresOptions`,
  },
  "rules.ts": {
    values: `
      DEFAULT_PROJECT EngineConfigError EngineNotFoundError ITEM_KEYS InvalidItemError MAX_EXPIRY_SECONDS MAX_NAME_BYTES MAX_STORED_TEXT_BYTES PREFERENCES SettingsError TEXT_FORMATS TransHubError UNDETERMINED_LOCALE USAGE_GROUPS canonicalLocale chainFor closestName formatAmount isSettled noEngineAllowed oldPrices optionCheck optionKinds parseAmount parseItem parseName parseTag`,
    types: `
      ItemLimits OptionKind OptionTable Prices ProjectEngines TextFormat UsageGroup`,
  },
};

describe.each(Object.entries(DOORS))("the door %s", (file, names) => {
  test("has the listed names and no other", () => {
    const listed = { values: list(names.values), types: list(names.types) };
    expect(exportsOf(file)).toEqual(listed);
    expect(listed).toEqual({ values: listed.values.toSorted(), types: listed.types.toSorted() });
  });
});

/** Packages with code for PostgreSQL's protocol: `pg` and its own dependencies. */
const PG = /^(pg|pg-.+|postgres-(array|bytea|date|interval)|xtend)$/;

test("an application that imports @trans-hub/core loads pg and three small packages", async () => {
  expect(await loadedBy(`await import("./index.ts");`)).toEqual(["canonicalize", "fastest-levenshtein", "lru-cache"]);
});

test("an application that connects loads zod besides, and neither graphile-worker nor node-pg-migrate", async () => {
  const connect = `
    const { Coordinator } = await import("./index.ts");
    await Coordinator.connect({ databaseUrl: "postgres://127.0.0.1:1/none" }).catch(() => undefined);`;
  expect(await loadedBy(connect)).toEqual(["canonicalize", "fastest-levenshtein", "lru-cache", "zod"]);
});

test("an application that registers texts loads OpenTelemetry only once a tracing SDK is registered", async () => {
  const requesting = (sdk: string) => `
    const { Coordinator } = await import("./index.ts");
    const { InMemoryPersistenceHandler } = await import("./testing/in-memory/persistence-handler.ts");
    const hub = new Coordinator(new InMemoryPersistenceHandler(), { sourceLocale: "en" });
    ${sdk}
    await hub.request({ text: "Save", targetLocales: ["fr"] });`;
  const registered = `globalThis[Symbol.for("opentelemetry.js.api.1")] = { version: "1.9.1", trace: {
    getTracer: () => ({ startActiveSpan: (name, options, context, act) => act({
      spanContext: () => ({ traceFlags: 0 }), setAttributes() {}, end() {} }) }) } };`;
  expect(await loadedBy(requesting(""))).not.toContain("@opentelemetry/api");
  expect(await loadedBy(requesting(registered))).toContain("@opentelemetry/api");
});

test("an engine that imports @trans-hub/core/engine loads one small package, and no pg", async () => {
  expect(await loadedBy(`await import("./engine.ts");`)).toEqual(["fastest-levenshtein"]);
});

const call = promisify(execFile);

/** The packages of others that a script in a new process loads, `pg` and its own apart. */
async function loadedBy(script: string): Promise<string[]> {
  const observing = `
    import { registerHooks } from "node:module";
    const loaded = new Set();
    registerHooks({
      load(url, context, next) {
        const name = /.*\\/node_modules\\/((?:@[^/]+\\/)?[^/]+)\\//.exec(url)?.[1];
        if (name !== undefined) loaded.add(name);
        return next(url, context);
      },
    });
    ${script}
    console.log(JSON.stringify([...loaded].sort()));
    process.exit();`;
  const { stdout } = await call(process.execPath, ["--input-type=module", "--eval", observing], {
    cwd: import.meta.dirname,
  });
  return (JSON.parse(stdout) as string[]).filter((name) => !PG.test(name));
}

/**
 * A door holds nothing but the look at Node, which comes first, and `export { … } from`, so that its names can be read
 * without running it.
 */
function exportsOf(file: string): { values: string[]; types: string[] } {
  const source = readFileSync(new URL(file, import.meta.url), "utf8").replaceAll(/\/\*[\s\S]*?\*\//g, "");
  const values: string[] = [];
  const types: string[] = [];
  const rest = source.replaceAll(
    /export (type )?\{([^}]*)\} from "[^"]+";/g,
    (_, isType: string | undefined, names: string) => {
      for (const name of names.split(",").map((each) => each.trim())) {
        if (name === "") continue;
        if (isType !== undefined || name.startsWith("type ")) types.push(name.replace(/^type /, ""));
        else values.push(name);
      }
      return "";
    },
  );
  expect(rest.trim(), `${file} holds only the look at Node and export { … } from`).toBe(
    'import "./supported-node.ts";',
  );
  return { values: values.sort(), types: types.sort() };
}

function list(names: string): string[] {
  return names.trim().split(/\s+/);
}
