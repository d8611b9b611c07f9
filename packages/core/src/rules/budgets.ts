/** Checks of budgets and of confirmed costs, as a caller gives them. */
import type { Budget, BudgetToSet, UsageConfirmation } from "../contract/budget.ts";
import { SettingsError } from "../contract/errors.ts";
import { parseAmount } from "./money.ts";
import { parseName } from "./name.ts";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** @throws {SettingsError} A part is missing, or is none. */
export function checkBudget(given: BudgetToSet): BudgetToSet {
  const problems: { key: string; problem: string }[] = [];
  if (given.per !== "day" && given.per !== "month") problems.push({ key: "per", problem: "must be day or month" });
  problems.push(...amountProblems(given.amount));
  if (typeof given.currency !== "string" || !/^[A-Z]{3}$/.test(given.currency)) {
    problems.push({ key: "currency", problem: "must be three letters such as USD" });
  }
  if (given.by !== undefined && (typeof given.by !== "string" || Buffer.byteLength(given.by) > 255)) {
    problems.push({ key: "by", problem: "must be a name of at most 255 bytes" });
  }
  if (problems.length > 0) throw new SettingsError(problems);
  return { ...given, project: parseName(given.project, "project", "TH_PROJECT") };
}

/**
 * Every call must fit into both budgets of its project, and no amount is converted.
 *
 * @throws {SettingsError} The project's other budget is in another currency.
 */
export function checkSameCurrency(budget: BudgetToSet, all: readonly Budget[]): void {
  const { project, per, currency } = budget;
  const other = all.find((each) => each.project === project && each.per !== per && each.currency !== currency);
  if (other === undefined) return;
  const problem = `must be ${other.currency}, as in the project's budget per ${other.per}`;
  throw new SettingsError([{ key: "currency", problem }], {
    hint: `To change the currency, remove the other budget first: trans-hub budget remove --project ${project} --per ${other.per}`,
  });
}

/** @throws {SettingsError} A part is none. */
export function checkBudgetName({ project, per }: Pick<BudgetToSet, "project" | "per">) {
  if (per !== "day" && per !== "month") throw new SettingsError([{ key: "per", problem: "must be day or month" }]);
  return { project: parseName(project, "project", "TH_PROJECT"), per };
}

/** @throws {SettingsError} It names no call and no period, or both, or a part is none. */
export function checkConfirmation(given: UsageConfirmation): UsageConfirmation {
  const { callId, period, amount } = given;
  const problems = amountProblems(amount);
  if ((callId === undefined) === (period === undefined)) {
    problems.push({ key: "callId", problem: "must be given, or else a period; not both" });
  }
  if (callId !== undefined && !UUID.test(callId))
    problems.push({ key: "callId", problem: "must be the UUID of a call" });
  if (period !== undefined && !isDay(period.day)) {
    problems.push({ key: "period.day", problem: "must be a day such as 2026-11-29" });
  }
  if (problems.length > 0) throw new SettingsError(problems);
  return given;
}

function amountProblems(amount: unknown): { key: string; problem: string }[] {
  if (typeof amount === "string" && parseAmount(amount) !== undefined) return [];
  return [{ key: "amount", problem: "must be a decimal number such as 2.50, at least 0, with at most 12 decimals" }];
}

function isDay(text: unknown): boolean {
  if (typeof text !== "string" || !/^\d{4}-\d\d-\d\d$/.test(text)) return false;
  const time = Date.parse(text);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}
