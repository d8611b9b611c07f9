import { describe, test } from "vitest";
import { accountingCases } from "./conformance/accounting.ts";
import { actingCases } from "./conformance/acts.ts";
import { budgetingCases } from "./conformance/budgeting.ts";
import { collectingCases } from "./conformance/collecting.ts";
import { controllingCases } from "./conformance/controlling.ts";
import { expiringCases } from "./conformance/expiring.ts";
import { exportingCases } from "./conformance/exporting.ts";
import { fencingCases } from "./conformance/fencing.ts";
import { flaggingCases } from "./conformance/flagging.ts";
import { forcingCases } from "./conformance/forcing.ts";
import { glossaryCases } from "./conformance/glossaries.ts";
import { hintingCases } from "./conformance/hinting.ts";
import { type AddCase, type ConformanceStore, PATIENCE_MS } from "./conformance/kit.ts";
import { limitingCases } from "./conformance/limiting.ts";
import { namingCases } from "./conformance/naming.ts";
import { onceCases } from "./conformance/once.ts";
import { pausingCases } from "./conformance/pausing.ts";
import { queueingCases } from "./conformance/queueing.ts";
import { racingCases } from "./conformance/racing.ts";
import { readingCases } from "./conformance/reading.ts";
import { registeringCases } from "./conformance/registering.ts";
import { rememberingCases } from "./conformance/remembering.ts";
import { reviewingCases } from "./conformance/reviewing.ts";
import { settlingCases } from "./conformance/settling.ts";
import { stoppingCases } from "./conformance/stopping.ts";
import { tellingCases } from "./conformance/telling.ts";
import { tellingWhyCases } from "./conformance/telling-why.ts";
import { tokenCases } from "./conformance/tokens.ts";
import { webhookCases } from "./conformance/webhooks.ts";
import { workingCases } from "./conformance/working.ts";

const ROOMS = {
  registering: registeringCases,
  reading: readingCases,
  naming: namingCases,
  exporting: exportingCases,
  hinting: hintingCases,
  forcing: forcingCases,
  "running once": onceCases,
  working: workingCases,
  settling: settlingCases,
  expiring: expiringCases,
  stopping: stoppingCases,
  warnings: flaggingCases,
  "limiting engines": limitingCases,
  "reviewing and dead letters": reviewingCases,
  "telling why": tellingWhyCases,
  "the translation memory": rememberingCases,
  "acts of people": actingCases,
  "the queue of review": queueingCases,
  accounting: accountingCases,
  collecting: collectingCases,
  controlling: controllingCases,
  pausing: pausingCases,
  budgeting: budgetingCases,
  glossaries: glossaryCases,
  webhooks: webhookCases,
  fencing: fencingCases,
  racing: racingCases,
  tokens: tokenCases,
  "telling of changes": tellingCases,
};

/** Adds the suite to the current test file. See `persistenceConformance` in `./index.ts`. */
export function addConformanceSuite(name: string, makeStore: () => Promise<ConformanceStore>): void {
  describe(`${name} keeps the promises of PersistenceHandler`, () => {
    for (const [room, addCases] of Object.entries(ROOMS)) describe(room, () => addCases(caseAdder(makeStore)));
  });
}

function caseAdder(makeStore: () => Promise<ConformanceStore>): AddCase {
  return (sentence, body, needs) => {
    test(sentence, { timeout: 2 * PATIENCE_MS }, async ({ skip }) => {
      const store = await makeStore();
      const opened: { close(): Promise<void> }[] = [];
      const open = async () => {
        const handler = await store.open();
        opened.push(handler);
        return handler;
      };
      try {
        const handler = await open();
        const needed = needs === "engineGate" ? handler.engineGate : needs === undefined || store[needs];
        if (needed === undefined) skip(`the store under test has no ${needs}`);
        const cannot = async () => {
          throw new Error("a case that uses this has to say that it needs it");
        };
        await body({
          handler,
          open,
          crash: store.crash?.bind(store) ?? cannot,
          giveUp: store.giveUp?.bind(store) ?? cannot,
          begin: store.begin?.bind(store) ?? cannot,
          close: cannot,
        });
      } finally {
        await Promise.allSettled(opened.map((handler) => handler.close()));
        await store.close();
      }
    });
  };
}
