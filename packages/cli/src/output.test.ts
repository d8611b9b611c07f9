import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { Output, printable } from "./output.ts";
import { tableOf } from "./table.ts";

function open(env: NodeJS.ProcessEnv, { isTTY = true, json = false, columns = 80 } = {}) {
  const stream = () => Object.assign(new PassThrough(), { isTTY, columns });
  const stdout = stream();
  const stderr = stream();
  return { output: new Output({ json, stdout, stderr, env }), stdout, stderr };
}

test("colours follow the terminal, unless the environment says otherwise", () => {
  const colored = (env: NodeJS.ProcessEnv, isTTY = true) => open(env, { isTTY }).output.colors.isColorSupported;
  expect(colored({})).toBe(true);
  expect(colored({}, false)).toBe(false);
  expect(colored({ NO_COLOR: "1" })).toBe(false);
  expect(colored({ NO_COLOR: "" })).toBe(true);
  expect(colored({ TERM: "dumb" })).toBe(false);
  expect(colored({ FORCE_COLOR: "1" }, false)).toBe(true);
  expect(colored({ FORCE_COLOR: "0" })).toBe(false);
  expect(colored({ NO_COLOR: "1", FORCE_COLOR: "1" })).toBe(false);
});

test("tables and bars appear only on terminals that can show them", () => {
  expect(open({}).output).toMatchObject({ isTerminal: true, showsProgress: true });
  expect(open({ TERM: "dumb" }).output).toMatchObject({ isTerminal: false, showsProgress: false });
  expect(open({}, { json: true }).output).toMatchObject({ isTerminal: false, showsProgress: false });
  const { output } = open({}, { isTTY: false });
  expect(tableOf(output, ["id", "text"], [[1, "a\tb\nc"]])).toBe("id\ttext\n1\ta b c");
});

test("a table is never wider than the terminal", () => {
  const { output } = open({ NO_COLOR: "1" }, { columns: 60 });
  const table = tableOf(output, ["text", "translation"], [["x".repeat(90), "送料無料".repeat(20)]]);
  for (const line of table.split("\n")) {
    const wide = line.match(/[\u3000-\u9fff]/g)?.length ?? 0;
    expect(line.length + wide).toBeLessThanOrEqual(60);
  }
});

test("stdout with --json holds one line, for errors too", async () => {
  const { output, stdout, stderr } = open({}, { json: true });
  await output.result({ text: "two\nlines" }, () => "for people");
  await output.error(new Error("oops"));
  expect(String(stdout.read())).toBe(
    '{"text":"two\\nlines"}\n{"error":{"code":"TH_UNEXPECTED","message":"unexpected: Error: oops"}}\n',
  );
  expect(stderr.read()).toBeNull();
});

test("a text cannot take over the terminal", () => {
  expect(printable("\u001b[31mred\u009b0m \u202eabc\r\nnext\ttab")).toBe(
    "\\u001b[31mred\\u009b0m \\u202eabc\\u000d\nnext\ttab",
  );
});

test("translated text is printed exactly into a file and harmlessly on a terminal", async () => {
  const text = "\u001b[2J\u202etext";
  expect(open({}, { isTTY: false }).output.forStdout(text)).toBe(text);
  const { output, stderr } = open({ NO_COLOR: "1" });
  expect(output.forStdout(text)).toBe("\\u001b[2J\\u202etext");
  output.warn(`${text} was left out`);
  await output.error(new Error(text));
  expect(String(stderr.read())).toBe(
    "warning: \\u001b[2J\\u202etext was left out\nerror: unexpected: Error: \\u001b[2J\\u202etext\n",
  );
});
