-- What is wrong with values that are_hints refuses, in words and without the value.
create or replace function trans_hub.hint_problem() returns text
language sql immutable
return 'must be an object of strings and numbers of at most 4,096 bytes; note and key are strings, and maxLength is a whole number from 1 to 1000000';
