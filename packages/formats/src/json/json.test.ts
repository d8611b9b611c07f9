import { formatConformance } from "../testing/conformance.ts";
import { chromeJson, formatjsJson, json } from "./json.ts";

formatConformance(json, [
  {
    name: "nested, two spaces",
    content: `{
  "$schema": "./schema.json",
  "@@locale": "en",
  "title": "Welcome to the \\"shop\\"",
  "cart": {
    "pay": "Pay {{amount}}",
    "a.b": "dotted",
    "deep": { "x": "one line", "y": "caf\\u00e9" },
    "item_one": "{{count}} item",
    "item_other": "{{count}} items",
    "place_ordinal_one": "{{count}}st",
    "place_ordinal_other": "{{count}}th"
  },
  "empty": "",
  "number": 1.50,
  "big": 12345678901234567890,
  "flag": true,
  "nothing": null,
  "none": {},
  "@title": { "description": "The head of the page" },
  "last": "End"
}
`,
  },
  { name: "one line", content: '{"a": "Alpha", "b": {"c": "Gamma", "d": "Delta"}, "e": ["x", "y"]}' },
  { name: "minified", content: '{"a":"Alpha","b":{"c":"Gamma"},"10":"ten","2":"two","__proto__":"p"}' },
  {
    name: "byte order mark, CRLF, tabs, no line end at the end",
    content: '\uFEFF{\r\n\t"a": "Home",\r\n\t"b": {\r\n\t\t"c": "Away\\r\\n"\r\n\t}\r\n}',
  },
  {
    name: "remarks and last commas",
    content: `// the shop
{
  // shown at the top
  "a": "Home", // short
  /* two
     lines */
  "b": {
    "c": "Away",
  },
  "list": [
    "one", // first
    "two",
  ],
}
`,
  },
  {
    name: "escapes",
    content: '{"a": "Caf\\u00e9 \\u2013 \\ud83d\\ude00", "b": "<a href=\\"https:\\/\\/x.org\\">s<\\/a>", "c": "plain"}',
  },
  {
    name: "root key",
    content: '{\n  "en": {\n    "a": "Home",\n    "b": { "c": "x" }\n  }\n}\n',
    options: { locale: "en" },
  },
  { name: "UTF-16", content: Buffer.from('\uFEFF{"a": "Home", "b": "été"}', "utf16le") },
  {
    name: "ICU",
    content: '{\n  "n": "{n, plural, one {# file} other {# files}}",\n  "q": "It\'\'s {name}",\n  "t": "Pay"\n}\n',
  },
  { name: "i18next 3", content: '{\n  "item": "an item",\n  "item_plural": "{{count}} items",\n  "z": "End"\n}\n' },
]);

formatConformance(formatjsJson, [
  {
    name: "extracted",
    content: `{
  "a.title": {
    "defaultMessage": "Hello {name}",
    "description": "Greets"
  },
  "b": {
    "description": { "text": "none" },
    "defaultMessage": "Bye"
  },
  "c": { "defaultMessage": "See" }
}
`,
  },
  {
    name: "with context",
    content: '{"k": {"context": "button", "string": "Save"}, "l": {"context": "", "string": "Open"}}',
  },
  {
    name: "a list",
    content:
      '[\n  { "id": "a", "defaultMessage": "A", "description": "d" },\n  { "id": "b", "defaultMessage": "B" }\n]\n',
  },
  { name: "flat", content: '{\n  "a": "A",\n  "b": "B"\n}\n' },
]);

formatConformance(chromeJson, [
  {
    name: "messages",
    content: `{
  "appName": {
    "message": "Reader",
    "description": "Name"
  },
  "hello": {
    "message": "Hello, $USER$",
    "placeholders": {
      "user": { "content": "$1", "example": "Ada" }
    }
  }
}
`,
  },
]);
