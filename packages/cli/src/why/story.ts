/** The story of a translation as lines for people. */
import type { Translation, Why, WhySection } from "@trans-hub/core";
import type { CostSection } from "./cost.ts";

export interface Story {
  translation: Why["translation"];
  sections: readonly (WhySection | CostSection)[];
}

export function storyOf({ translation, sections }: Story): string[] {
  return [...headOf(translation), ...sections.flatMap(linesOf)];
}

function headOf({ id, sourceText, sourceLocale, targetLocale, text, status, revision, flags }: Translation): string[] {
  return [
    `source (${sourceLocale}): ${sourceText}`,
    `text (${targetLocale}): ${text ?? "none yet"}`,
    `status: ${status}${id === null ? "" : `, revision ${revision}, id ${id}`}`,
    ...(flags.length > 0 ? [`stored with the warnings: ${flags.join(", ")}`] : []),
  ];
}

function linesOf(section: WhySection | CostSection): string[] {
  switch (section.kind) {
    case "origin":
      return originOf(section);
    case "uses":
      return section.uses.map(useOf);
    case "checks":
      return checksOf(section);
    case "memory":
      return section.pairs.map(({ source, target, origin }) => `memory (${origin}): ${source} → ${target}`);
    case "history":
      return [
        ...section.entries.map(entryOf),
        ...(section.hasMore ? ["history: there are older entries; see `review history`"] : []),
      ];
    case "failure":
      return [
        `failed: ${section.code} ${section.message} (${attempts(section.attempts.length)}, dead letter ${section.id})`,
        ...section.attempts.map(({ at, engine, code }) => `  ${at} ${engine ?? "no engine"}: ${code}`),
      ];
    case "work":
      return [`waits: ${workOf(section)}`];
    case "registration":
      return ["waits: for a worker to register it"];
    case "cost":
      return [costLine(section)];
  }
}

type Part<Kind extends WhySection["kind"]> = Extract<WhySection, { kind: Kind }>;

function originOf({ by, engine, model, approvedBy, changedAt }: Part<"origin">): string[] {
  const made = {
    engine: `made by the engine ${engine ?? "?"}${model === null ? "" : `, model ${model}`}`,
    person: "made by a person",
    nobody: "made by nobody yet",
  }[by];
  return [
    `${made}${changedAt === null ? "" : `; last changed ${changedAt.toISOString()}`}`,
    ...(approvedBy === null ? [] : [`approved by ${approvedBy}`]),
  ];
}

function useOf({ businessId, isCurrent, lastSeenAt, hint }: Part<"uses">["uses"][number]): string {
  const name = businessId === "" ? "used by its text" : `used as ${businessId}`;
  const past = isCurrent ? "" : " in the past: the id means another text by now";
  const said = hint === null ? "" : `; hint ${JSON.stringify(hint)}`;
  return `${name}${past}, last seen ${lastSeenAt.toISOString()}${said}`;
}

function checksOf({ blocked, warnings, format }: Part<"checks">): string[] {
  if (blocked.length + warnings.length === 0) return [`checks of today: in order (format ${format})`];
  return [
    ...blocked.map(({ check, message }) => `check of today fails: ${check}: ${message}`),
    ...warnings.map(({ check, message }) => `check of today warns: ${check}: ${message}`),
  ];
}

function entryOf({
  at,
  by,
  engine,
  action,
  textBefore,
  textAfter,
  note,
  undoneBy,
}: Part<"history">["entries"][number]): string {
  const who = by ?? (action === "replace" ? engine : null);
  const change = textBefore === textAfter ? "" : `: ${textBefore ?? "no text"} → ${textAfter ?? "no text"}`;
  return `${at.toISOString()} ${action}${who === null ? "" : ` by ${who}`}${change}${note === null ? "" : ` (${note})`}${undoneBy === null ? "" : ", undone"}`;
}

function workOf({ isRunning, attempt, since, notBefore, waitsFor, isPostponed, priority }: Part<"work">): string {
  const queued = `with priority ${priority} since ${since.toISOString()}${attempt === 0 ? "" : `, after ${attempts(attempt)}`}`;
  if (isRunning) return `a worker has it, ${queued}`;
  if (waitsFor !== null) return `${WAITS[waitsFor]}, ${queued}`;
  if (notBefore.getTime() <= Date.now()) return `for a worker, ${queued}`;
  const until = notBefore.toISOString();
  return isPostponed ? `for an engine that gets no calls, until ${until}, ${queued}` : `until ${until}, ${queued}`;
}

const WAITS = {
  pause: "for the end of a pause",
  budget: "for an amount in the budget",
  price: "for a price of its engine",
} as const;

function attempts(count: number): string {
  return count === 1 ? "1 attempt" : `${count} attempts`;
}

function costLine({ average, currency, calls, items, cost, engine, unconfirmed }: CostSection): string {
  const open = unconfirmed === "0" ? "" : `, and at most ${unconfirmed} more`;
  return `cost: ${average} ${currency} on the average of the ${items} texts in ${calls} calls of ${engine}, ${cost} in all${open}`;
}
