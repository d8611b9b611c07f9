-- The present code of a region that was renamed. The table is from CLDR 48, by scripts/generate-locale-tables.ts.
create or replace function trans_hub.region_alias(region text) returns text
language sql immutable strict parallel safe
return ('{"' || replace(replace(
  'AN:CW BU:MM CS:RS CT:KI DD:DE DY:BJ FQ:AQ FX:FR HV:BF JT:UM MI:UM NH:VU NQ:AQ NT:SA PU:UM PZ:PA QU:EU RH:ZW '
  'TP:TL UK:GB VD:VN WK:UM YD:YE YU:RS ZR:CD'
, ':', '":"'), ' ', '","') || '"}')::jsonb ->> region;
