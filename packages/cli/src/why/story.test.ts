/** The story of `why` for people. */
import { expect, test } from "vitest";
import { storyOf } from "./story.ts";

const AT = new Date("2026-11-30T09:00:00Z");
const PAST = new Date("2026-11-29T09:00:00Z");

test("each part of the story is told in lines for people", () => {
  const work = { since: PAST, notBefore: PAST, waitsFor: null, isPostponed: false, tag: null } as const;
  const lines = storyOf({
    translation: {
      ...{ id: "17-0", project: "shop", sourceLocale: "en", targetLocale: "fr", sourceText: "Pay", context: null },
      ...{ businessIds: ["pay"], status: "pending", text: "Payez", engine: "deepl", model: null, flags: ["length"] },
      revision: 3,
    },
    sections: [
      { kind: "origin", by: "engine", engine: "deepl", model: null, approvedBy: "mia", changedAt: AT },
      {
        kind: "uses",
        uses: [
          { businessId: "", isCurrent: true, lastSeenAt: AT, hint: null },
          { businessId: "pay", isCurrent: false, lastSeenAt: AT, hint: { note: "A button" } },
        ],
      },
      { kind: "checks", format: "auto", blocked: [], warnings: [{ check: "length", message: "too long" }] },
      {
        kind: "history",
        hasMore: true,
        entries: [
          {
            ...{ actId: "1", at: AT, action: "reject", by: "mia", note: "Too formal", engine: "deepl", model: null },
            ...{ revisionBefore: 2, revisionAfter: 3, statusBefore: "translated", statusAfter: "pending" },
            ...{ textBefore: "Payez", textAfter: "Payez", undoes: null, undoneBy: null },
          },
        ],
      },
      { kind: "work", priority: "interactive", expiresAt: null, isRunning: false, attempt: 1, ...work },
      {
        ...{ kind: "cost", engine: "deepl", model: null, calls: 2, items: 4, currency: "EUR" },
        ...{ cost: "0.01", unconfirmed: "0.002", average: "0.0025" },
      },
    ],
  });
  expect(lines).toEqual([
    "source (en): Pay",
    "text (fr): Payez",
    "status: pending, revision 3, id 17-0",
    "stored with the warnings: length",
    "made by the engine deepl; last changed 2026-11-30T09:00:00.000Z",
    "approved by mia",
    "used by its text, last seen 2026-11-30T09:00:00.000Z",
    'used as pay in the past: the id means another text by now, last seen 2026-11-30T09:00:00.000Z; hint {"note":"A button"}',
    "check of today warns: length: too long",
    "2026-11-30T09:00:00.000Z reject by mia (Too formal)",
    "history: there are older entries; see `review history`",
    "waits: for a worker, with priority interactive since 2026-11-29T09:00:00.000Z, after 1 attempt",
    "cost: 0.0025 EUR on the average of the 4 texts in 2 calls of deepl, 0.01 in all, and at most 0.002 more",
  ]);
});
