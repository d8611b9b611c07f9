-- The row of a translation after an act of a person. `undone` is the act that an undo takes back.
create or replace function trans_hub.reviewed_row(
  t trans_hub.translation, kind text, given_text text, person text, is_to_hide boolean, undone trans_hub.review_act
) returns trans_hub.translation
language plpgsql stable
set search_path = pg_catalog, trans_hub, pg_temp
as $$
begin
  t.revision := t.revision + 1;
  t.updated_at := now();
  -- A row that waits again is wanted, whatever its first request said.
  t.expires_at := null;
  case kind
    when 'approve' then
      t.status := 'approved';
      t.approved_by := person;
      -- The person has looked, also where the text stays as it is.
      t.quality_flags := null;
      if given_text is not null then
        t.text := given_text;
        t.engine := 'human';
        t.model := null;
      end if;
    when 'reject' then
      t.status := 'pending';
      t.approved_by := null;
      if is_to_hide then
        t.text := null;
        t.engine := null;
        t.model := null;
        t.quality_flags := null;
      end if;
    when 'reopen' then
      t.status := 'translated';
      t.approved_by := null;
    when 'undo' then
      t.status := undone.status_before;
      t.text := undone.text_before;
      t.engine := undone.engine_before;
      t.model := undone.model_before;
      t.quality_flags := undone.flags_before;
      t.approved_by := undone.approved_by_before;
  end case;
  -- As work that a person waits for.
  if t.status = 'pending' then
    t.priority := -1;
  end if;
  return t;
end
$$;
