/** The statements that ask which work there is, without claiming any. */
import { z } from "zod";
import { statement } from "../../database/statement.ts";

/**
 * Whether work for these locales (null: any) and this project (null: any) is ready, or waits for its time. Parked batches do
 * not count, also those with a time: a budget's next period may be a month away. A row of the inbox that was behind a lock waits for the end of the lock.
 */
export const workLeft = statement({
  name: "batch.work_left",
  row: z.object({ is_ready: z.boolean(), is_left: z.boolean(), retrying: z.coerce.number() }),
  text: `
    with lane as (
      select b.run_at, b.attempt, b.waits_for, cardinality(b.content_nos) as items
      from trans_hub.batch as b
      where ($1::text[] is null or b.target_locale = any ($1)) and ($2::text is null or b.project = $2)
    )
    select
      exists (select from lane where run_at <= now())
        or exists (select from trans_hub.inbox where refused is null and tries = 0 and run_at <= now()) as is_ready,
      exists (select from lane where waits_for is null or run_at <= now()) or exists (select from trans_hub.inbox where refused is null) as is_left,
      (select coalesce(sum(items), 0) from lane where attempt > 0) as retrying`,
});

/**
 * The projects that have batches, one step through the index for each, because a project may have many batches. It takes the
 * batches of all locales: a flag too many costs nothing.
 */
export const listProjects = statement({
  name: "batch.list_projects",
  row: z.object({ project: z.string() }),
  text: `
    with recursive known as (
      select min(b.project) as project from trans_hub.batch as b
      union all
      select (select min(b.project) from trans_hub.batch as b where b.project > k.project)
      from known as k
      where k.project is not null
    )
    select k.project from known as k where k.project is not null`,
});
