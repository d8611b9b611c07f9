/**
 * Catalogs whose texts are behind a server of Trans-Hub: no database, no engine and no key are needed here. The workers behind the
 * server translate.
 */
import type { Item, TransHubError, TranslationName } from "@trans-hub/core";
import { version } from "@trans-hub/core/operations";
import { type Contribution, mayAsk, type ProjectEngines, parseAmount } from "@trans-hub/core/store";
import type { Secret } from "@trans-hub/engines/registry";
import type { z } from "zod";
import type { CommandContext } from "../command-context.ts";
import { printable } from "../output.ts";
import { chunksOf } from "../server-client/chunks.ts";
import { refuseReadableToken } from "../server-client/readable-token.ts";
import { ServerClient } from "../server-client/server-client.ts";
import { ServerUnavailableError } from "../server-client/server-error.ts";
import type { CatalogService, CatalogStore, EstimatedCalls, SettleOptions, TextsToEstimate } from "./catalog-store.ts";
import { FleetWait } from "./fleet-wait.ts";
import * as answers from "./server-answers.ts";
import { refuseUnserved } from "./unserved.ts";

export interface ServerServiceOptions {
  url: string;
  token: Secret | undefined;
  project: string;
  /** BCP 47, or `und`: of texts for which the command names none. */
  sourceLocale: string;
  context: CommandContext;
  settles: boolean;
  /** Whether the command has an answer without the server too. */
  isLook: boolean;
  /** Whether the token may go to another machine over http://. */
  isInsecure: boolean;
}

/** Seconds of one wait on the server. After each without progress, the reasons are looked up. */
const WAIT_SECONDS = 5;
/** Bytes of a request that are no entries. */
const FRAME_BYTES = 65_536;
/** Most bytes of a request of several entries: proxies refuse more than 1 MiB unless they are told otherwise. */
const USUAL_BODY_BYTES = 1_048_576;
/** Most texts of one read: their translations come back together. */
const READ_SIZE = 1_000;

/** @throws {UsageError | ServerUnavailableError | ServerRefusedError} */
export async function serverService(options: ServerServiceOptions): Promise<CatalogService> {
  const { url, token, project, context, isLook, isInsecure } = options;
  refuseReadableToken(url, { isInsecure });
  const client = new ServerClient({
    ...{ url, token, version, signal: context.signal },
    tell: (line) => context.output.note(printable(line)),
  });
  try {
    const path = `/projects/${encodeURIComponent(project)}/catalog`;
    const facts = await client.ask({ method: "GET", path, project, answer: answers.Facts });
    return new Server(options, client, path, facts);
  } catch (error) {
    if (!(isLook && error instanceof ServerUnavailableError)) throw error;
    context.output.note(`${printable(error.message)}; the answer is that of the files and the lock alone`);
    return UNREACHABLE;
  }
}

class Server implements CatalogService {
  readonly engines: CatalogService["engines"];
  readonly engineNames: readonly string[];
  readonly maxTextBytes: number;
  readonly prices: CatalogService["prices"];
  readonly settles: boolean;
  readonly #options: ServerServiceOptions;
  readonly #client: ServerClient;
  readonly #path: string;
  readonly #facts: z.output<typeof answers.Facts>;

  constructor(
    options: ServerServiceOptions,
    client: ServerClient,
    path: string,
    facts: z.output<typeof answers.Facts>,
  ) {
    this.#options = options;
    this.#client = client;
    this.#path = path;
    this.#facts = facts;
    this.engines = facts.engines;
    this.engineNames = facts.engines.map(({ name }) => name);
    // JSON writes some characters as two: a text of this size fits into a request, whatever it holds.
    this.maxTextBytes = Math.min(facts.maxTextBytes, Math.floor((facts.maxBodyBytes - FRAME_BYTES) / 2));
    this.prices = facts.prices ?? undefined;
    this.settles = options.settles;
  }

  refuseUnserved(project: string, locales: readonly string[]): void {
    refuseUnserved(this.engines, this.#rules, project, locales);
  }

  async estimate({ sourceLocale, targetLocale, texts }: TextsToEstimate): Promise<EstimatedCalls | undefined> {
    let sum: EstimatedCalls | undefined;
    // Without texts too: the engine's name is asked for.
    for (const items of texts.length === 0 ? [[]] : this.#chunks(texts)) {
      const { engine, cost, ...estimate } = await this.#ask("estimate", answers.Estimated, {
        ...{ sourceLocale, targetLocale, items },
      });
      if (engine === null) return undefined;
      const own = { engine, estimate: { ...estimate, cost: cost === null ? undefined : parseAmount(cost) } };
      sum = sum === undefined ? own : added(sum, own);
    }
    return sum;
  }

  async withStore<Result>(
    { sourceLocale = this.#options.sourceLocale }: { sourceLocale: string | undefined },
    work: (store: CatalogStore) => Promise<Result>,
  ): Promise<Result> {
    return work({
      getTranslations: (names, { targetLocale }) => this.#read("read", names, targetLocale, sourceLocale),
      request: (items, { tag }) => this.#request(items, sourceLocale, tag),
      approve: ({ by: _, ...query }) => this.#ask("approve", answers.Approved, { sourceLocale, ...query }),
      contribute: (contributions) => this.#contribute(contributions, sourceLocale),
      list: (query) => this.#list(query),
      counts: async () => (await this.#fleet()).locales,
      settle: (options) => this.#settle(options, sourceLocale),
    });
  }

  lookAtStore<Result>(
    subject: { sourceLocale: string | undefined },
    work: (store: CatalogStore) => Promise<Result>,
  ): Promise<Result> {
    return this.withStore(subject, work);
  }

  get #rules(): ProjectEngines {
    const { allowedEngines } = this.#facts;
    return allowedEngines === null ? {} : { [this.#options.project]: allowedEngines };
  }

  #ask<Answer extends z.ZodType>(
    verb: string,
    answer: Answer,
    body: object,
    more: { waitSeconds?: number; again?: () => Promise<object> } = {},
  ): Promise<z.output<Answer>> {
    const { project } = this.#options;
    return this.#client.ask({ method: "POST", path: `${this.#path}:${verb}`, project, body, answer, ...more });
  }

  #chunks<Entry>(entries: readonly Entry[], most = Number.POSITIVE_INFINITY): Entry[][] {
    const { maxItems, maxBodyBytes } = this.#facts;
    const maxBytes = Math.min(maxBodyBytes, USUAL_BODY_BYTES) - FRAME_BYTES;
    return chunksOf(entries, { maxItems: Math.min(maxItems, most), maxBytes });
  }

  async #read(
    verb: "read" | "wait",
    names: readonly TranslationName[],
    targetLocale: string,
    sourceLocale: string,
  ): Promise<(AnsweredText | undefined)[]> {
    const found: (AnsweredText | undefined)[] = [];
    for (const items of this.#chunks(names, READ_SIZE)) {
      const more = verb === "wait" ? { waitSeconds: WAIT_SECONDS } : {};
      const answer = await this.#ask(verb, answers.Texts, { sourceLocale, targetLocale, items }, more);
      found.push(...items.map((_, at) => answer.items[at] ?? undefined));
    }
    return found;
  }

  async #request(items: readonly Item[], sourceLocale: string, tag: string | undefined) {
    const rejected: { index: number; code: string; message: string }[] = [];
    let before = 0;
    for (const chunk of this.#chunks(items)) {
      const first = before;
      before += chunk.length;
      const body = { sourceLocale, ...(tag !== undefined && { tag }) };
      // A request that names texts to be translated anew does so each time. One whose answer was lost is not repeated for the
      // texts that it has reached: their revision is another one then.
      const revisions = chunk.some(({ force }) => force === true)
        ? await this.#revisions(chunk, sourceLocale)
        : undefined;
      const again =
        revisions && (async () => ({ ...body, items: await this.#unchanged(chunk, revisions, sourceLocale) }));
      const answer = await this.#ask("request", answers.Registered, { ...body, items: chunk }, again && { again });
      for (const { at, code, message } of answer.rejected) rejected.push({ index: first + at, code, message });
    }
    return { rejected };
  }

  /** By place and target locale. */
  async #revisions(items: readonly Item[], sourceLocale: string): Promise<Map<string, number>> {
    const places = new Map<string, { at: number; name: TranslationName }[]>();
    for (const [at, { text, context, format, targetLocales }] of items.entries()) {
      for (const locale of targetLocales ?? []) {
        const own = places.get(locale) ?? [];
        places.set(locale, own);
        own.push({ at, name: { text, context, format } });
      }
    }
    const revisions = new Map<string, number>();
    for (const [locale, own] of places) {
      const found = await this.#read(
        "read",
        own.map(({ name }) => name),
        locale,
        sourceLocale,
      );
      for (const [place, { at }] of own.entries()) revisions.set(`${at} ${locale}`, found[place]?.revision ?? -1);
    }
    return revisions;
  }

  async #unchanged(items: readonly Item[], before: ReadonlyMap<string, number>, sourceLocale: string) {
    const now = await this.#revisions(items, sourceLocale);
    return items.map((item, at) => {
      const targetLocales = item.targetLocales ?? [];
      const left = targetLocales.filter((locale) => now.get(`${at} ${locale}`) === before.get(`${at} ${locale}`));
      // Registered without force, an item that is done changes nothing, and every item keeps its place.
      return left.length === 0 ? { ...item, force: false } : { ...item, targetLocales: left };
    });
  }

  async #contribute(contributions: readonly Contribution[], sourceLocale: string) {
    const outcomes: ("stored" | "unchanged" | "kept")[] = [];
    const entries = contributions.map(({ item, translation, status }) => {
      const { text, targetLocales, businessId, context, format, hint } = item;
      return {
        ...{ text, sourceLocale: item.sourceLocale, targetLocales, format, translation, status },
        ...(businessId !== "" && { businessId }),
        ...(context !== null && { context: JSON.parse(context) as object }),
        ...(hint !== undefined && { hint: JSON.parse(hint) as object }),
      };
    });
    for (const items of this.#chunks(entries)) {
      const answer = await this.#ask("contribute", answers.Contributed, { sourceLocale, items });
      outcomes.push(...items.map((_, at) => answer.outcomes[at] ?? "kept"));
    }
    return outcomes;
  }

  async *#list(query: { targetLocale: string; status?: string | undefined }) {
    let cursor: string | null = null;
    do {
      const page: z.output<typeof answers.Listed> = await this.#ask("list", answers.Listed, {
        ...query,
        ...(cursor !== null && { cursor }),
      });
      yield* page.items;
      cursor = page.nextCursor;
    } while (cursor !== null);
  }

  #fleet(): Promise<z.output<typeof answers.Fleet>> {
    const { project } = this.#options;
    return this.#client.ask({ method: "GET", path: `${this.#path}/fleet`, project, answer: answers.Fleet });
  }

  async #settle(
    { open, signal, onLook, tell }: SettleOptions,
    sourceLocale: string,
  ): Promise<TransHubError | undefined> {
    const { project } = this.#options;
    const engines = this.engines.filter((engine) => mayAsk(this.#rules, project, engine));
    const wait = new FleetWait({ project, engines, tell });
    let before = Number.POSITIVE_INFINITY;
    while (!signal.aborted) {
      let left = await open.readFirst((names, { targetLocale }) =>
        this.#read("wait", names.slice(0, READ_SIZE), targetLocale, sourceLocale),
      );
      if (left >= before) {
        // The first texts may be stuck while others go on.
        left = await open.readOpen();
        if (left >= before) {
          const reason = await wait.look(await this.#fleet(), open.openLocales);
          if (reason !== undefined) return reason;
        }
      }
      onLook(left);
      if (left === 0) return undefined;
      before = left;
    }
    return undefined;
  }
}

type AnsweredText = NonNullable<z.output<typeof answers.Texts>["items"][number]>;

function added(sum: EstimatedCalls, { estimate: more }: EstimatedCalls): EstimatedCalls {
  const { engine, estimate } = sum;
  const { parts } = estimate;
  return {
    engine,
    estimate: {
      calls: estimate.calls + more.calls,
      inputTokens: estimate.inputTokens + more.inputTokens,
      outputTokens: estimate.outputTokens + more.outputTokens,
      characters: estimate.characters + more.characters,
      cost: estimate.cost === undefined || more.cost === undefined ? undefined : estimate.cost + more.cost,
      promptBytes: estimate.promptBytes + more.promptBytes,
      parts: {
        texts: parts.texts + more.parts.texts,
        instructions: parts.instructions + more.parts.instructions,
        contexts: parts.contexts + more.parts.contexts,
      },
    },
  };
}

/** For a look: the files and the lock have an answer of their own. */
const UNREACHABLE: CatalogService = {
  engines: [],
  engineNames: [],
  maxTextBytes: Number.POSITIVE_INFINITY,
  prices: undefined,
  settles: false,
  refuseUnserved: () => undefined,
  estimate: async () => undefined,
  withStore: async () => {
    throw new ServerUnavailableError("The server cannot be reached");
  },
  lookAtStore: async () => undefined,
};
