import { expect, test } from "vitest";
import type { Change } from "../contract.ts";
import { formatConformance } from "../testing/conformance.ts";
import { stringsdict } from "./stringsdict.ts";

function variable(name: string, forms: Record<string, string>): string {
  const lines = Object.entries(forms).map(
    ([category, text]) => `
			<key>${category}</key>
			<string>${text}</string>`,
  );
  return `
		<key>${name}</key>
		<dict>
			<key>NSStringFormatSpecTypeKey</key>
			<string>NSStringPluralRuleType</string>
			<key>NSStringFormatValueTypeKey</key>
			<string>d</string>${lines.join("")}
		</dict>`;
}

const SAMPLE = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
	<!-- The list -->
	<key>files.count</key>
	<dict>
		<key>NSStringLocalizedFormatKey</key>
		<string>%#@files@</string>${variable("files", { zero: "No files", one: "%d file", other: "%d files &amp; more" })}
	</dict>
	<key>files in folders</key>
	<dict>
		<key>NSStringLocalizedFormatKey</key>
		<string>Found %1$#@files@ in %2$#@folders@</string>${variable("files", { one: "%d file", other: "%d files" })}${variable("folders", { other: "%d folders" })}
	</dict>
	<key>pair</key>
	<dict>
		<key>NSStringLocalizedFormatKey</key>
		<string>%#@a@, %#@b@ %@</string>${variable("a", { one: "a", other: "as" })}${variable("b", { other: "bs" })}
	</dict>
	<key>welcome</key>
	<dict>
		<key>NSStringVariableWidthRuleType</key>
		<dict>
			<key>1</key>
			<string>Hi</string>
			<key>20</key>
			<string>Good morning</string>
		</dict>
	</dict>
</dict>
</plist>
`;

formatConformance(stringsdict, [
  { name: "one variable, two, widths", content: SAMPLE },
  { name: "CRLF and a byte order mark", content: `\uFEFF${SAMPLE.replaceAll("\n", "\r\n")}` },
]);

function read(content: string) {
  return stringsdict.read(Buffer.from(content), { file: "Localizable.stringsdict" });
}

function written(content: string, changes: Change[]): string {
  const { bytes, refused } = read(content).write(changes);
  expect(refused).toEqual([]);
  return Buffer.from(bytes).toString();
}

test("a variable is a family, and a format with words is a text", () => {
  const open = read(SAMPLE).units.filter(({ translate }) => translate);
  expect(
    open.map(({ id, value }) => [id, typeof value === "object" ? [...value.forms.keys()].join(" ") : value]),
  ).toEqual([
    ["files.count", "zero one other"],
    ["files in folders#NSStringLocalizedFormatKey", "Found %1$#@files@ in %2$#@folders@"],
    ["files in folders#files", "one other"],
    ["files in folders#folders", "other"],
    ["pair#a", "one other"],
    ["pair#b", "other"],
    ["welcome#1", "Hi"],
    ["welcome#20", "Good morning"],
  ]);
  expect(read(SAMPLE)).toMatchObject({ zeroIsNumber: true });
  expect(read(SAMPLE).units[0]).toMatchObject({ note: "The list", syntax: "printf" });
});

test("a family gets the categories of its language where they belong", () => {
  const forms = new Map(["one", "few", "many", "other"].map((category) => [category, `%d ${category}`]));
  expect(written(SAMPLE, [{ kind: "set", id: "files.count", value: { forms } }])).toContain(`			<string>d</string>
			<key>one</key>
			<string>%d one</string>
			<key>few</key>
			<string>%d few</string>
			<key>many</key>
			<string>%d many</string>
			<key>other</key>
			<string>%d other</string>
		</dict>`);
});

test("an entry comes and goes with all its variables", () => {
  const from = read(SAMPLE);
  const own = from.units.filter(({ id }) => id.startsWith("files in folders"));
  const remove = own.map(({ id }) => ({ kind: "remove", id }) as const);
  expect(read(SAMPLE).write(remove.slice(0, 1)).refused).toHaveLength(1);
  const without = written(SAMPLE, remove);
  expect(without).not.toContain("folders");
  const adds = own.map(({ id, value = "" }) => ({ kind: "add", id, value, from, after: "files.count" }) as const);
  expect(written(without, adds)).toBe(SAMPLE);
  const empty = '<plist version="1.0">\n<dict/>\n</plist>\n';
  expect(read(written(empty, adds)).units.map(({ id }) => id)).toEqual(own.map(({ id }) => id));
});

test.each([
  ["another root", "<a/>", /:1:1: has no plist/],
  ["a key without a value", "<plist><dict>\n<key>a</key></dict></plist>", /:2:1: has a dict that is no list/],
  ["nesting without end", `<plist>${"<dict>".repeat(100_000)}`, /nested too deeply/],
])("%s is refused with its place", (_, content, message) => {
  expect(() => read(content)).toThrow(message);
});
