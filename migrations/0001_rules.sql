-- The rules: what a text's identity is made of. The first release: nothing runs beside it.
--
-- Every function here is pure, and the same on every server: none looks at the database's locale or at a setting.
--
-- Each has a twin in packages/core/src that answers before anything is sent; rules.test.ts holds the two equal on
-- PostgreSQL over hard inputs. The SQL is the one that counts. A rule is never edited once released: identities made by
-- the old one are stored.
--
-- What is refused raises one of these (the catalogue's InvalidItemCode for each is in errors.ts):
--
--   TH001  TH_ITEM_SHAPE       not an item, or a field of the wrong type
--   TH002  TH_TEXT_EMPTY       a text of no characters
--   TH003  TH_TEXT_TOO_LONG    a text over the limit
--   TH004  TH_TEXT_CHARACTERS  U+0000 or half a surrogate pair
--   TH005  TH_LOCALE           not a locale
--   TH006  TH_BUSINESS_ID      empty or over 255 bytes
--   TH007  TH_PROJECT          empty or over 255 bytes
--   TH008  TH_CONTEXT          not an object of plain JSON, over 8,192 bytes, or over 32 levels deep
--   TH009  TH_PRIORITY         not interactive, normal or bulk
--   TH010  TH_FORMAT           not a known format
--
-- The message is the problem in words, without the text; "column" is the field where the rule knows it.
--
-- None has a "set search_path", which costs more than most of them do: bodies of one expression have their names bound
-- when they are made, and the others are called with a path of ours, where pg_catalog comes first. Measured on one slow
-- core: content_id 2.4 µs, is_verbatim 2 µs (12 with markup), canonical_json of one note 8 µs, canonical_locale 16 µs.

-- Up Migration

create schema if not exists trans_hub;

-- --- Identity ---

-- The first 16 bytes of SHA-256 over the source locale, a zero byte, and the text, both in UTF-8. Stable, as convert_to is: called
-- immutable, it would not be expanded where it is used, and cost twice as much.
create function trans_hub.content_id(source_locale text, text text) returns uuid
language sql stable strict parallel safe
return encode(
  substr(sha256(convert_to(source_locale, 'UTF8') || '\x00'::bytea || convert_to(text, 'UTF8')), 1, 16), 'hex'
)::uuid;

-- The same over the canonical context (RFC 8785), a zero byte, and the declared format. Null where nothing was said: no
-- context and the format "auto".
create function trans_hub.context_id(canonical text, format text) returns uuid
language sql immutable parallel safe
return case when canonical is not null or format <> 'auto' then encode(
  substr(sha256(convert_to(coalesce(canonical, ''), 'UTF8') || '\x00'::bytea || convert_to(format, 'UTF8')), 1, 16),
  'hex'
)::uuid end;

-- --- Context ---

-- A number as ECMAScript writes it. Read as a double, as JSON.parse does.
create function trans_hub.canonical_number(number numeric) returns text
language plpgsql immutable strict parallel safe
-- The shortest digits that read back as the same double, whatever the session prefers.
set extra_float_digits = 1
as $$
declare
  double double precision;
begin
  -- From half a step above the greatest double on, a number reads as infinite.
  if abs(number) >= 1.797693134862315807e308 then
    raise exception using errcode = 'TH008', column = 'context', message = 'holds a number beyond a double''s range';
  end if;
  -- To half of the smallest double, it reads as zero; the cast would refuse it.
  double := case when abs(number) <= 2.4703282292062327e-324 then 0 else number end;
  if double = trunc(double) then
    if abs(double) > 9007199254740991 then
      raise exception using errcode = 'TH008', column = 'context',
        message = 'holds a whole number beyond 2^53 - 1, which other languages would round',
        hint = 'Send it as a string.';
    end if;
    return double::bigint;
  end if;
  if abs(double) < 1e-6 then
    return replace(double::text, 'e-0', 'e-');
  end if;
  return double::text::numeric; -- from the digits: the direct cast keeps 15 of them
end
$$;

-- A JSON value in the one form that RFC 8785 gives it, "level" containers deep.
create function trans_hub.canonical_json(value jsonb, level integer) returns text
language plpgsql immutable strict parallel safe
as $$
begin
  if level >= 32 and jsonb_typeof(value) in ('object', 'array') then
    raise exception using errcode = 'TH008', column = 'context', message = 'is nested deeper than 32 levels';
  end if;
  case jsonb_typeof(value)
    when 'object' then
      return '{' || coalesce((
        select string_agg(
          to_json(member.key)::text || ':' || case jsonb_typeof(member.value)
            when 'string' then member.value::text
            else trans_hub.canonical_json(member.value, level + 1)
          end,
          ','
          -- By UTF-16 code units, in which a character from U+10000 on begins with a surrogate and so comes before
          -- U+E000 … U+FFFF. UTF-8 has it the other way round, so those get the last character put before them.
          order by case
            when member.key ~ '[\uE000-\uFFFF\U0010FFFF]' then regexp_replace(
              replace(member.key, U&'\+10FFFF', U&'\+10FFFF\0001'), '[\uE000-\uFFFF]', U&'\+10FFFF' || '\&', 'g'
            )
            else member.key
          end collate "C"
        )
        from jsonb_each(value) as member (key, value)
      ), '') || '}';
    when 'array' then
      return '[' || coalesce((
        select string_agg(trans_hub.canonical_json(element.value, level + 1), ',' order by element.place)
        from jsonb_array_elements(value) with ordinality as element (value, place)
      ), '') || ']';
    when 'number' then
      return trans_hub.canonical_number(value::numeric);
    else
      -- PostgreSQL escapes in a string what JSON.stringify escapes, and in the same way.
      return value::text;
  end case;
end
$$;

-- The canonical form of a JSON value: RFC 8785, with numbers that every language reads alike.
create function trans_hub.canonical_json(value jsonb) returns text
language sql immutable strict parallel safe
return trans_hub.canonical_json(value, 0);

-- What a caller gave as context, as an object, or null where it says nothing (null, "" and {}). A string is short for
-- {"note": …}, unless it begins with a brace: then it is the object in JSON.
--
-- Not parallel safe: it catches what the parser raises, and PostgreSQL 14 to 16 take no savepoint in a parallel query.
create function trans_hub.normal_context(value jsonb) returns jsonb
language plpgsql immutable strict parallel unsafe
as $$
declare
  object jsonb := value;
  note text;
begin
  if jsonb_typeof(value) = 'string' then
    note := value #>> '{}';
    if note = '' then
      return null;
    elsif starts_with(note, '{') then
      begin
        object := note::jsonb;
      exception
        when data_exception or program_limit_exceeded then
          raise exception using errcode = 'TH008', column = 'context', message = 'begins with a brace and is not JSON';
      end;
    else
      object := jsonb_build_object('note', note);
    end if;
  end if;
  if jsonb_typeof(object) = 'null' or object = '{}' then
    return null;
  elsif jsonb_typeof(object) <> 'object' then
    raise exception using errcode = 'TH008', column = 'context', message = 'is neither an object nor a string';
  elsif octet_length(trans_hub.canonical_json(object)) > 8192 then
    raise exception using errcode = 'TH008', column = 'context', message = 'is longer than 8,192 bytes';
  end if;
  return object;
end
$$;

-- --- Locales ---

-- The tables, from CLDR 48, by scripts/generate-locale-tables.ts.

create function trans_hub.language_alias(language text) returns text
language sql immutable strict parallel safe
return ('{"' || replace(replace(
  'bh:bho in:id iw:he ji:yi jw:jv mo:ro sh:sr-Latn tl:fil tw:ak aam:aas aar:aa abk:ab adp:dz afr:af agp:apf ais:ami '
  'ajp:apc ajt:aeb aju:jrb aka:ak alb:sq als:sq amh:am ara:ar arb:ar arg:an arm:hy asd:snz asm:as aue:ktz ava:av '
  'ave:ae aym:ay ayr:ay ayx:nun aze:az azj:az bak:ba bam:bm baq:eu baz:nvo bcc:bal bcl:bik bel:be ben:bn bgm:bcg '
  'bhk:fbl bic:bir bih:bho bis:bi bjd:drl bjq:bzc bkb:ebk blg:iba bod:bo bos:bs bre:br btb:beb bul:bg bur:my '
  'bxk:luy bxr:bua cat:ca ccq:rki ces:cs cha:ch che:ce chi:zh chu:cu chv:cv cjr:mom cka:cmr cld:syr cls:sa cmk:xch '
  'cmn:zh cnr:sr-ME cor:kw cos:co coy:pij cqu:quh cre:cr cwd:cr cym:cy cze:cs daf:dnj dan:da dap:njz dek:sqm deu:de '
  'dgo:doi dhd:mwr dik:din diq:zza dit:dif div:dv djl:dze dkl:aqd drh:mn drr:kzk drw:fa-AF dud:uth duj:dwu dut:nl '
  'dwl:dbt dzo:dz ekk:et ell:el elp:amq emk:man eng:en epo:eo esk:ik est:et eus:eu ewe:ee fao:fo fas:fa fat:ak '
  'fij:fj fin:fi fra:fr fre:fr fry:fy fuc:ff ful:ff gav:dev gaz:om gbc:wny gbo:grb geo:ka ger:de gfx:vaj ggn:gvr '
  'ggo:esg ggr:gtu gio:aou gla:gd gle:ga glg:gl gli:kzk glv:gv gno:gon gom:kok gre:el grn:gn gti:nyc gug:gn guj:gu '
  'guv:duz gya:gba hat:ht hau:ha hbs:sr-Latn hdn:hai hea:hmn heb:he her:hz him:srx hin:hi hmo:ho hrr:jal hrv:hr '
  'hun:hu hye:hy ibi:opa ibo:ig ice:is ido:io iii:ii ike:iu iku:iu ile:ie ill:ilm ilw:gal ina:ia ind:id ipk:ik '
  'isl:is ita:it izi:eza jar:jgk jav:jv jaw:jv jeg:oyb jpn:ja kal:kl kan:kn kas:ks kat:ka kau:kr kaz:kk kdv:zkd '
  'kgc:tdf kgd:ncq kgh:kml kgm:plu khk:mn khm:km kik:ki kin:rw kir:ky kmr:ku knc:kr kng:kg koj:kwv kom:kv kon:kg '
  'kor:ko kpp:jkm kpv:kv krm:bmf ktr:dtp kua:kj kur:ku kvs:gdj kwq:yam kxe:tvd kxl:kru kzh:dgl kzj:dtp kzt:dtp '
  'lak:ksp lao:lo lat:la lav:lv lbk:bnc leg:enl lii:raq lim:li lin:ln lit:lt llo:ngt lmm:rmx ltz:lb lub:lu lug:lg '
  'lvs:lv mac:mk mah:mh mal:ml mao:mi mar:mr may:ms meg:cir mgx:jbk mhr:chm mkd:mk mlg:mg mlt:mt mnt:wnn mof:xnt '
  'mol:ro mon:mn mri:mi msa:ms mst:mry mup:raj mwd:dmw mwj:vaj mya:my myd:aog myt:mry nad:xny nau:na nav:nv nbf:nru '
  'nbl:nr nbx:gll ncp:kdz nde:nd ndo:ng nep:ne nld:nl nln:azd nlr:nrk nno:nn nns:nbr nnx:ngv nob:nb nom:cbr noo:dtd '
  'nor:no npi:ne nte:eko nts:pij nxu:bpp nya:ny oci:oc ojg:oj oji:oj ori:or orm:om ory:or oss:os oun:vaj pan:pa '
  'pat:kxr pbu:ps pcr:adx per:fa pes:fa pli:pi plt:mg pmc:huw pmk:crr pmu:phr pnb:lah pol:pl por:pt ppa:bfy ppr:lcq '
  'prp:gu prs:fa-AF pry:prt pus:ps puz:pub que:qu quz:qu rmr:emx rmy:rom roh:rm ron:ro rum:ro run:rn rus:ru sag:sg '
  'san:sa sap:aqt sca:hle scc:sr scr:hr sgl:isk sin:si skk:oyb slk:sk slo:sk slv:sl smd:kmb sme:se smo:sm sna:sn '
  'snb:iba snd:sd som:so sot:st spa:es spy:kln sqi:sq src:sc srd:sc srp:sr ssw:ss sul:sgd sum:ulw sun:su swa:sw '
  'swc:sw-CD swe:sv swh:sw szd:umi tah:ty tam:ta tat:tt tdu:dtp tel:te tgg:bjp tgk:tg tgl:fil tha:th thc:tpo '
  'thw:ola thx:oyb tib:bo tid:itd tie:ras tir:ti tkk:twm tlw:weo tmk:tdg tmp:tyj tne:kak tnf:fa-AF ton:to tpw:tpn '
  'tsf:taj tsn:tn tso:ts ttq:tmh tuk:tk tur:tr twi:ak uig:ug ukr:uk umu:del unp:wro uok:ema urd:ur uzb:uz uzn:uz '
  'ven:ve vie:vi vol:vo wel:cy wgw:wgb wit:nol wiw:nwo wln:wa wol:wo xba:cax xho:xh xia:acn xkh:waw xpe:kpe xrq:dmw '
  'xsj:suj xsl:den xss:zko ybd:rki ydd:yi yen:ynq yid:yi yiy:yrm yma:lrr ymt:mtm yor:yo yos:zom yuu:yug zai:zap '
  'zha:za zho:zh zir:scv zkb:kjh zsm:ms zul:zu zyb:za'
, ':', '":"'), ' ', '","') || '"}')::jsonb ->> language;

create function trans_hub.is_language_2(language text) returns boolean
language sql immutable strict parallel safe
return ('["' || replace(
  'aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en '
  'eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja '
  'jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb '
  'nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq '
  'sr ss st su sv sw ta te tg th ti tk tn to tr ts tt ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu'
, ' ', '","') || '"]')::jsonb ? language;

create function trans_hub.is_language_3(language text) returns boolean
language sql immutable strict parallel safe
return get_bit(decode(
  '/+3d/uf/vwv7//7a9hccV2uWU/j/9/9wvwN//8sFhQDp3/xn7//2d/f///////fjqP+//0w0CnK+33/95vvX///N/1sr9PFwXeefFAcg3+0dKsEh'
  'eK9u39//f/v3f/////973f+/fvdv4///7/+9x7//+b//7f///96///9/79/9/bP++3d////2/e/7//+3///1z///f9///93+/9/fn+/X+ftr7u//'
  '/v/+5zu9/cWtLQDsnIBDJAglQQBQRACAuv/yl7BCRdaTJID3e+UXVlFJDhw3NvPvnelRGGUIAAC8/70/aM12Nz7Hh8+4AYEAMAWAACAAAANAAACS'
  'IND9de/efl4EAAJkjRnBn3MiAAAA3y3OAuXZ875u/c+dFEEEhgDBAPDHZV/WmV637e4BAAIAAAAAVVpHgmUBLFZ7dN9/fwAAAAEEVgMAALAUJ1EW'
  'CgABAAAQEUkAACAQAAAAAAAARAQAEIAFEAAABACAKAQAABCVLRAEFSRTsdS+4o0DAIAAQAAAAAAABBc4AR1BkQCYpwgAAECCAAAABAAAAAIBQABE'
  'AACw/is5AAIAAAAAAAAAAAAgAEAEAAAAAgAAABCDqAQAAAAABCAEpggEAAiBUAAACDEGQAAAAABAAAP1AwAAAAAAAKAbsxMAgAARAAAAAAAAAAAA'
  'AAAA///f7f/ez4KigP/fJu8P5QMQALDFgEUFmQPfuI8D0EiQAQ6Bo5MUyziyf/9s+f/+XwQIAAEgAjxP/A+ADkQAAAS//dvW6Bv0N6MNAAAgenkC'
  'B4QA0P1//gAYBIAAAAAAAIQcAQAAAAAAEEAABAi0/qQMQAAAkQQALABgsCL7d/YcAZ/bagEAAQAAAEAFNbYCIAQABFHi3+k/BQkIBUAAAAAAEAAA'
  'BAAAAAAhAmzjSBQIIMBHgAcAAADMUEAkhUeEQCAQACAAUIgQANis7lA1DABpDgmLIwAAIAVAEAAAAFBAlkDWWIeBRpf7ABAACACAAEBFAAECAAFA'
  'gABCCPjr1znEnRYAAAgEASAg2aIBAAAAEkQAAAQA8IWBEwSAAAFQEEAAAPCQYkzSAgFKAEIEAAgAACDAAIAGAAAAAAAAsNivFQIIAAABAAAAABAB'
  'ABAAAADP1+F9/////993/+/y/33+//ffP+P837/6///a/X//f/7//f////////3v/P/f39x3/9/3/////7777///7/9///7//f/vr///7//L/fr/'
  'f///9Nv/vXutzN7+vJgFLP8H8Pv/fwAIAMN9GwbGcPDvfH9EIjCfex79/Uby/z7f8g6V1//fR4ABAgAgQFEfihkRBhCHUdD7/3dAAwTRWEgAQAAQ'
  'AAIAIAqAezf9vv7////////t/5/+f///7////7fff/f//9t7//x/8+/+7bu9//H7///e3339//f///f//7/7/y//X////3/fV7/ns/9/3//n////'
  '9p7yb/7ve+f//Of9Xv9/m77//v99t30CggTfv///1e+/v/f/4p7n/3f/Vl3F////7//v3v2nfQmjUQbEl9BcL6T/dP0jXUvef/8/IBQAVlHCZLUN'
  '4v//30KFxAUAIgB0aRAABEEAAQYAAAAAAFBgBAQBAAAGESAAGACQ8VVlawaVBkfN2kSde4IAIkAAFUIAAABUgflbEIzJRs/3EhEAIAAAAJAAAAAA'
  'AAoQAAFAAODffb99vkv/t0AUgGGw1R16BAIASS0UIPPp8a7vPwAAAsPgEnyz2bm793z3/9v09W1B9DcQAAEAf9U2kTFdBIbr8De9HQAAAENwQgBA'
  'AAABAxkkCAD//////////////////////////////////////////////////////////////////////////////////////2+951XuE1kIwUAh'
  '+hYBgAAAAADwfi++ACMAIAAACAAAMLXDEAAAAAEgFgABAhCCowFQAAGDEUgAAADw358tEooQfthSAIAgAAAAAEAUAgAEQBBCAGFXnDEAAAABXAIg'
  'AAABAAABAAAAv1b/f///L9/Oz73ZJf/vf0NAAPE56fX3/d/7n/d/YWrxP/8/8670567f0/3f/9V8v1f/C4FQGcz3/e+v1/v8/19XR+9fQBAgdv2f'
  'BIgVB33GHKGC9ed+f/8////11X//vfZd/z9AmAK/4/3jdv5M/t9f0DoVe4j/vv/+9r+393P/e+7f99f96i6Aj8X9/v/Pi/r6/vv9v1d7Rh83+/jb'
  'Rc11FrnqO6AeIAAQAgQkSAQAAEDUBgQAAAQABAAwCQRAAAgAAAAkAAQAEFwY100NVEvxBkTVSAoAAgBAAAgAAADc1+sfWEhBJKAEABACQCIAEAAA'
  'AAAAAAEAAAAAEBC/b5MAAQAAAAAAAABAAC0AAAAAAAACAAAAwIaCAgABAAH+GAIAEvD/eT0AJQAAAAoAAAAAAABAABADAAAAAAABAACDAAAAAAEA'
  'AAAAAAAAAAAAAAD/u//Pfq4REAAAkgFGzNFeAAEAMBQEURABBPY/MgUEAJAAIFR0lD2fccx41UP1V2cEAQAAAAAACHfbG1Rgg2gFEAs4ugEAADAA'
  'JAQAABACMQIBAAAw9OeX1qxQgEACBBAFhAThAQAAAEoRUEBAgAAQYpAAAAJ/qv83AAD0Lr//wM3GTPVCrP+tCwAAwFaMFJuxE33u9qWghwFEGAEZ'
  'TkoIUCgw4IAQICAA////T+4BBoAiQBQBABULPgEAABCQKQUCAADBGyYAAAAQXCXQVIJEUvwALDFUINSDEAAAAAAAAExwEYUAahAAAFB/u8sGACAQ'
  'BDJFEAZEAAASAAAA8G/9fwUCFoEAAAAIABAMAwAAAACDMAIghAARwAMkAAAACcAYBshE8P//fxQBAYRQB/z//w8BAAAQOAEBABJA4XYGCAMQAAAA'
  'AQAAAAAAACQKQIAAAA==',
  'base64'), (ascii(language) - 97) * 676 + (ascii(substr(language, 2)) - 97) * 26 + ascii(substr(language, 3)) - 97
) = 1;

create function trans_hub.is_script(script text) returns boolean
language sql immutable strict parallel safe
return ('["' || replace(
  'Adlm Afak Aghb Ahom Arab Aran Armi Armn Avst Bali Bamu Bass Batk Beng Berf Bhks Blis Bopo Brah Brai Bugi Buhd '
  'Cakm Cans Cari Cham Cher Chrs Cirt Copt Cpmn Cprt Cyrl Cyrs Deva Diak Dogr Dsrt Dupl Egyd Egyh Egyp Elba Elym '
  'Ethi Gara Geok Geor Glag Gong Gonm Goth Gran Grek Gujr Gukh Guru Hanb Hang Hani Hano Hans Hant Hatr Hebr Hira '
  'Hluw Hmng Hmnp Hrkt Hung Inds Ital Jamo Java Jpan Jurc Kali Kana Kawi Khar Khmr Khoj Kits Knda Kore Kpel Krai '
  'Kthi Lana Laoo Latf Latg Latn Lepc Limb Lina Linb Lisu Loma Lyci Lydi Mahj Maka Mand Mani Marc Maya Medf Mend '
  'Merc Mero Mlym Modi Mong Moon Mroo Mtei Mult Mymr Nagm Nand Narb Nbat Newa Nkgb Nkoo Nshu Ogam Olck Onao Orkh '
  'Orya Osge Osma Ougr Palm Pauc Perm Phag Phli Phlp Phlv Phnx Plrd Prti Qaag Rjng Rohg Roro Runr Samr Sara Sarb '
  'Saur Sgnw Shaw Shrd Sidd Sidt Sind Sinh Sogd Sogo Sora Soyo Sund Sunu Sylo Syrc Syre Syrj Syrn Tagb Takr Tale '
  'Talu Taml Tang Tavt Tayo Telu Teng Tfng Tglg Thaa Thai Tibt Tirh Tnsa Todr Tols Toto Tutg Ugar Vaii Visp Vith '
  'Wara Wcho Wole Xpeo Xsux Yezi Yiii Zanb Zinh Zmth Zsye Zsym Zxxx Zyyy Zzzz'
, ' ', '","') || '"]')::jsonb ? script;

create function trans_hub.region_alias(region text) returns text
language sql immutable strict parallel safe
return ('{"' || replace(replace(
  'AN:CW BU:MM CS:RS CT:KI DD:DE DY:BJ FQ:AQ FX:FR HV:BF JT:UM MI:UM NH:VU NQ:AQ NT:SA PU:UM PZ:PA QU:EU RH:ZW '
  'TP:TL UK:GB VD:VN WK:UM YD:YE YU:RS ZR:CD'
, ':', '":"'), ' ', '","') || '"}')::jsonb ->> region;

create function trans_hub.is_region(region text) returns boolean
language sql immutable strict parallel safe
return ('["' || replace(
  'AC AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY '
  'BZ CA CC CD CF CG CH CI CK CL CM CN CO CP CQ CR CU CV CW CX CY CZ DE DG DJ DK DM DO DZ EA EC EE EG EH ER ES ET '
  'EU EZ FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU IC ID IE IL '
  'IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME '
  'MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH '
  'PK PL PM PN PR PS PT PW PY QA QO RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ '
  'TA TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM UN US UY UZ VA VC VE VG VI VN VU WF WS XA XB XK YE '
  'YT ZA ZM ZW 001 002 003 005 009 011 013 014 015 017 018 019 021 029 030 034 035 039 053 054 057 061 142 143 145 '
  '150 151 154 155 202 419'
, ' ', '","') || '"]')::jsonb ? region;

-- A locale in the one spelling we store: zh_cn is zh-CN, iw is he, fra is fr. "und" is let through: a source may be.
--
-- Refused is what is no locale, and of what is one: extensions (-u-, -t-: how dates are written does not change a
-- translation), extended languages (zh-yue is yue) and variants that name a language or region.
create function trans_hub.canonical_locale(locale text) returns text
language plpgsql immutable strict parallel safe
as $$
declare
  part text[] := regexp_match(
    translate(locale, '_', '-'),
    '^([A-Za-z]{2,3})(-[A-Za-z]{4})?(-[A-Za-z]{2}|-[0-9]{3})?((-([A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3}))*)'
      '((-[xX](-[A-Za-z0-9]{1,8})+)?)$'
  );
  -- Case by "C": in a Turkish database, lower('I') is not i.
  language text := lower(part[1] collate "C");
  script text := initcap(substr(part[2], 2) collate "C");
  region text := upper(substr(part[3], 2) collate "C");
  given_variants text[] := string_to_array(lower(substr(part[4], 2) collate "C"), '-');
  variants text[] := '{}';
  private text := lower(part[7] collate "C");
  alias text[] := string_to_array(trans_hub.language_alias(language), '-');
begin
  if cardinality(given_variants) > 0 then
    variants := array(select distinct v collate "C" from unnest(given_variants) as v order by 1);
  end if;
  if alias is not null then
    language := alias[1];
    if length(alias[2]) = 4 then
      script := coalesce(script, alias[2]);
    else
      region := coalesce(region, alias[2]);
    end if;
  end if;
  region := coalesce(trans_hub.region_alias(region), region);
  if language = 'und' and length(locale) = 3 then
    return language;
  elsif length(locale) <= 100
    and (
      length(language) = 2 and trans_hub.is_language_2(language)
      or length(language) = 3 and trans_hub.is_language_3(language)
    )
    and (script is null or trans_hub.is_script(script))
    and (region is null or trans_hub.is_region(region))
    and cardinality(variants) = cardinality(given_variants)
    and not variants && array[
      'aaland', 'arevela', 'arevmda', 'bokmal', 'gaulish', 'guoyu', 'hakka',
      'heploc', 'lojban', 'nynorsk', 'polytoni', 'saaho', 'xiang'
    ]
  then
    return concat_ws('-', language, script, region, nullif(array_to_string(variants, '-'), '')) || private;
  end if;
  -- What is no locale may be anything, somebody's text too.
  raise exception using errcode = 'TH005', message = case
    when locale ~ '^[A-Za-z0-9_-]{1,20}$' then format('"%s" is not a locale we know', locale)
    else 'is not a locale'
  end;
end
$$;

-- --- Nothing to translate ---

-- Whether a letter of any script is in the text. The letters are those of Unicode 17, by
-- scripts/generate-letter-ranges.ts: [[:alpha:]] asks the database's locale, and in locale C knows ASCII only.
create function trans_hub.has_letter(text text) returns boolean
language sql immutable strict parallel safe
return text ~ '[A-Za-z]' or text ~ (
  '['
  '\u0041-\u005a\u0061-\u007a\u00aa\u00b5\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02c1\u02c6-\u02d1\u02e0-\u02e4'
  '\u02ec\u02ee\u0370-\u0374\u0376-\u037d\u037f\u0386\u0388-\u03f5\u03f7-\u0481\u048a-\u0559\u0560-\u0588'
  '\u05d0-\u05f2\u0620-\u064a\u066e-\u066f\u0671-\u06d3\u06d5\u06e5-\u06e6\u06ee-\u06ef\u06fa-\u06fc\u06ff\u0710'
  '\u0712-\u072f\u074d-\u07a5\u07b1\u07ca-\u07ea\u07f4-\u07f5\u07fa\u0800-\u0815\u081a\u0824\u0828\u0840-\u0858'
  '\u0860-\u0887\u0889-\u088f\u08a0-\u08c9\u0904-\u0939\u093d\u0950\u0958-\u0961\u0971-\u0980\u0985-\u09b9\u09bd'
  '\u09ce\u09dc-\u09e1\u09f0-\u09f1\u09fc\u0a05-\u0a39\u0a59-\u0a5e\u0a72-\u0a74\u0a85-\u0ab9\u0abd\u0ad0-\u0ae1'
  '\u0af9\u0b05-\u0b39\u0b3d\u0b5c-\u0b61\u0b71\u0b83-\u0bb9\u0bd0\u0c05-\u0c39\u0c3d\u0c58-\u0c61\u0c80'
  '\u0c85-\u0cb9\u0cbd\u0cdc-\u0ce1\u0cf1-\u0cf2\u0d04-\u0d3a\u0d3d\u0d4e\u0d54-\u0d56\u0d5f-\u0d61\u0d7a-\u0d7f'
  '\u0d85-\u0dc6\u0e01-\u0e30\u0e32-\u0e33\u0e40-\u0e46\u0e81-\u0eb0\u0eb2-\u0eb3\u0ebd-\u0ec6\u0edc-\u0f00'
  '\u0f40-\u0f6c\u0f88-\u0f8c\u1000-\u102a\u103f\u1050-\u1055\u105a-\u105d\u1061\u1065-\u1066\u106e-\u1070'
  '\u1075-\u1081\u108e\u10a0-\u10fa\u10fc-\u135a\u1380-\u138f\u13a0-\u13fd\u1401-\u166c\u166f-\u167f\u1681-\u169a'
  '\u16a0-\u16ea\u16f1-\u1711\u171f-\u1731\u1740-\u1751\u1760-\u1770\u1780-\u17b3\u17d7\u17dc\u1820-\u1884'
  '\u1887-\u18a8\u18aa-\u191e\u1950-\u19c9\u1a00-\u1a16\u1a20-\u1a54\u1aa7\u1b05-\u1b33\u1b45-\u1b4c\u1b83-\u1ba0'
  '\u1bae-\u1baf\u1bba-\u1be5\u1c00-\u1c23\u1c4d-\u1c4f\u1c5a-\u1c7d\u1c80-\u1cbf\u1ce9-\u1cec\u1cee-\u1cf3'
  '\u1cf5-\u1cf6\u1cfa-\u1dbf\u1e00-\u1fbc\u1fbe\u1fc2-\u1fcc\u1fd0-\u1fdb\u1fe0-\u1fec\u1ff2-\u1ffc\u2071\u207f'
  '\u2090-\u209c\u2102\u2107\u210a-\u2113\u2115\u2119-\u211d\u2124\u2126\u2128\u212a-\u212d\u212f-\u2139'
  '\u213c-\u213f\u2145-\u2149\u214e\u2183-\u2184\u2c00-\u2ce4\u2ceb-\u2cee\u2cf2-\u2cf3\u2d00-\u2d6f\u2d80-\u2dde'
  '\u2e2f\u3005-\u3006\u3031-\u3035\u303b-\u303c\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u318e\u31a0-\u31bf'
  '\u31f0-\u31ff\u3400-\u4dbf\u4e00-\ua48c\ua4d0-\ua4fd\ua500-\ua60c\ua610-\ua61f\ua62a-\ua66e\ua67f-\ua69d'
  '\ua6a0-\ua6e5\ua717-\ua71f\ua722-\ua788\ua78b-\ua801\ua803-\ua805\ua807-\ua80a\ua80c-\ua822\ua840-\ua873'
  '\ua882-\ua8b3\ua8f2-\ua8f7\ua8fb\ua8fd-\ua8fe\ua90a-\ua925\ua930-\ua946\ua960-\ua97c\ua984-\ua9b2\ua9cf'
  '\ua9e0-\ua9e4\ua9e6-\ua9ef\ua9fa-\uaa28\uaa40-\uaa42\uaa44-\uaa4b\uaa60-\uaa76\uaa7a\uaa7e-\uaaaf\uaab1'
  '\uaab5-\uaab6\uaab9-\uaabd\uaac0\uaac2-\uaadd\uaae0-\uaaea\uaaf2-\uaaf4\uab01-\uab5a\uab5c-\uab69\uab70-\uabe2'
  '\uac00-\ud7fb\uf900-\ufb1d\ufb1f-\ufb28\ufb2a-\ufbb1\ufbd3-\ufd3d\ufd50-\ufd8f\ufd92-\ufdc7\ufdf0-\ufdfb'
  '\ufe70-\ufefc\uff21-\uff3a\uff41-\uff5a\uff66-\uffdc\U00010000-\U000100fa\U00010280-\U000102d0'
  '\U00010300-\U0001031f\U0001032d-\U00010340\U00010342-\U00010349\U00010350-\U00010375\U00010380-\U0001039d'
  '\U000103a0-\U000103cf\U00010400-\U0001049d\U000104b0-\U00010563\U00010570-\U00010855\U00010860-\U00010876'
  '\U00010880-\U0001089e\U000108e0-\U000108f5\U00010900-\U00010915\U00010920-\U00010939\U00010940-\U000109b7'
  '\U000109be-\U000109bf\U00010a00\U00010a10-\U00010a35\U00010a60-\U00010a7c\U00010a80-\U00010a9c'
  '\U00010ac0-\U00010ac7\U00010ac9-\U00010ae4\U00010b00-\U00010b35\U00010b40-\U00010b55\U00010b60-\U00010b72'
  '\U00010b80-\U00010b91\U00010c00-\U00010cf2\U00010d00-\U00010d23\U00010d4a-\U00010d65\U00010d6f-\U00010d85'
  '\U00010e80-\U00010ea9\U00010eb0-\U00010ec7\U00010f00-\U00010f1c\U00010f27-\U00010f45\U00010f70-\U00010f81'
  '\U00010fb0-\U00010fc4\U00010fe0-\U00010ff6\U00011003-\U00011037\U00011071-\U00011072\U00011075'
  '\U00011083-\U000110af\U000110d0-\U000110e8\U00011103-\U00011126\U00011144\U00011147-\U00011172\U00011176'
  '\U00011183-\U000111b2\U000111c1-\U000111c4\U000111da\U000111dc\U00011200-\U0001122b\U0001123f-\U00011240'
  '\U00011280-\U000112a8\U000112b0-\U000112de\U00011305-\U00011339\U0001133d\U00011350\U0001135d-\U00011361'
  '\U00011380-\U000113b7\U000113d1\U000113d3\U00011400-\U00011434\U00011447-\U0001144a\U0001145f-\U000114af'
  '\U000114c4-\U000114c5\U000114c7\U00011580-\U000115ae\U000115d8-\U000115db\U00011600-\U0001162f\U00011644'
  '\U00011680-\U000116aa\U000116b8\U00011700-\U0001171a\U00011740-\U0001182b\U000118a0-\U000118df'
  '\U000118ff-\U0001192f\U0001193f\U00011941\U000119a0-\U000119d0\U000119e1\U000119e3\U00011a00'
  '\U00011a0b-\U00011a32\U00011a3a\U00011a50\U00011a5c-\U00011a89\U00011a9d\U00011ab0-\U00011af8'
  '\U00011bc0-\U00011be0\U00011c00-\U00011c2e\U00011c40\U00011c72-\U00011c8f\U00011d00-\U00011d30\U00011d46'
  '\U00011d60-\U00011d89\U00011d98\U00011db0-\U00011ddb\U00011ee0-\U00011ef2\U00011f02\U00011f04-\U00011f33'
  '\U00011fb0\U00012000-\U00012399\U00012480-\U00012ff0\U00013000-\U0001342f\U00013441-\U00013446'
  '\U00013460-\U0001611d\U00016800-\U00016a5e\U00016a70-\U00016abe\U00016ad0-\U00016aed\U00016b00-\U00016b2f'
  '\U00016b40-\U00016b43\U00016b63-\U00016d6c\U00016e40-\U00016e7f\U00016ea0-\U00016f4a\U00016f50'
  '\U00016f93-\U00016fe1\U00016fe3\U00016ff2-\U00016ff3\U00017000-\U0001bc99\U0001d400-\U0001d6c0'
  '\U0001d6c2-\U0001d6da\U0001d6dc-\U0001d6fa\U0001d6fc-\U0001d714\U0001d716-\U0001d734\U0001d736-\U0001d74e'
  '\U0001d750-\U0001d76e\U0001d770-\U0001d788\U0001d78a-\U0001d7a8\U0001d7aa-\U0001d7c2\U0001d7c4-\U0001d7cb'
  '\U0001df00-\U0001df2a\U0001e030-\U0001e06d\U0001e100-\U0001e12c\U0001e137-\U0001e13d\U0001e14e'
  '\U0001e290-\U0001e2ad\U0001e2c0-\U0001e2eb\U0001e4d0-\U0001e4eb\U0001e5d0-\U0001e5ed\U0001e5f0'
  '\U0001e6c0-\U0001e6e2\U0001e6e4-\U0001e6e5\U0001e6e7-\U0001e6ed\U0001e6f0-\U0001e6f4\U0001e6fe-\U0001e8c4'
  '\U0001e900-\U0001e943\U0001e94b\U0001ee00-\U0001eebb\U00020000-\U00033479'
  ']'
);

-- Whether the text is to be kept as it is: no letter is left once markup, placeholders, URLs and addresses are gone.
-- The steps are VERBATIM_STEPS of packages/core/src/text/verbatim.ts, in their order.
create function trans_hub.is_verbatim(text text) returns boolean
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

-- Down Migration
drop function trans_hub.is_verbatim(text), trans_hub.has_letter(text), trans_hub.canonical_locale(text),
  trans_hub.is_region(text), trans_hub.region_alias(text), trans_hub.is_script(text), trans_hub.is_language_3(text),
  trans_hub.is_language_2(text), trans_hub.language_alias(text), trans_hub.normal_context(jsonb),
  trans_hub.canonical_json(jsonb), trans_hub.canonical_json(jsonb, integer), trans_hub.canonical_number(numeric),
  trans_hub.context_id(text, text), trans_hub.content_id(text, text);
