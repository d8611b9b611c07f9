/**
 * The seam between the commands about catalogs and the place of their texts: a database that this process opens
 * (`database-service.ts`), or a server of Trans-Hub (`server-service.ts`).
 */
import type { ApproveQuery, Item, StoredStatus, TransHubError, Translation, TranslationName } from "@trans-hub/core";
import type { Engine } from "@trans-hub/core/engine";
import type { CallEstimate, Contribution, ContributionOutcome, TextToEstimate } from "@trans-hub/core/store";

/** The facts about a stored text that a catalog depends on. */
export interface StoredText extends Pick<Translation, "status" | "text" | "engine"> {
  /** See `Translation.error`. */
  error?: Translation["error"] | undefined;
}

/** A stored text in a list. */
export interface ListedText
  extends StoredText,
    Pick<Translation, "sourceLocale" | "sourceText" | "context" | "businessIds"> {}

/** Reads texts of one target locale, in the order of the names. Undefined: the store has no such text. */
export type ReadTexts = (
  names: readonly TranslationName[],
  options: { targetLocale: string },
) => Promise<(StoredText | undefined)[]>;

/** The unsettled texts of a run. */
export interface OpenTexts {
  /** Reads some of them; gives how many are unsettled. The next call continues with the others. */
  readOpen(): Promise<number>;
  /** Reads the first of them by another function; gives how many are unsettled. */
  readFirst(read: ReadTexts): Promise<number>;
  /** Their target locales, as far as they were read. */
  readonly openLocales: readonly string[];
}

export interface SettleOptions {
  open: OpenTexts;
  /** All target locales of the run. */
  locales: readonly string[];
  signal: AbortSignal;
  /** Called with the number of unsettled texts after each look. */
  onLook(left: number): void;
  /** Tells a person the reason for a wait, in one line. */
  tell(line: string): void;
}

/** The texts of one project, for the time of a command. */
export interface CatalogStore {
  /** Reading counts as use of a text. */
  readonly getTranslations: ReadTexts;
  /** Registers items. A refused one is listed by its place, and the others are registered. */
  request(
    items: readonly Item[],
    options: { tag?: string | undefined; signal: AbortSignal },
  ): Promise<{ rejected: readonly { index: number; code: string; message: string }[] }>;
  /** @throws {TransHubError} TH_NOT_FOUND: there is no such text. */
  approve(query: ApproveQuery): Promise<{ warnings: readonly { message: string }[] }>;
  /** See `PersistenceHandler.contribute`. */
  contribute(contributions: readonly Contribution[]): Promise<ContributionOutcome[]>;
  /** All texts of a target locale, in a stable order. It does not count as use of them. */
  list(query: { targetLocale: string; status?: StoredStatus | undefined }): AsyncIterable<ListedText>;
  /** Numbers of texts, by target locale. */
  counts(): Promise<Readonly<Record<string, Record<StoredStatus, number>>>>;
  /**
   * Resolves once no text is unsettled: translates them, or waits for the fleet.
   *
   * @returns The reason, when it ended early. Undefined: no text is unsettled, or `signal` aborted.
   */
  settle(options: SettleOptions): Promise<TransHubError | undefined>;
}

/** The texts of one locale of which a run would ask an engine. */
export interface TextsToEstimate {
  project: string;
  /** BCP 47, or `und`. */
  sourceLocale: string;
  targetLocale: string;
  texts: readonly TextToEstimate[];
}

/** The calls that an engine would get. */
export interface EstimatedCalls {
  /** The name of the engine. */
  engine: string;
  estimate: CallEstimate;
}

/** The names and facts of an engine that matter before it is asked. */
export type EngineFacts = Pick<Engine, "name" | "processor" | "targetLocales">;

/** The project and the source locale of a command. */
export interface CatalogSubject {
  project: string;
  /** The value of `--from`, or of the configuration. Undefined: the setting. */
  sourceLocale: string | undefined;
}

/** What is known before the store is opened, and the way to it. */
export interface CatalogService {
  /** The engines that translate, the active one first. Empty: they are not known here, or none is asked. */
  readonly engines: readonly EngineFacts[];
  /** The names of the engines, for reports. Without engines, those that the settings name. */
  readonly engineNames: readonly string[];
  /** Bytes: the longest text that the store takes. */
  readonly maxTextBytes: number;
  /** Undefined: no prices are set. */
  readonly prices: { currency: string; asOf: string } | undefined;
  /** Whether a run waits until its texts are settled. False: they are left to the fleet. */
  readonly settles: boolean;
  /** @throws {UsageError | TransHubError} A target locale has no engine, or the project may use none. */
  refuseUnserved(project: string, locales: readonly string[]): void;
  /** Estimates the calls for texts. Undefined: no engine is for the locale. Needs no open store. */
  estimate(asked: TextsToEstimate): Promise<EstimatedCalls | undefined>;
  /** Opens the store for the time of `work`. */
  withStore<Result>(subject: CatalogSubject, work: (store: CatalogStore) => Promise<Result>): Promise<Result>;
  /** The same for a look, which makes nothing. Undefined: the store cannot be reached, and a note says so. */
  lookAtStore<Result>(
    subject: CatalogSubject,
    work: (store: CatalogStore) => Promise<Result>,
  ): Promise<Result | undefined>;
}
