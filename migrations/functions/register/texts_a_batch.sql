-- How many texts of this length go into a batch: batch_size where they fit, else the greatest power of two that fits. By powers
-- of two, texts of about one length share a batch.
create or replace function trans_hub.texts_a_batch(bytes integer, batch_size integer, batch_bytes integer) returns integer
language sql immutable
return case
  when bytes::bigint * batch_size <= batch_bytes then batch_size
  else 1 << (length(ltrim(greatest(1, batch_bytes / bytes)::bit(32)::text, '0')) - 1)
end;
