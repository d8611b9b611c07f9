/** Webhooks: their settings, and the turns in which servers deliver to them. */
import { expect } from "vitest";
import { SettingsError, WebhookNotFoundError } from "../../contract/errors.ts";
import type { PersistenceHandler } from "../../contract/store.ts";
import type { WebhookClaim, WebhookOutcome, WebhookToCreate, WebhookTurn } from "../../contract/webhook.ts";
import { type AddCase, item, PROJECT, translateAll, until } from "./kit.ts";

const HOOK: WebhookToCreate = {
  project: PROJECT,
  url: "https://example.com/hook",
  type: "translations.settled",
  kinds: null,
  targetLocales: null,
  by: null,
};

const LEASE_MS = 30_000;
const CLAIM: WebhookClaim = { limit: 10, failingLimit: 10, leaseMs: LEASE_MS, debounceMs: 0, exportDelayMs: 0 };

let texts = 0;
/** Makes an event of the project. */
async function change(handler: PersistenceHandler, project = PROJECT): Promise<void> {
  texts += 1;
  await handler.register([item({ text: `changed text ${texts}`, project })]);
  await translateAll(handler);
}

/** Claims until there is a turn. */
async function turnOf(handler: PersistenceHandler, claim: Partial<WebhookClaim> = {}): Promise<WebhookTurn> {
  let turns: WebhookTurn[] = [];
  await until(async () => {
    turns = await handler.claimWebhooks({ ...CLAIM, ...claim });
    return turns.length > 0;
  });
  expect(turns).toHaveLength(1);
  return turns[0] as WebhookTurn;
}

const failed = (given: Partial<Extract<WebhookOutcome, { kind: "failed" }>> = {}): WebhookOutcome => ({
  ...{ kind: "failed", status: 503, problem: "status", retryMs: 0, disableAfterMs: 86_400_000 },
  ...given,
});
const done: WebhookOutcome = { kind: "done", hasSent: true, pauseMs: 0 };

const positionOf = (cursor: string) => Number(cursor.slice(cursor.lastIndexOf(".") + 1));

export function webhookCases(add: AddCase): void {
  add("a webhook is made, listed, changed, rotated and removed", async ({ handler, open }) => {
    const other = await open();
    const made = await handler.createWebhook({ ...HOOK, kinds: ["approved"], targetLocales: ["fr"], by: "mia" });
    expect(made).toMatchObject({
      ...{
        ...HOOK,
        id: expect.stringMatching(/^wh_[0-9a-f]{24}$/),
        kinds: ["approved"],
        targetLocales: ["fr"],
        by: "mia",
      },
      ...{ secretVersion: 1, previousSecretUntil: null, state: "ok", failures: 0, nextTryAt: null, deliveredAt: null },
      cursor: expect.stringMatching(/^[0-9a-z]+\.\d+$/),
    });
    await other.createWebhook({ ...HOOK, project: "other" });
    expect(await other.listWebhooks(PROJECT)).toEqual([made]);
    expect((await handler.listWebhooks()).map(({ project }) => project)).toEqual([PROJECT, "other"].toSorted());

    const name = { project: PROJECT, id: made.id };
    const changed = await other.changeWebhook(name, {
      url: "https://example.com/other",
      kinds: null,
      isDisabled: true,
    });
    expect(changed).toMatchObject({
      ...{ url: "https://example.com/other", kinds: null, targetLocales: ["fr"] },
      ...{ state: "disabled", disabledBecause: "person", disabledAt: expect.any(Date) },
    });
    expect(await handler.rotateWebhook(name, 60)).toMatchObject({
      secretVersion: 2,
      previousSecretUntil: expect.any(Date),
    });
    expect(await handler.removeWebhook({ project: "other", id: made.id })).toBe(false);
    expect(await handler.removeWebhook(name)).toBe(true);
    expect(await handler.removeWebhook(name)).toBe(false);
    expect(await handler.listWebhooks(PROJECT)).toEqual([]);
  });

  add("a webhook of another project does not exist", async ({ handler }) => {
    const { id } = await handler.createWebhook({ ...HOOK, project: "other" });
    for (const name of [
      { project: PROJECT, id },
      { project: "other", id: "wh_none" },
    ]) {
      await expect(handler.changeWebhook(name, { isDisabled: true })).rejects.toBeInstanceOf(WebhookNotFoundError);
      await expect(handler.rotateWebhook(name, 0)).rejects.toBeInstanceOf(WebhookNotFoundError);
      expect(await handler.removeWebhook(name)).toBe(false);
    }
    expect(await handler.listWebhooks("other")).toMatchObject([{ state: "ok", secretVersion: 1 }]);
  });

  add("a webhook that is none is refused, and changes nothing", async ({ handler }) => {
    const bad: Partial<Record<keyof WebhookToCreate, unknown>>[] = [
      { url: "example.com" },
      { url: "ftp://example.com/" },
      { url: `https://example.com/${"x".repeat(2_048)}` },
      { type: "translations.made" },
      { kinds: [] },
      { kinds: ["translated", "made"] },
      { targetLocales: [] },
      { by: "x".repeat(256) },
    ];
    for (const given of bad) {
      await expect(handler.createWebhook({ ...HOOK, ...given } as WebhookToCreate)).rejects.toBeInstanceOf(
        SettingsError,
      );
    }
    expect(await handler.listWebhooks()).toEqual([]);
  });

  add("a project has at most fifty webhooks", async ({ handler }) => {
    for (let at = 0; at < 50; at += 1) await handler.createWebhook(HOOK);
    await expect(handler.createWebhook(HOOK)).rejects.toBeInstanceOf(SettingsError);
    await handler.createWebhook({ ...HOOK, project: "other" });
    expect(await handler.listWebhooks(PROJECT)).toHaveLength(50);
  });

  add("events after its making lead to a turn, which one server has", async ({ handler, open }) => {
    const other = await open();
    await handler.createWebhook({ ...HOOK, project: "nobody" });
    await handler.changeWebhook(
      { project: "nobody", id: (await handler.listWebhooks("nobody"))[0]?.id ?? "" },
      { isDisabled: true },
    );
    await change(handler);
    const made = await handler.createWebhook(HOOK);
    expect(await other.claimWebhooks(CLAIM)).toEqual([]);
    await change(handler);
    const turn = await turnOf(other);
    expect(turn).toMatchObject({ webhook: { id: made.id }, after: made.cursor, sentTo: made.cursor, isReset: false });
    const { events } = await other.events({ after: turn.after, project: PROJECT });
    expect(events).toMatchObject([{ kind: "translated", targetLocale: "fr", cursor: turn.to }]);
    expect(await handler.claimWebhooks(CLAIM)).toEqual([]);

    expect(await other.noteWebhook(turn, done, LEASE_MS)).toMatchObject({
      state: "ok",
      cursor: turn.to,
      deliveredAt: expect.any(Date),
    });
    expect(await handler.claimWebhooks(CLAIM)).toEqual([]);
    expect(await other.noteWebhook(turn, done, LEASE_MS)).toBeUndefined();
  });

  add("a page stays as it is until all of it was taken", async ({ handler, open }) => {
    const other = await open();
    await handler.createWebhook(HOOK);
    await change(handler);
    await change(handler);
    const first = await turnOf(handler);
    const middle = first.to.replace(/\d+$/, String(positionOf(first.to) - 1));
    expect(await handler.noteWebhook(first, { kind: "sent", to: middle }, LEASE_MS)).toMatchObject({ cursor: middle });
    expect(await handler.noteWebhook(first, { kind: "released" }, LEASE_MS)).toMatchObject({ state: "ok" });
    await change(handler);
    const second = await turnOf(other);
    expect(second).toMatchObject({ after: first.after, to: first.to, sentTo: middle });
    await other.noteWebhook(second, done, LEASE_MS);
    const third = await turnOf(handler);
    expect(third).toMatchObject({ after: first.to, sentTo: first.to });
    expect(positionOf(third.to)).toBeGreaterThan(positionOf(first.to));
  });

  add(
    "the turn of a server that died goes to another one, and its late note changes nothing",
    async ({ handler, open }) => {
      const other = await open();
      await handler.createWebhook(HOOK);
      await change(handler);
      const lost = await turnOf(handler, { leaseMs: 50 });
      const taken = await turnOf(other);
      expect(taken).toMatchObject({ after: lost.after, to: lost.to });
      expect(taken.lease).not.toBe(lost.lease);
      expect(await handler.noteWebhook(lost, failed({ disableAfterMs: 0 }), LEASE_MS)).toBeUndefined();
      expect(await handler.listWebhooks()).toMatchObject([{ state: "ok", failures: 0 }]);
      expect(await other.noteWebhook(taken, done, LEASE_MS)).toMatchObject({ state: "ok" });
    },
  );

  add("a failed try is repeated after its time, and a success forgets it", async ({ handler }) => {
    await handler.createWebhook(HOOK);
    await change(handler);
    const first = await turnOf(handler);
    const noted = await handler.noteWebhook(first, failed({ retryMs: 300 }), LEASE_MS);
    expect(noted).toMatchObject({
      ...{ state: "failing", failures: 1, failingSince: expect.any(Date), nextTryAt: expect.any(Date) },
      ...{ lastStatus: 503, lastProblem: "status", cursor: first.after },
    });
    const second = await turnOf(handler);
    expect(Date.now()).toBeGreaterThanOrEqual((noted?.nextTryAt?.getTime() ?? 0) - 50);
    expect(second).toMatchObject({ after: first.after, to: first.to });
    const again = await handler.noteWebhook(second, failed({ status: null, problem: "timeout" }), LEASE_MS);
    expect(again).toMatchObject({
      failures: 2,
      failingSince: noted?.failingSince,
      lastStatus: null,
      lastProblem: "timeout",
    });
    const third = await turnOf(handler);
    expect(await handler.noteWebhook(third, done, LEASE_MS)).toMatchObject({
      ...{ state: "ok", failures: 0, failingSince: null, nextTryAt: null, lastStatus: null, lastProblem: null },
      cursor: first.to,
    });
  });

  add(
    "a webhook that fails for too long, or that is gone, gets nothing until a person enables it",
    async ({ handler }) => {
      await handler.createWebhook(HOOK);
      await change(handler);
      await handler.noteWebhook(await turnOf(handler), failed(), LEASE_MS);
      const long = await turnOf(handler);
      const since = long.webhook.failingSince?.getTime() ?? 0;
      await until(() => Date.now() > since + 10);
      const noted = await handler.noteWebhook(long, failed({ disableAfterMs: 1 }), LEASE_MS);
      expect(noted).toMatchObject({
        state: "disabled",
        disabledBecause: "failing",
        disabledAt: expect.any(Date),
        failures: 2,
      });
      expect(await handler.claimWebhooks(CLAIM)).toEqual([]);

      const name = { project: PROJECT, id: long.webhook.id };
      expect(await handler.changeWebhook(name, { isDisabled: false })).toMatchObject({
        state: "ok",
        failures: 0,
        disabledAt: null,
      });
      const after = await turnOf(handler);
      expect(after).toMatchObject({ after: long.after, to: long.to });
      expect(await handler.noteWebhook(after, failed({ status: 410, disableAfterMs: 0 }), LEASE_MS)).toMatchObject({
        ...{ state: "disabled", disabledBecause: "gone" },
      });
    },
  );

  add("webhooks whose last try failed take no place of the others", async ({ handler }) => {
    await handler.createWebhook(HOOK);
    await handler.createWebhook(HOOK);
    await change(handler);
    let turns: WebhookTurn[] = [];
    await until(async () => {
      turns = await handler.claimWebhooks(CLAIM);
      return turns.length === 2;
    });
    const [bad, good] = turns as [WebhookTurn, WebhookTurn];
    await handler.noteWebhook(bad, failed(), LEASE_MS);
    await handler.noteWebhook(good, { kind: "released" }, LEASE_MS);
    const onlyGood = await handler.claimWebhooks({ ...CLAIM, limit: 1, failingLimit: 0 });
    expect(onlyGood.map(({ webhook }) => webhook.id)).toEqual([good.webhook.id]);
    const onlyBad = await handler.claimWebhooks({ ...CLAIM, limit: 0, failingLimit: 1 });
    expect(onlyBad.map(({ webhook }) => webhook.id)).toEqual([bad.webhook.id]);
  });

  add("a change of a webhook ends the turn of a server", async ({ handler }) => {
    const { id } = await handler.createWebhook(HOOK);
    await change(handler);
    const before = await turnOf(handler);
    await handler.changeWebhook({ project: PROJECT, id }, { targetLocales: ["de"] });
    expect(await handler.noteWebhook(before, done, LEASE_MS)).toBeUndefined();
    expect(await turnOf(handler)).toMatchObject({ after: before.after, webhook: { targetLocales: ["de"] } });
  });

  add("a place in the feed delivers everything after it once more", async ({ handler }) => {
    const made = await handler.createWebhook(HOOK);
    await change(handler);
    const first = await turnOf(handler);
    await handler.noteWebhook(first, done, LEASE_MS);
    const moved = await handler.changeWebhook({ project: PROJECT, id: made.id }, { after: made.cursor });
    expect(moved.cursor).toBe(made.cursor);
    expect(await turnOf(handler)).toMatchObject({ after: made.cursor, to: first.to, sentTo: made.cursor });
  });

  add("a place that the feed does not know any more leads to a turn that says so", async ({ handler }) => {
    const made = await handler.createWebhook(HOOK);
    await change(handler);
    const first = await turnOf(handler);
    await handler.noteWebhook(first, done, LEASE_MS);
    await handler.changeWebhook({ project: PROJECT, id: made.id }, { after: "anotherepoch.3" });
    const reset = await turnOf(handler);
    expect(reset).toMatchObject({ isReset: true, after: first.to, to: first.to });
    await change(handler);
    await handler.noteWebhook(reset, failed(), LEASE_MS);
    expect(await turnOf(handler)).toMatchObject({
      isReset: true,
      to: first.to,
      lease: expect.not.stringMatching(reset.lease),
    });
    const [again] = await handler.listWebhooks();
    expect(again?.state).toBe("failing");
  });

  add("a page of export.changed is fixed before its delay", async ({ handler }) => {
    await handler.createWebhook({ ...HOOK, type: "export.changed" });
    await change(handler);
    const claim = { ...CLAIM, exportDelayMs: 400 };
    const fixed: string[] = [];
    await until(async () => {
      const turns = await handler.claimWebhooks(claim);
      fixed.push(...turns.map(({ to }) => to));
      if (turns.length === 0 && fixed.length === 0) await change(handler);
      return turns.length > 0;
    });
    const { events } = await handler.events({ project: PROJECT });
    // Changes went on until the turn began; those within the delay are not on its page.
    expect(positionOf(fixed[0] ?? "")).toBeLessThan(events.at(-1)?.position ?? 0);
  });
}
