-- Whether an item in the inbox is to be forgotten: it has this business id, or one with this prefix, or it is this text. The
-- defaults hold none of these: see append_to_inbox.
create or replace function trans_hub.is_to_forget(
  item jsonb, defaults jsonb,
  of_project text, of_business_id text, id_prefix text, of_text text, of_content_id uuid, in_context uuid, in_every_context boolean
) returns boolean
language plpgsql stable
set search_path = pg_catalog, trans_hub, pg_temp
as $$
begin
  if coalesce(item ->> 'project', defaults ->> 'project', 'default') <> of_project then
    return false;
  elsif of_business_id is not null then
    return coalesce(item ->> 'businessId', '') = of_business_id;
  elsif id_prefix is not null then
    return starts_with(coalesce(item ->> 'businessId', ''), id_prefix);
  elsif coalesce(item ->> 'text', '') <> of_text then
    return false;
  end if;
  begin
    return content_id(canonical_locale(coalesce(item ->> 'sourceLocale', defaults ->> 'sourceLocale', 'und')), of_text) = of_content_id
      and (
        in_every_context
        or context_id(
          canonical_json(normal_context(nullif(item -> 'context', 'null'))),
          coalesce(item ->> 'format', defaults ->> 'format', 'auto')
        ) is not distinct from in_context
      );
  exception when others then
    -- The item was refused, and is kept for a person to look at. Its identity cannot be computed, and its text is this one.
    return true;
  end;
end
$$;
