/** The forms of a report, each read as its readers read it. */
import { PassThrough } from "node:stream";
import { parseXml, type XmlElement, type XmlNode } from "@rgrove/parse-xml";
import { expect, test } from "vitest";
import { Output } from "../output.ts";
import { asGithub } from "./github.ts";
import { asJunit } from "./junit.ts";
import { inOrder, isOk, type Problem, type ProblemReport, shownKey } from "./problem.ts";
import { asSarif } from "./sarif.ts";
import { asText } from "./text.ts";

const broken: Problem = {
  ...{ file: "locales/fr.json", locale: "fr", key: "cart.pay", kind: "broken", severity: "error" },
  ...{ message: "1 placeholder missing", check: "placeholders", line: 3, column: 8 },
};
const warning: Problem = {
  ...broken,
  kind: "same",
  check: undefined,
  severity: "warning",
  message: "it equals its source",
  line: 9,
};
const invalid: Problem = {
  ...{ file: "a b/é%,:é.po", locale: "", key: "", kind: "invalid", severity: "error" },
  message: 'is not "UTF-8", <1>: 100%\nSave it & try\u0007 again',
};
const report: ProblemReport = {
  problems: [broken, warning, invalid],
  checked: 12,
  files: ["locales/fr.json", "locales/de.json"],
};
const none: ProblemReport = { problems: [], checked: 3, files: ["x.json"] };

test("a report is in order while nothing is worse than a warning", () => {
  expect([report, none, { problems: [warning] }].map(isOk)).toEqual([false, true, true]);
});

test("problems come by file and by place", () => {
  const later = { ...broken, line: 20 };
  expect(inOrder([later, warning, broken, invalid])).toEqual([invalid, broken, warning, later]);
});

test.for<[key: string, text: string, file: string, shown: string]>([
  ["cart.pay", "Pay now", "fr.json", "cart.pay"],
  ["mail_one", "One mail", "fr.json", "mail_one"],
  ["files[few]", "%d files", "strings.xml", "files[few]"],
  ["Pay", "Pay", "fr.json", "line 4"],
  ["Pay\\.", "Pay.", "fr.json", "line 4"],
  ["Pay now", "Jetzt zahlen", "fr.json", "line 4"],
  ["cart.pay", "Pay", "fr.po", "line 4"],
  ["Pay[0]", "Pay", "fr.json", "line 4"],
])("the key %s of the text %s in %s is shown as %s", ([key, text, file, shown]) => {
  expect(shownKey(key, { text, file, line: 4 })).toBe(shown);
});

test("annotations of GitHub escape what would end them, and name files from the checkout", () => {
  expect(asGithub(report, { cwd: "/repo/web", workspace: "/repo" })).toBe(
    [
      "::error file=web/locales/fr.json,line=3,col=8,title=broken/placeholders%3A A value loses a variable or markup%2C or crashes the program that shows it::fr cart.pay: 1 placeholder missing",
      "::warning file=web/locales/fr.json,line=9,col=8,title=same%3A The value equals its source::fr cart.pay: it equals its source",
      `::error file=web/a b/é%25%2C%3Aé.po,title=invalid%3A The file cannot be read::is not "UTF-8", <1>: 100%25%0ASave it & try\u0007 again`,
    ].join("\n"),
  );
  expect(asGithub({ ...report, problems: [broken] }, { cwd: "/repo" })).toMatch(/^::error file=locales\/fr\.json,/);
  expect(asGithub(none, { cwd: "/repo" })).toBe("");
});

interface Sarif {
  $schema: string;
  version: string;
  runs: {
    tool: {
      driver: {
        name: string;
        semanticVersion: string;
        informationUri: string;
        rules: { id: string; shortDescription: { text: string }; helpUri: string }[];
      };
    };
    columnKind: string;
    results: {
      ruleId: string;
      ruleIndex: number;
      level: string;
      message: { text: string };
      locations: {
        physicalLocation: { artifactLocation: { uri: string }; region?: { startLine: number; startColumn: number } };
      }[];
      partialFingerprints: Record<string, string>;
    }[];
  }[];
}

test("SARIF has what its schema demands", () => {
  const { $schema, version, runs } = asSarif(report) as Sarif;
  expect({ $schema, version, runs: runs.length }).toEqual({
    $schema: expect.stringMatching(/^https:/),
    version: "2.1.0",
    runs: 1,
  });
  const [run] = runs;
  const { driver } = run?.tool ?? {};
  expect(driver).toMatchObject({ name: "trans-hub", semanticVersion: expect.stringMatching(/^\d+\.\d+\.\d+/) });
  expect(driver?.rules.map(({ id }) => id)).toEqual(["broken/placeholders", "invalid", "same"]);
  expect(run?.columnKind).toBe("utf16CodeUnits");
  for (const { ruleId, ruleIndex, level, message, locations, partialFingerprints } of run?.results ?? []) {
    expect(driver?.rules[ruleIndex]?.id).toBe(ruleId);
    expect(["error", "warning"]).toContain(level);
    expect(message.text).not.toBe("");
    expect(Object.values(partialFingerprints)).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/)]);
    expect(locations).toHaveLength(1);
  }
  expect(run?.results.map(({ locations }) => locations[0]?.physicalLocation)).toEqual([
    { artifactLocation: { uri: "locales/fr.json" }, region: { startLine: 3, startColumn: 8 } },
    { artifactLocation: { uri: "locales/fr.json" }, region: { startLine: 9, startColumn: 8 } },
    { artifactLocation: { uri: "a%20b/%C3%A9%25%2C%3A%C3%A9.po" } },
  ]);
  expect((asSarif(none) as Sarif).runs).toMatchObject([{ results: [], tool: { driver: { rules: [] } } }]);
});

test("the fingerprint of a problem stays when lines are added above it, and differs by key", () => {
  const prints = (problem: Problem) =>
    (asSarif({ ...none, problems: [problem] }) as Sarif).runs[0]?.results[0]?.partialFingerprints;
  expect(prints({ ...broken, line: 99 })).toEqual(prints(broken));
  expect(prints({ ...broken, key: "other" })).not.toEqual(prints(broken));
});

const elements = (node: XmlElement, name: string) =>
  node.children.filter(
    (child: XmlNode): child is XmlElement => child.type === "element" && (child as XmlElement).name === name,
  );

test("JUnit is well-formed, counts, and has a passed test for a file in order", () => {
  const { root } = parseXml(asJunit(report));
  expect(root?.attributes).toEqual({ name: "trans-hub", tests: "4", failures: "2", errors: "0" });
  const suites = elements(root as XmlElement, "testsuite");
  expect(suites.map(({ attributes: { name, tests, failures } }) => [name, tests, failures])).toEqual([
    ["a b/é%,:é.po", "1", "1"],
    ["locales/de.json", "1", "0"],
    ["locales/fr.json", "2", "1"],
  ]);
  const cases = suites.flatMap((suite) => elements(suite, "testcase"));
  expect(cases.map(({ attributes }) => attributes.name)).toEqual([
    "invalid",
    "catalog",
    "placeholders fr cart.pay",
    "same fr cart.pay",
  ]);
  const failures = cases.flatMap((each) => elements(each, "failure"));
  expect(failures.map(({ attributes: { type, message } }) => [type, message])).toEqual([
    ["invalid", 'is not "UTF-8", <1>: 100%\nSave it & try\uFFFD again'],
    ["broken", "1 placeholder missing"],
  ]);
  expect(failures.at(-1)?.text).toBe("locales/fr.json:3:8: 1 placeholder missing");
  expect(parseXml(asJunit(none)).root?.attributes).toMatchObject({ tests: "1", failures: "0" });
});

test("for people, each problem is a line with its place", () => {
  const output = new Output({ json: false, stdout: new PassThrough(), stderr: new PassThrough(), env: {} });
  expect(asText(report, output)).toBe(
    [
      "locales/fr.json:3:8: error: 1 placeholder missing [broken/placeholders fr cart.pay]",
      "locales/fr.json:9:8: warning: it equals its source [same fr cart.pay]",
      'a b/é%,:é.po: error: is not "UTF-8", <1>: 100% Save it & try\\u0007 again [invalid]',
      "12 values in 2 files checked, 2 errors, 1 warning",
    ].join("\n"),
  );
  expect(asText(none, output)).toBe("3 values in 1 file checked, 0 errors");
});
