-- The receipt of admitted items, widened to all items of the call: a refused item has no rows.
create or replace function trans_hub.receipt_with_refused(receipt trans_hub.register_receipt, refused boolean[])
returns trans_hub.register_receipt
language plpgsql immutable
as $$
begin
  select
    array_agg(case when i.is_refused then 0 else coalesce(receipt.registered[i.place], 0) end order by i.ord),
    case when receipt.existing is not null then
      array_agg(case when i.is_refused then 0 else receipt.existing[i.place] end order by i.ord) end,
    case when receipt.failed is not null then
      array_agg(case when i.is_refused then 0 else receipt.failed[i.place] end order by i.ord) end
  into receipt.registered, receipt.existing, receipt.failed
  from (
    select r.is_refused, r.ord, count(*) filter (where not r.is_refused) over (order by r.ord) as place
    from unnest(refused) with ordinality as r (is_refused, ord)
  ) as i;
  receipt.refused := refused;
  return receipt;
end
$$;
