-- The rejected items of a call, with those added that would go over the bound of the backlog.
create or replace function trans_hub.with_full_backlog(rejected jsonb, good_indexes integer[], refused boolean[]) returns jsonb
language sql immutable
return rejected || coalesce(
  (
    select jsonb_agg(
      jsonb_build_object('index', g.index, 'code', 'TH_BACKLOG_FULL', 'message', 'the backlog is full: try again later')
      order by g.index
    )
    from unnest(good_indexes, refused) as g (index, is_refused)
    where g.is_refused
  ),
  '[]'
);
