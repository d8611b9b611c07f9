-- Says that a function was called in another isolation level than read committed. Functions that lock rows and then look again
-- begin with
--
--   if current_setting('transaction_isolation') <> 'read committed' then
--     perform refuse_isolation('name');
--   end if;
--
-- In the other levels the second look would see the first one's snapshot: a collection would delete a text that a request was told
-- exists. The condition costs 0.6 µs; as a call of this function it would cost twice as much.
create or replace function trans_hub.refuse_isolation(called text) returns void
language plpgsql volatile
as $$
begin
  raise exception using
    errcode = 'TH020',
    message = format(
      'trans_hub.%s works in read committed only; this transaction is %s', called, current_setting('transaction_isolation')
    ),
    hint = 'TH_ISOLATION: begin the transaction with "isolation level read committed". '
      'In any level, trans_hub.enqueue takes items and trans_hub.get_translations reads.';
end
$$;
