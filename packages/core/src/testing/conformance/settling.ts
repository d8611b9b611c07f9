/** The reports of settlements: to the observer, and in the summary of the work. */
import { expect } from "vitest";
import { MAX_STORED_TEXT_BYTES } from "../../contract/text-size.ts";
import type { Settlement, WorkObserver, WorkOutcome } from "../../contract/work.ts";
import {
  type AddCase,
  failed,
  HeldTranslator,
  item,
  items,
  listAll,
  PROJECT,
  readOne,
  retry,
  Translator,
  textReference,
  translated,
  work,
} from "./kit.ts";

/** Hears settlements, and gives the reported outcome of each text as `text: kind`, in order of the texts. */
export class Reports {
  readonly #settlements: Settlement[] = [];

  readonly observer: WorkObserver = { settled: (settlement) => this.#settlements.push(settlement) };

  get all(): string[] {
    return this.#pairs.map(({ text, outcome }) => `${text}: ${outcome.kind}`).toSorted();
  }

  /** Only of the texts that came to an end. */
  get ends(): string[] {
    return this.all.filter((each) => /: (translated|failed)$/.test(each));
  }

  /** The codes of the texts that failed for good. */
  get codes(): string[] {
    return this.#pairs.flatMap(({ outcome }) => (outcome.kind === "failed" ? [outcome.error.code] : []));
  }

  /** The keys of the texts that failed for good. */
  get failedKeys() {
    return this.#pairs.filter(({ outcome }) => outcome.kind === "failed").map(({ key }) => key);
  }

  get #pairs() {
    return this.#settlements.flatMap(({ batch, outcomes }) =>
      batch.items.map(({ key, text }, at) => ({ key, text, outcome: outcomes[at] as WorkOutcome })),
    );
  }
}

/** Ways in which a text ceases to be the batch's while an engine translates it. */
const TAKEN: Record<string, (handler: Parameters<typeof readOne>[0]) => Promise<unknown>> = {
  "a person approved": (handler) => handler.approve({ reference: textReference(), text: "Mine" }),
  "was cancelled": (handler) => handler.cancel({ project: PROJECT }),
  "was forgotten": (handler) => handler.forget({ project: PROJECT, text: "Add to cart", sourceLocale: "en" }),
};

export function settlingCases(add: AddCase): void {
  add("every text that ends is reported once, as it was stored", async ({ handler }) => {
    await handler.register(["good", "bad", "slow"].map((text) => item({ text })));
    const ends: Record<string, WorkOutcome> = { good: translated("bon"), bad: failed(), slow: retry(600_000) };
    const reports = new Reports();
    const { observer } = reports;
    const summary = await work(handler, new Translator(({ text }) => ends[text] ?? failed()).translate, { observer });
    expect(reports.all).toEqual(["bad: failed", "good: translated", "slow: retry"]);
    expect(summary).toEqual({ translated: 1, failed: 1, retrying: 1 });
  });

  add("a text that no store can hold is reported as failed, and its neighbours as translated", async ({ handler }) => {
    await handler.register(items(4));
    const impossible = "Text number 2";
    const translator = new Translator(({ text }) => translated(text === impossible ? "\0" : `${text} (fr)`));
    const reports = new Reports();
    const summary = await work(handler, translator.translate, { observer: reports.observer });
    expect(reports.ends).toEqual([
      "Text number 1: translated",
      "Text number 2: failed",
      "Text number 3: translated",
      "Text number 4: translated",
    ]);
    expect(reports.codes).toEqual(["TH_TRANSLATION_BLOCKED"]);
    expect(summary).toEqual({ translated: 3, failed: 1, retrying: 0 });
    expect(await handler.readKeys(reports.failedKeys)).toMatchObject([
      { sourceText: impossible, status: "failed", error: { code: "TH_TRANSLATION_BLOCKED" } },
    ]);
    expect((await listAll(handler)).filter(({ status }) => status === "translated")).toHaveLength(3);
  });

  add(
    "a translation over the greatest size is reported as failed, and its neighbours as translated",
    async ({ handler }) => {
      await handler.register(items(3));
      const endless = "x".repeat(MAX_STORED_TEXT_BYTES + 1);
      const translator = new Translator(({ text }) => translated(text === "Text number 2" ? endless : `${text} (fr)`));
      const reports = new Reports();
      const summary = await work(handler, translator.translate, { observer: reports.observer });
      expect(reports.all).toEqual(["Text number 1: translated", "Text number 2: failed", "Text number 3: translated"]);
      expect(reports.codes).toEqual(["TH_TRANSLATION_BLOCKED"]);
      expect(summary).toEqual({ translated: 2, failed: 1, retrying: 0 });
      expect(await readOne(handler, { text: "Text number 2" })).toMatchObject({ status: "failed", text: null });
    },
  );

  add("a request that expired is reported as failed", async ({ handler }) => {
    await handler.register([item({ expiresAfterSeconds: 0 }), item({ text: "Checkout" })]);
    const reports = new Reports();
    const summary = await work(handler, new Translator().translate, { observer: reports.observer });
    expect(reports.ends).toEqual(["Add to cart: failed", "Checkout: translated"]);
    expect(summary).toEqual({ translated: 1, failed: 1, retrying: 0 });
  });

  add("a request that waited longer than it may live is reported as failed", async ({ handler }) => {
    await handler.register([item()]);
    const reports = new Reports();
    const { observer } = reports;
    const summary = await work(handler, new Translator().translate, { lifetimeSeconds: 0, observer });
    expect(reports.all).toEqual(["Add to cart: failed"]);
    expect(reports.codes).toEqual(["TH_EXPIRED"]);
    expect(summary).toEqual({ translated: 0, failed: 1, retrying: 0 });
  });

  for (const [how, take] of Object.entries(TAKEN)) {
    for (const [name, outcome] of Object.entries({ translation: translated("late"), failure: failed() })) {
      add(`the ${name} of a text that ${how} meanwhile is not reported`, async ({ handler, open }) => {
        const other = await open();
        await handler.register([item(), item({ text: "Checkout" })]);
        const held = new HeldTranslator(outcome);
        const reports = new Reports();
        const working = work(handler, held.translate, { observer: reports.observer });
        await held.started;
        await take(other);
        // Cancelling takes the neighbour as well.
        const left = (await readOne(other, { text: "Checkout" })) === undefined ? [] : ["Checkout"];
        held.letGo();
        const summary = await working;
        expect(reports.all).toEqual(left.map((text) => `${text}: ${outcome.kind}`));
        expect(summary.translated + summary.failed).toBe(left.length);
      });
    }
  }
}
