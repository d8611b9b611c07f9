import { expect, test } from "vitest";
import { familiesOf } from "./families.ts";

/** `pattern < base: token, token` */
function shown(paths: readonly string[]): string[] {
  return familiesOf(paths).map(({ pattern, base, members }) => {
    const source = base === undefined ? "" : ` < ${base}`;
    return `${pattern ?? "all in one"}${source}: ${members.map(({ token }) => token).join(" ")}`;
  });
}

test.for<[project: string, paths: string[], expected: string[]]>([
  [
    "i18next",
    ["public/locales/en/common.json", "public/locales/fr/common.json", "public/locales/en/cart.json", "package.json"],
    ["public/locales/{locale}/cart.json: en", "public/locales/{locale}/common.json: en fr"],
  ],
  [
    "next-intl",
    ["messages/en.json", "messages/pt-BR.json", "tsconfig.json", "src/data/users.json"],
    ["messages/{locale}.json: en pt-BR"],
  ],
  [
    "Rails",
    ["config/locales/en.yml", "config/locales/fr.yml", "config/locales/devise.en.yml", "config/locales/devise.fr.yml", "config/database.yml"],
    ["config/locales/{locale}.yml: en fr", "config/locales/devise.{locale}.yml: en fr"],
  ],
  [
    "Android",
    [
      "app/src/main/res/values/strings.xml", "app/src/main/res/values-zh-rCN/strings.xml", "app/src/main/res/values-b+sr+Latn/strings.xml",
      "app/src/main/res/values-night/strings.xml", "app/src/main/res/values-v21/strings.xml", "app/src/main/res/layout/main.xml",
    ],
    ["app/src/main/res/values-{locale}/strings.xml < app/src/main/res/values/strings.xml: b+sr+Latn zh-rCN"],
  ],
  [
    "iOS",
    ["App/en.lproj/Localizable.strings", "App/zh-Hans.lproj/Localizable.strings", "App/Base.lproj/Main.strings", "App/fr.lproj/Main.strings"],
    ["App/{locale}.lproj/Localizable.strings: en zh-Hans", "App/{locale}.lproj/Main.strings < App/Base.lproj/Main.strings: fr"],
  ],
  ["a string catalog", ["App/Localizable.xcstrings"], ["all in one < App/Localizable.xcstrings: "]],
  [
    "tables",
    ["assets/translations.csv", "i18n/shop.tsv", "data/fr.csv"],
    ["all in one < assets/translations.csv: ", "all in one < i18n/shop.tsv: "],
  ],
  [
    "Flutter",
    ["lib/l10n/app_en.arb", "lib/l10n/app_pt_BR.arb", "lib/l10n/app_zh_Hans_CN.arb"],
    ["lib/l10n/app_{locale}.arb: en pt_BR zh_Hans_CN"],
  ],
  [
    "Angular",
    ["src/locale/messages.xlf", "src/locale/messages.fr.xlf", "angular.json"],
    ["src/locale/messages.{locale}.xlf < src/locale/messages.xlf: fr"],
  ],
  [
    "Django",
    ["locale/fr/LC_MESSAGES/django.po", "locale/sr@latin/LC_MESSAGES/django.po", "locale/django.pot", "locale/djangojs.pot"],
    [
      "locale/{locale}/LC_MESSAGES/django.po < locale/django.pot: fr sr@latin",
      "locale/{locale}/LC_MESSAGES/djangojs.po < locale/djangojs.pot: ",
    ],
  ],
  [
    "WordPress",
    ["languages/shop.pot", "languages/shop-fr_FR.po", "languages/shop-de_DE.po"],
    ["languages/shop-{locale}.po < languages/shop.pot: de_DE fr_FR"],
  ],
  ["GNOME", ["po/app.pot", "po/fr.po", "po/pt_BR.po"], ["po/{locale}.po < po/app.pot: fr pt_BR"]],
  [
    "Laravel",
    ["lang/en/auth.php", "lang/fr/auth.php", "lang/vendor/shop/en/cart.php", "lang/vendor/shop/fr/cart.php", "config/app.php"],
    ["lang/{locale}/auth.php: en fr", "lang/vendor/shop/{locale}/cart.php: en fr"],
  ],
  [
    "Symfony",
    ["translations/messages+intl-icu.en.yaml", "translations/messages+intl-icu.fr.yaml"],
    ["translations/messages+intl-icu.{locale}.yaml: en fr"],
  ],
  [
    "Java",
    ["src/main/resources/messages.properties", "src/main/resources/messages_zh_CN.properties", "gradle.properties"],
    ["src/main/resources/messages_{locale}.properties < src/main/resources/messages.properties: zh_CN"],
  ],
  [
    ".NET",
    ["Shop/Resources.resx", "Shop/Resources.fr.resx", "Shop/Form1.resx"],
    ["Shop/Resources.{locale}.resx < Shop/Resources.resx: fr"],
  ],
  ["Hugo", ["i18n/en.toml", "i18n/fr.toml", "config.toml"], ["i18n/{locale}.toml: en fr"]],
  ["Chrome", ["_locales/en/messages.json", "_locales/pt_BR/messages.json"], ["_locales/{locale}/messages.json: en pt_BR"]],
  ["Fluent", ["locales/en-US/app.ftl", "locales/fr/app.ftl"], ["locales/{locale}/app.ftl: en-US fr"]],
  [
    "a monorepo",
    ["packages/a/locales/en.json", "packages/a/locales/fr.json", "packages/b/locales/en.json", "packages/b/locales/fr.json"],
    ["packages/a/locales/{locale}.json: en fr", "packages/b/locales/{locale}.json: en fr"],
  ],
  ["a locale that is said twice", ["i18n/en/shop.en.json", "i18n/fr/shop.fr.json"], ["i18n/{locale}/shop.{locale}.json: en fr"]],
  ["codes of countries beside locales", ["i18n/en.json", "i18n/cn.json", "i18n/jp.json"], ["i18n/{locale}.json: en jp cn"]],
  ["one file for the source alone", ["locales/en.json", "messages.xlf"], ["locales/{locale}.json: en", "messages.{locale}.xlf < messages.xlf: "]],
  [
    "names of files that are codes of languages",
    ["src/app/data.json", "src/lib/data.json", "src/in/a.json", "pages/sign-in.json", "pages/sign-up.json", "cn.json", "jp.json"],
    [],
  ],
  ["files of tools", ["packages/it/package.json", "packages/en/package.json", "apps/de/tsconfig.json", "apps/en/tsconfig.json"], []],
])("the families of %s", ([, paths, expected]) => {
  expect(shown(paths)).toEqual(expected);
  expect(shown(paths.toReversed())).toEqual(expected);
}); // biome-ignore format: a table
