/** The statements that find batches without a live job. */
import { z } from "zod";
import { statement } from "../../database/statement.ts";

/**
 * One reconciliation at a time, so that each sees the jobs that the one before made. Of two at once, the second would give
 * a job to a batch whose first job is being worked by then, and an engine would be sent its texts twice. For the first
 * statement of a transaction.
 *
 * This mode conflicts with itself, and with no lock that a role without rights can hold on the table (docs/adr/0030).
 */
export const lockReconciling = statement({
  name: "batch.lock_reconciling",
  row: z.object({}),
  text: "lock table trans_hub.reconciling in share update exclusive mode",
});

/** Gives a job to every batch that has none: its job was deleted by hand, or its worker died between two commits. */
export const reconcile = statement({
  name: "batch.reconcile",
  row: z.object({ reconciled: z.coerce.number() }),
  text: `
    with lost as materialized (
      select b.batch_id, b.target_locale, b.priority, b.project, b.run_at
      from trans_hub.batch as b
      -- "offset 0" keeps this a look-up by key. As a join that was planned while the queue was empty, it reads all jobs for each
      -- batch (6 s for 4,000 batches, and four times as long for twice as many).
      where not exists (
        select from graphile_worker.jobs as j where j.key = b.batch_id::text and j.attempts < j.max_attempts offset 0
      )
      order by b.batch_id
    ), jobs as materialized (
      select trans_hub.add_batch_jobs(
        array_agg(l.batch_id), array_agg(l.project), array_agg(l.target_locale), array_agg(l.priority), array_agg(l.run_at)
      )
      from lost as l
      having count(*) > 0
    )
    select (select count(*) from lost) as reconciled from (select count(*) from jobs) as done`,
});
