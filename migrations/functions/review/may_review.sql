-- Whether the role of this session may review in a target locale: it may in each, or reviewer_locale names the locale, or '*', for
-- it or for a role that it is a member of.
--
-- In a function with the definer's rights current_user is the definer. The setting `role` has the role that the session has SET,
-- which PostgreSQL lets it do to roles alone that it is a member of.
create or replace function trans_hub.may_review(of_target_locale text) returns boolean
language plpgsql stable
set search_path = pg_catalog, trans_hub, pg_temp
as $$
declare
  acting name := coalesce(nullif(current_setting('role', true), 'none'), session_user);
begin
  if has_function_privilege(acting, 'trans_hub.review_every_locale()', 'execute') then
    return true;
  end if;
  return exists (
    select from reviewer_locale as l
    join pg_roles as r on r.rolname = l.role_name
    where l.target_locale in (of_target_locale, '*') and pg_has_role(acting, r.oid, 'usage')
  );
end
$$;
