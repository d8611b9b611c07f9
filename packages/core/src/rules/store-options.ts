/** The options of a store's methods that run for long or remove a lot. Every store checks them alike. */
import type { CollectOptions } from "../contract/collect.ts";
import type { WorkOptions } from "../contract/work.ts";
import { optionKinds as kinds, optionCheck } from "./options.ts";

const MOST_RETENTION_DAYS = 36_500;

/** @throws {SettingsError} Names every option at fault. */
export const checkWorkOptions = optionCheck<WorkOptions>("work", {
  locales: kinds.targetLocales,
  project: kinds.project,
  until: kinds.required(kinds.oneOf("ready", "empty", "stopped")),
  concurrency: kinds.required(kinds.whole(1, 10_000)),
  maxItems: kinds.required(kinds.whole(1, 1_000_000)),
  signal: kinds.signal,
  drainMs: kinds.millisecondsOrNone,
  lifetimeSeconds: kinds.decimal(0, 31_536_000),
  limit: kinds.whole(0, Number.MAX_SAFE_INTEGER),
  upkeep: kinds.parts({
    gcCron: kinds.required(kinds.text),
    retentionDays: kinds.required(kinds.decimal(0, MOST_RETENTION_DAYS)),
    eventRetentionDays: kinds.decimal(0, MOST_RETENTION_DAYS),
  }),
  observer: kinds.someMethods(
    "an observer",
    "settled",
    "ready",
    "fault",
    "jobFailed",
    "refused",
    "collected",
    "rescued",
  ),
});

/** @throws {SettingsError} Names every option at fault. */
export const checkCollectOptions = optionCheck<CollectOptions>("collect", {
  project: kinds.project,
  retentionDays: kinds.required(kinds.decimal(0, MOST_RETENTION_DAYS)),
  eventRetentionDays: kinds.decimal(0, MOST_RETENTION_DAYS),
  dryRun: kinds.flag,
  includeApproved: kinds.flag,
  signal: kinds.signal,
});
