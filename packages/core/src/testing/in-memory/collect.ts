/** Collection of the unused texts of a store in memory. */
import type { CollectOptions, CollectReport } from "../../contract/collect.ts";
import type { Row } from "./row.ts";
import { entriesWhere, type InMemoryTables } from "./tables.ts";

const DAY_MS = 86_400_000;

/** Deletes texts that no request or read has named for the retention, and counts them. A dry run only counts. */
export function collectUnused(
  tables: InMemoryTables,
  { project, retentionDays, eventRetentionDays = 7, dryRun = false, includeApproved = false }: CollectOptions,
): CollectReport {
  const startedAt = tables.clock.now();
  const cutoff = startedAt - retentionDays * DAY_MS;
  const isOthers = (its: { project: string }) => project !== undefined && its.project !== project;
  const uses = tables.uses.all();
  const aged = uses.filter((use) => use.lastSeenAt < cutoff && !isOthers(use));
  const live = uses.filter((use) => use.lastSeenAt >= cutoff || isOthers(use));
  const usedRows = new Set(live.map((use) => `${use.contentNo}/${use.contextNo}/${use.project}`));
  const isKept = ({ key, status }: Row) =>
    isOthers(key) ||
    usedRows.has(`${key.contentNo}/${key.contextNo}/${key.project}`) ||
    (status === "approved" && !includeApproved);
  const rows = [...tables.rows.values()];
  const unused = rows.filter((row) => !isKept(row));
  const kept = rows.filter(isKept);
  const usedContents = new Set([...live.map(({ contentNo }) => contentNo), ...kept.map(({ content }) => content.no)]);
  const usedContexts = new Set([...live.map(({ contextNo }) => contextNo), ...kept.map(({ key }) => key.contextNo)]);
  const contents = entriesWhere(tables.contents, ({ no }) => !usedContents.has(no));
  const contexts = entriesWhere(tables.contexts, ({ no, createdAt }) => createdAt < cutoff && !usedContexts.has(no));
  if (!dryRun) {
    for (const use of aged) tables.uses.remove(use);
    tables.removeRows(unused, "collected");
    for (const [id] of contents) tables.contents.delete(id);
    for (const [id] of contexts) tables.contexts.delete(id);
    if (project === undefined) tables.feed.prune(startedAt - eventRetentionDays * DAY_MS);
    tables.lastCollectionAt = startedAt;
  }
  return {
    dryRun,
    sources: aged.length,
    translations: unused.length,
    contents: contents.length,
    contexts: contexts.length,
  };
}
