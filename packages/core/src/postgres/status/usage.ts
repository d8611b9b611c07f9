/** The accounts of engine calls on PostgreSQL. */
import { z } from "zod";
import { USAGE_GROUPS, type UsageQuery, type UsageReport } from "../../contract/usage.ts";
import { usageReport } from "../../rules/usage-report.ts";
import { type Database, rows, statement } from "../database/statement.ts";

const Sum = z.coerce.number();
const Group = z.string().nullable();

/**
 * Sums calls by the groups of which $1 to $6 are true, and by currency. It reads the table from end to end: there is a row a
 * call, a fiftieth of the texts, and an index by time would be written with each settlement.
 */
const usageSums = statement({
  name: "status.usage",
  row: z.object({
    engine: Group,
    model: Group,
    locale: Group,
    project: Group,
    day: Group,
    tag: Group,
    currency: z.string().nullable(),
    calls: Sum,
    items: Sum,
    input_tokens: Sum,
    output_tokens: Sum,
    cached_tokens: Sum,
    characters: Sum,
    unpriced: Sum,
    cost: z.string().nullable(),
    unconfirmed: z.string(),
  }),
  text: `
    select
      case when $1::boolean then u.engine end as engine,
      case when $2::boolean then u.model end as model,
      case when $3::boolean then u.target_locale end as locale,
      case when $4::boolean then u.project end as project,
      case when $5::boolean then to_char(u.called_at at time zone 'UTC', 'YYYY-MM-DD') end as day,
      case when $6::boolean then u.tag end as tag,
      case when u.cost is not null then u.currency end as currency,
      count(*) as calls, sum(u.items) as items, sum(u.input_tokens) as input_tokens, sum(u.output_tokens) as output_tokens,
      sum(u.cached_tokens) as cached_tokens, sum(u.characters) as characters,
      count(*) filter (where u.cost is null) as unpriced,
      sum(u.cost)::text as cost, sum(u.unconfirmed)::text as unconfirmed
    from trans_hub.usage as u
    where ($7::text is null or u.project = $7)
      and ($8::timestamptz is null or u.called_at >= $8)
      and ($9::timestamptz is null or u.called_at < $9)
    group by 1, 2, 3, 4, 5, 6, 7
    order by 1, 2, 3, 4, 5, 6, 7`,
});

export async function readUsage(db: Database, { by = [], project, from, to }: UsageQuery): Promise<UsageReport> {
  const asked = USAGE_GROUPS.map((group) => by.includes(group));
  return usageReport(by, await rows(db, usageSums, [...asked, project ?? null, from ?? null, to ?? null]));
}
