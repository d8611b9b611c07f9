import { expect, test } from "vitest";
import { formPlace } from "./form-place.ts";

const place = (text: string, key: string, line: number) =>
  formPlace({ bytes: Buffer.from(text) }, key, { line, column: 3 });

test.for<[text: string, key: string, line: number, expected: string]>([
  ["a:\n  files:\n    one: another one\n    few: b\n    other: c\n", "files[other]", 3, "5:5"],
  [
    '<plurals name="a">\r\n<item quantity="one">other</item>\r\n  <item quantity="other">b</item>',
    "a[other]",
    1,
    "3:9",
  ],
  ['msgid "other"\nmsgid_plural "msgstr[1]"\nmsgstr[0] "a"\nmsgstr[1] ""\n"b"', "x[1]", 3, "4:1"],
  ["<dict>\n<key>one</key>\n<string>a</string>\n<key>other</key>", "x[other]", 1, "4:1"],
  ['{"a": {"one": "b", "other": "c"}}', "a[other]", 1, "1:21"],
  ['{\n"mail_one": "a",\n"mail_other": "b"}', "shop.mail_other", 2, "3:2"],
  ["one: a\n", "files[few]", 1, "1:3"],
])("in %j, the form %s of the family on line %d is at %s", ([text, key, line, expected]) => {
  const { line: found, column } = place(text, key, line);
  expect(`${found}:${column}`).toBe(expected);
});
