-- The right to call this function is the right to review in every locale: a worker and a server have it, a reviewer has not
-- (may_review).
create or replace function trans_hub.review_every_locale() returns void
language sql immutable
return null;
