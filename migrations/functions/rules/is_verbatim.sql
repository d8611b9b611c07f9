-- Whether the text is kept as it is: without markup, placeholders, URLs and addresses it has no letter.
-- The steps are VERBATIM_STEPS of packages/core/src/text/verbatim.ts, in their order.
create or replace function trans_hub.is_verbatim(text text) returns boolean
language plpgsql immutable strict parallel safe
as $$
declare
  rest text := text;
begin
  -- Every step needs one of these characters, and most texts have none.
  if text !~ '[<:@&$%{]' or not trans_hub.has_letter(text) then
    return not trans_hub.has_letter(text);
  end if;
  -- scripts and styles
  rest := regexp_replace(rest, $re$<(script|style)[^<>]*>[^<]*</(script|style)[ \t\r\n]*>$re$, ' ', 'g');
  -- comments
  rest := regexp_replace(rest, $re$<!--[^-]*(-[^-]+)*-->$re$, ' ', 'g');
  -- tags without attributes
  rest := regexp_replace(rest, $re$</?[A-Za-z0-9][A-Za-z0-9:._-]*[ \t\r\n]*/?>$re$, ' ', 'g');
  -- tags with attributes
  rest := regexp_replace(rest, $re$<[A-Za-z0-9][A-Za-z0-9:._-]*[ \t\r\n](?![^<>]*(alt|title|placeholder|aria-label)=)[^<>=]*=[^<>]*>$re$, ' ', 'g');
  -- URLs
  rest := regexp_replace(rest, $re$[A-Za-z][A-Za-z0-9+.-]{1,15}://[!#-;=?-~\u00c0-\u024f]+$re$, ' ', 'g');
  -- e-mail addresses
  rest := regexp_replace(rest, $re$(^|[ \t\r\n<>(){}\[\],;:"'/|])[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$re$, ' ', 'g');
  -- HTML entities
  rest := regexp_replace(rest, $re$&(#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});$re$, ' ', 'g');
  -- nested i18next keys
  rest := regexp_replace(rest, $re$\$t\([^()]*\)$re$, ' ', 'g');
  -- prefixed placeholders
  rest := regexp_replace(rest, $re$[$%#]\{[^{}]*\}$re$, ' ', 'g');
  -- placeholders in braces
  rest := regexp_replace(rest, $re$\{[ \t\r\n]*([^{} \t\r\n"',:(]+[ \t\r\n]*)?(,[ \t\r\n]*[A-Za-z0-9-]+[ \t\r\n]*([,:][^{}]*)?|[:(][^{}]*)?\}$re$, ' ', 'g');
  -- placeholders in double braces
  rest := regexp_replace(rest, $re$\{\{[^{}]*\}\}$re$, ' ', 'g');
  -- template statements
  rest := regexp_replace(rest, $re$\{%[^{}]*%\}$re$, ' ', 'g');
  -- named conversions
  rest := regexp_replace(rest, $re$%\([^() \t\r\n]*\)[-#0+]{0,5}[0-9]{0,9}(\.[0-9]{1,9})?[diouxXeEfFgGcrs]$re$, ' ', 'g');
  -- key references
  rest := regexp_replace(rest, $re$\[%[^%\[\]]*%\]$re$, ' ', 'g');
  -- names between percent signs
  rest := regexp_replace(rest, $re$%[A-Za-z_][A-Za-z0-9_.]{2,63}%$re$, ' ', 'g');
  -- printf conversions
  rest := regexp_replace(rest, $re$%([0-9]{1,3}\$)?[-#0+]{0,5}([0-9]{0,9}|\*)(\.([0-9]{0,9}|\*))?(hh|h|ll|l|L|q|j|z|t)?[diouxXeEfFgGcCsSpn@]$re$, ' ', 'g');
  return not trans_hub.has_letter(rest);
end
$$;
