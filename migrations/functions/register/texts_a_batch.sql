-- How many texts as long as this one go into a batch. A power of two where it is not as many as may, the greatest that fits: texts of
-- about one length share a batch.
create or replace function trans_hub.texts_a_batch(bytes integer, batch_size integer, batch_bytes integer) returns integer
language sql immutable
return case
  when bytes::bigint * batch_size <= batch_bytes then batch_size
  else 1 << (length(ltrim(greatest(1, batch_bytes / bytes)::bit(32)::text, '0')) - 1)
end;
