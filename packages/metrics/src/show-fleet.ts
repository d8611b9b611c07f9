import type { BudgetStatus, FleetMeasure } from "@trans-hub/core/store";
import type { FLEET_METRICS } from "./catalogue.ts";
import { LabelCap, MOST_VALUES, OTHER } from "./label-cap.ts";
import type { Made } from "./make.ts";

const STATES = ["ready", "running", "scheduled", "paused", "over_budget"] as const;
const BUDGET_STATES = ["ok", "near", "paused"] as const;
const WEBHOOK_STATES = ["ok", "failing", "disabled"] as const;
const PRIORITIES = ["interactive", "normal", "bulk"] as const;
const PAUSE_KINDS = ["everything", "engine", "project", "locale"] as const;

/** Sets the gauges to the last look; without a look they have no series. */
export function showFleet(metrics: Made<typeof FLEET_METRICS>, fleet: FleetMeasure | undefined): void {
  for (const metric of Object.values(metrics)) metric.reset();
  if (fleet === undefined) {
    // reset() gives a metric without labels the value 0.
    for (const metric of [
      metrics.oldestReady,
      metrics.inbox,
      metrics.deadLetters,
      metrics.unsequencedEvents,
      metrics.memoryUnits,
      metrics.workers,
      metrics.budgetUsed,
      metrics.budgetUnconfirmed,
      metrics.lastCollection,
      metrics.webhookFailing,
      metrics.webhookLag,
    ]) {
      metric.remove();
    }
    return;
  }
  showBacklog(metrics, fleet);
  metrics.oldestReady.set(fleet.oldestReadySeconds);
  metrics.inbox.set(fleet.inbox);
  const codes = new LabelCap();
  for (const [code, items] of Object.entries(fleet.refused)) metrics.inboxRefused.inc({ code: codes.of(code) }, items);
  metrics.deadLetters.set(fleet.deadLetters);
  metrics.unsequencedEvents.set(fleet.unsequencedEvents);
  metrics.memoryUnits.set(fleet.memoryUnits);
  metrics.stored.set({ status: "translated" }, fleet.translated);
  metrics.stored.set({ status: "approved" }, fleet.approved);
  metrics.workers.set(fleet.workers);
  for (const kind of PAUSE_KINDS) metrics.pauses.set({ kind }, fleet.pauses[kind] ?? 0);
  for (const { engine, circuit, pausedUntil, faultySince } of fleet.engines) {
    metrics.circuitOpen.set({ engine }, circuit === "closed" || faultySince !== null ? 0 : 1);
    const outageMs = faultySince === null ? 0 : Math.max(0, Date.now() - faultySince.getTime());
    metrics.outage.set({ engine }, outageMs / 1_000);
    metrics.enginePaused.set({ engine }, pausedUntil === null ? 0 : 1);
  }
  showBudgets(metrics, fleet);
  for (const state of WEBHOOK_STATES) metrics.webhooks.set({ state }, fleet.webhooks[state]);
  metrics.webhookFailing.set(fleet.webhookFailingSeconds);
  metrics.webhookLag.set(fleet.webhookLagSeconds);
  metrics.lastCollection.set((fleet.lastCollectionAt?.getTime() ?? 0) / 1_000);
}

/** Without the projects: their number has no bound. */
function showBudgets(metrics: Made<typeof FLEET_METRICS>, { budgets }: FleetMeasure): void {
  for (const state of BUDGET_STATES) {
    metrics.budgets.set({ state }, budgets.filter((budget) => budget.state === state).length);
  }
  const parts = (used: (budget: BudgetStatus) => number) =>
    Math.max(0, ...budgets.map((budget) => (Number(budget.amount) === 0 ? 0 : used(budget) / Number(budget.amount))));
  metrics.budgetUsed.set(parts(({ spent, held }) => Number(spent) + Number(held)));
  metrics.budgetUnconfirmed.set(parts(({ unconfirmed }) => Number(unconfirmed)));
}

function showBacklog(metrics: Made<typeof FLEET_METRICS>, { backlog }: FleetMeasure): void {
  // Present from the start, so that an alert rule finds 0 for a state without texts.
  for (const state of STATES) for (const priority of PRIORITIES) metrics.backlog.set({ state, priority }, 0);
  const byLocale = new Map<string, number>();
  for (const { state, priority, targetLocale, texts } of backlog) {
    metrics.backlog.inc({ state, priority }, texts);
    byLocale.set(targetLocale, (byLocale.get(targetLocale) ?? 0) + texts);
  }
  const most = [...byLocale].sort(([, one], [, other]) => other - one);
  for (const [at, [locale, texts]] of most.entries()) {
    metrics.backlogByLocale.inc({ locale: at < MOST_VALUES ? locale : OTHER }, texts);
  }
}
