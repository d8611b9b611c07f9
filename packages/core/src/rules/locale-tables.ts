/**
 * What the rules of locales know. Made by `scripts/generate-locale-tables.ts`, which says why it is frozen; the same
 * tables stand in `migrations/functions/rules`.
 */

/** The version of CLDR they were taken from. */
export const CLDR = "48.0";

/** Codes that are written otherwise: `old:new`. */
export const LANGUAGE_ALIASES =
  "bh:bho in:id iw:he ji:yi jw:jv mo:ro sh:sr-Latn tl:fil tw:ak aam:aas aar:aa abk:ab adp:dz afr:af agp:apf ais:ami " +
  "ajp:apc ajt:aeb aju:jrb aka:ak alb:sq als:sq amh:am ara:ar arb:ar arg:an arm:hy asd:snz asm:as aue:ktz ava:av " +
  "ave:ae aym:ay ayr:ay ayx:nun aze:az azj:az bak:ba bam:bm baq:eu baz:nvo bcc:bal bcl:bik bel:be ben:bn bgm:bcg " +
  "bhk:fbl bic:bir bih:bho bis:bi bjd:drl bjq:bzc bkb:ebk blg:iba bod:bo bos:bs bre:br btb:beb bul:bg bur:my " +
  "bxk:luy bxr:bua cat:ca ccq:rki ces:cs cha:ch che:ce chi:zh chu:cu chv:cv cjr:mom cka:cmr cld:syr cls:sa cmk:xch " +
  "cmn:zh cnr:sr-ME cor:kw cos:co coy:pij cqu:quh cre:cr cwd:cr cym:cy cze:cs daf:dnj dan:da dap:njz dek:sqm deu:de " +
  "dgo:doi dhd:mwr dik:din diq:zza dit:dif div:dv djl:dze dkl:aqd drh:mn drr:kzk drw:fa-AF dud:uth duj:dwu dut:nl " +
  "dwl:dbt dzo:dz ekk:et ell:el elp:amq emk:man eng:en epo:eo esk:ik est:et eus:eu ewe:ee fao:fo fas:fa fat:ak " +
  "fij:fj fin:fi fra:fr fre:fr fry:fy fuc:ff ful:ff gav:dev gaz:om gbc:wny gbo:grb geo:ka ger:de gfx:vaj ggn:gvr " +
  "ggo:esg ggr:gtu gio:aou gla:gd gle:ga glg:gl gli:kzk glv:gv gno:gon gom:kok gre:el grn:gn gti:nyc gug:gn guj:gu " +
  "guv:duz gya:gba hat:ht hau:ha hbs:sr-Latn hdn:hai hea:hmn heb:he her:hz him:srx hin:hi hmo:ho hrr:jal hrv:hr " +
  "hun:hu hye:hy ibi:opa ibo:ig ice:is ido:io iii:ii ike:iu iku:iu ile:ie ill:ilm ilw:gal ina:ia ind:id ipk:ik " +
  "isl:is ita:it izi:eza jar:jgk jav:jv jaw:jv jeg:oyb jpn:ja kal:kl kan:kn kas:ks kat:ka kau:kr kaz:kk kdv:zkd " +
  "kgc:tdf kgd:ncq kgh:kml kgm:plu khk:mn khm:km kik:ki kin:rw kir:ky kmr:ku knc:kr kng:kg koj:kwv kom:kv kon:kg " +
  "kor:ko kpp:jkm kpv:kv krm:bmf ktr:dtp kua:kj kur:ku kvs:gdj kwq:yam kxe:tvd kxl:kru kzh:dgl kzj:dtp kzt:dtp " +
  "lak:ksp lao:lo lat:la lav:lv lbk:bnc leg:enl lii:raq lim:li lin:ln lit:lt llo:ngt lmm:rmx ltz:lb lub:lu lug:lg " +
  "lvs:lv mac:mk mah:mh mal:ml mao:mi mar:mr may:ms meg:cir mgx:jbk mhr:chm mkd:mk mlg:mg mlt:mt mnt:wnn mof:xnt " +
  "mol:ro mon:mn mri:mi msa:ms mst:mry mup:raj mwd:dmw mwj:vaj mya:my myd:aog myt:mry nad:xny nau:na nav:nv nbf:nru " +
  "nbl:nr nbx:gll ncp:kdz nde:nd ndo:ng nep:ne nld:nl nln:azd nlr:nrk nno:nn nns:nbr nnx:ngv nob:nb nom:cbr noo:dtd " +
  "nor:no npi:ne nte:eko nts:pij nxu:bpp nya:ny oci:oc ojg:oj oji:oj ori:or orm:om ory:or oss:os oun:vaj pan:pa " +
  "pat:kxr pbu:ps pcr:adx per:fa pes:fa pli:pi plt:mg pmc:huw pmk:crr pmu:phr pnb:lah pol:pl por:pt ppa:bfy ppr:lcq " +
  "prp:gu prs:fa-AF pry:prt pus:ps puz:pub que:qu quz:qu rmr:emx rmy:rom roh:rm ron:ro rum:ro run:rn rus:ru sag:sg " +
  "san:sa sap:aqt sca:hle scc:sr scr:hr sgl:isk sin:si skk:oyb slk:sk slo:sk slv:sl smd:kmb sme:se smo:sm sna:sn " +
  "snb:iba snd:sd som:so sot:st spa:es spy:kln sqi:sq src:sc srd:sc srp:sr ssw:ss sul:sgd sum:ulw sun:su swa:sw " +
  "swc:sw-CD swe:sv swh:sw szd:umi tah:ty tam:ta tat:tt tdu:dtp tel:te tgg:bjp tgk:tg tgl:fil tha:th thc:tpo " +
  "thw:ola thx:oyb tib:bo tid:itd tie:ras tir:ti tkk:twm tlw:weo tmk:tdg tmp:tyj tne:kak tnf:fa-AF ton:to tpw:tpn " +
  "tsf:taj tsn:tn tso:ts ttq:tmh tuk:tk tur:tr twi:ak uig:ug ukr:uk umu:del unp:wro uok:ema urd:ur uzb:uz uzn:uz " +
  "ven:ve vie:vi vol:vo wel:cy wgw:wgb wit:nol wiw:nwo wln:wa wol:wo xba:cax xho:xh xia:acn xkh:waw xpe:kpe xrq:dmw " +
  "xsj:suj xsl:den xss:zko ybd:rki ydd:yi yen:ynq yid:yi yiy:yrm yma:lrr ymt:mtm yor:yo yos:zom yuu:yug zai:zap " +
  "zha:za zho:zh zir:scv zkb:kjh zsm:ms zul:zu zyb:za";

/** Two-letter codes (ISO 639-1). */
export const LANGUAGES_2 =
  "aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en " +
  "eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja " +
  "jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb " +
  "nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq " +
  "sr ss st su sv sw ta te tg th ti tk tn to tr ts tt ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu";

/** Three-letter codes: one bit for each of aaa…zzz, least significant first, in base64. */
export const LANGUAGES_3 =
  "/+3d/uf/vwv7//7a9hccV2uWU/j/9/9wvwN//8sFhQDp3/xn7//2d/f///////fjqP+//0w0CnK+33/95vvX///N/1sr9PFwXeefFAcg3+0dKsEh" +
  "eK9u39//f/v3f/////973f+/fvdv4///7/+9x7//+b//7f///96///9/79/9/bP++3d////2/e/7//+3///1z///f9///93+/9/fn+/X+ftr7u//" +
  "/v/+5zu9/cWtLQDsnIBDJAglQQBQRACAuv/yl7BCRdaTJID3e+UXVlFJDhw3NvPvnelRGGUIAAC8/70/aM12Nz7Hh8+4AYEAMAWAACAAAANAAACS" +
  "IND9de/efl4EAAJkjRnBn3MiAAAA3y3OAuXZ875u/c+dFEEEhgDBAPDHZV/WmV637e4BAAIAAAAAVVpHgmUBLFZ7dN9/fwAAAAEEVgMAALAUJ1EW" +
  "CgABAAAQEUkAACAQAAAAAAAARAQAEIAFEAAABACAKAQAABCVLRAEFSRTsdS+4o0DAIAAQAAAAAAABBc4AR1BkQCYpwgAAECCAAAABAAAAAIBQABE" +
  "AACw/is5AAIAAAAAAAAAAAAgAEAEAAAAAgAAABCDqAQAAAAABCAEpggEAAiBUAAACDEGQAAAAABAAAP1AwAAAAAAAKAbsxMAgAARAAAAAAAAAAAA" +
  "AAAA///f7f/ez4KigP/fJu8P5QMQALDFgEUFmQPfuI8D0EiQAQ6Bo5MUyziyf/9s+f/+XwQIAAEgAjxP/A+ADkQAAAS//dvW6Bv0N6MNAAAgenkC" +
  "B4QA0P1//gAYBIAAAAAAAIQcAQAAAAAAEEAABAi0/qQMQAAAkQQALABgsCL7d/YcAZ/bagEAAQAAAEAFNbYCIAQABFHi3+k/BQkIBUAAAAAAEAAA" +
  "BAAAAAAhAmzjSBQIIMBHgAcAAADMUEAkhUeEQCAQACAAUIgQANis7lA1DABpDgmLIwAAIAVAEAAAAFBAlkDWWIeBRpf7ABAACACAAEBFAAECAAFA" +
  "gABCCPjr1znEnRYAAAgEASAg2aIBAAAAEkQAAAQA8IWBEwSAAAFQEEAAAPCQYkzSAgFKAEIEAAgAACDAAIAGAAAAAAAAsNivFQIIAAABAAAAABAB" +
  "ABAAAADP1+F9/////993/+/y/33+//ffP+P837/6///a/X//f/7//f////////3v/P/f39x3/9/3/////7777///7/9///7//f/vr///7//L/fr/" +
  "f///9Nv/vXutzN7+vJgFLP8H8Pv/fwAIAMN9GwbGcPDvfH9EIjCfex79/Uby/z7f8g6V1//fR4ABAgAgQFEfihkRBhCHUdD7/3dAAwTRWEgAQAAQ" +
  "AAIAIAqAezf9vv7////////t/5/+f///7////7fff/f//9t7//x/8+/+7bu9//H7///e3339//f///f//7/7/y//X////3/fV7/ns/9/3//n////" +
  "9p7yb/7ve+f//Of9Xv9/m77//v99t30CggTfv///1e+/v/f/4p7n/3f/Vl3F////7//v3v2nfQmjUQbEl9BcL6T/dP0jXUvef/8/IBQAVlHCZLUN" +
  "4v//30KFxAUAIgB0aRAABEEAAQYAAAAAAFBgBAQBAAAGESAAGACQ8VVlawaVBkfN2kSde4IAIkAAFUIAAABUgflbEIzJRs/3EhEAIAAAAJAAAAAA" +
  "AAoQAAFAAODffb99vkv/t0AUgGGw1R16BAIASS0UIPPp8a7vPwAAAsPgEnyz2bm793z3/9v09W1B9DcQAAEAf9U2kTFdBIbr8De9HQAAAENwQgBA" +
  "AAABAxkkCAD//////////////////////////////////////////////////////////////////////////////////////2+951XuE1kIwUAh" +
  "+hYBgAAAAADwfi++ACMAIAAACAAAMLXDEAAAAAEgFgABAhCCowFQAAGDEUgAAADw358tEooQfthSAIAgAAAAAEAUAgAEQBBCAGFXnDEAAAABXAIg" +
  "AAABAAABAAAAv1b/f///L9/Oz73ZJf/vf0NAAPE56fX3/d/7n/d/YWrxP/8/8670567f0/3f/9V8v1f/C4FQGcz3/e+v1/v8/19XR+9fQBAgdv2f" +
  "BIgVB33GHKGC9ed+f/8////11X//vfZd/z9AmAK/4/3jdv5M/t9f0DoVe4j/vv/+9r+393P/e+7f99f96i6Aj8X9/v/Pi/r6/vv9v1d7Rh83+/jb" +
  "Rc11FrnqO6AeIAAQAgQkSAQAAEDUBgQAAAQABAAwCQRAAAgAAAAkAAQAEFwY100NVEvxBkTVSAoAAgBAAAgAAADc1+sfWEhBJKAEABACQCIAEAAA" +
  "AAAAAAEAAAAAEBC/b5MAAQAAAAAAAABAAC0AAAAAAAACAAAAwIaCAgABAAH+GAIAEvD/eT0AJQAAAAoAAAAAAABAABADAAAAAAABAACDAAAAAAEA" +
  "AAAAAAAAAAAAAAD/u//Pfq4REAAAkgFGzNFeAAEAMBQEURABBPY/MgUEAJAAIFR0lD2fccx41UP1V2cEAQAAAAAACHfbG1Rgg2gFEAs4ugEAADAA" +
  "JAQAABACMQIBAAAw9OeX1qxQgEACBBAFhAThAQAAAEoRUEBAgAAQYpAAAAJ/qv83AAD0Lr//wM3GTPVCrP+tCwAAwFaMFJuxE33u9qWghwFEGAEZ" +
  "TkoIUCgw4IAQICAA////T+4BBoAiQBQBABULPgEAABCQKQUCAADBGyYAAAAQXCXQVIJEUvwALDFUINSDEAAAAAAAAExwEYUAahAAAFB/u8sGACAQ" +
  "BDJFEAZEAAASAAAA8G/9fwUCFoEAAAAIABAMAwAAAACDMAIghAARwAMkAAAACcAYBshE8P//fxQBAYRQB/z//w8BAAAQOAEBABJA4XYGCAMQAAAA" +
  "AQAAAAAAACQKQIAAAA==";

/** Scripts (ISO 15924). */
export const SCRIPTS =
  "Adlm Afak Aghb Ahom Arab Aran Armi Armn Avst Bali Bamu Bass Batk Beng Berf Bhks Blis Bopo Brah Brai Bugi Buhd " +
  "Cakm Cans Cari Cham Cher Chrs Cirt Copt Cpmn Cprt Cyrl Cyrs Deva Diak Dogr Dsrt Dupl Egyd Egyh Egyp Elba Elym " +
  "Ethi Gara Geok Geor Glag Gong Gonm Goth Gran Grek Gujr Gukh Guru Hanb Hang Hani Hano Hans Hant Hatr Hebr Hira " +
  "Hluw Hmng Hmnp Hrkt Hung Inds Ital Jamo Java Jpan Jurc Kali Kana Kawi Khar Khmr Khoj Kits Knda Kore Kpel Krai " +
  "Kthi Lana Laoo Latf Latg Latn Lepc Limb Lina Linb Lisu Loma Lyci Lydi Mahj Maka Mand Mani Marc Maya Medf Mend " +
  "Merc Mero Mlym Modi Mong Moon Mroo Mtei Mult Mymr Nagm Nand Narb Nbat Newa Nkgb Nkoo Nshu Ogam Olck Onao Orkh " +
  "Orya Osge Osma Ougr Palm Pauc Perm Phag Phli Phlp Phlv Phnx Plrd Prti Qaag Rjng Rohg Roro Runr Samr Sara Sarb " +
  "Saur Sgnw Shaw Shrd Sidd Sidt Sind Sinh Sogd Sogo Sora Soyo Sund Sunu Sylo Syrc Syre Syrj Syrn Tagb Takr Tale " +
  "Talu Taml Tang Tavt Tayo Telu Teng Tfng Tglg Thaa Thai Tibt Tirh Tnsa Todr Tols Toto Tutg Ugar Vaii Visp Vith " +
  "Wara Wcho Wole Xpeo Xsux Yezi Yiii Zanb Zinh Zmth Zsye Zsym Zxxx Zyyy Zzzz";

/** Regions that are written otherwise: `old:new`. */
export const REGION_ALIASES =
  "AN:CW BU:MM CS:RS CT:KI DD:DE DY:BJ FQ:AQ FX:FR HV:BF JT:UM MI:UM NH:VU NQ:AQ NT:SA PU:UM PZ:PA QU:EU RH:ZW " +
  "TP:TL UK:GB VD:VN WK:UM YD:YE YU:RS ZR:CD";

/** Regions (ISO 3166-1, UN M.49; XA and XB are the pseudo-locales'). */
export const REGIONS =
  "AC AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY " +
  "BZ CA CC CD CF CG CH CI CK CL CM CN CO CP CQ CR CU CV CW CX CY CZ DE DG DJ DK DM DO DZ EA EC EE EG EH ER ES ET " +
  "EU EZ FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU IC ID IE IL " +
  "IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME " +
  "MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH " +
  "PK PL PM PN PR PS PT PW PY QA QO RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ " +
  "TA TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM UN US UY UZ VA VC VE VG VI VN VU WF WS XA XB XK YE " +
  "YT ZA ZM ZW 001 002 003 005 009 011 013 014 015 017 018 019 021 029 030 034 035 039 053 054 057 061 142 143 145 " +
  "150 151 154 155 202 419";

/** Variants that name a language or region. */
export const REFUSED_VARIANTS =
  "aaland arevela arevmda bokmal gaulish guoyu hakka heploc lojban nynorsk polytoni saaho xiang";
