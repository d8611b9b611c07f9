import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { loadEnvironment, redact } from "./environment.ts";

const root = mkdtempSync(join(tmpdir(), "trans-hub-environment-"));
afterAll(() => rmSync(root, { recursive: true }));

function folder(name: string): string {
  const path = join(root, name);
  mkdirSync(path);
  return path;
}

describe("a .env file", () => {
  test("adds to the environment, which wins, with an empty value too", () => {
    const cwd = folder("filled");
    writeFileSync(
      join(cwd, ".env"),
      'TH_PROJECT="shop" # ours\nexport TH_BATCH_SIZE=20\nTH_ENGINES=openai\nTH_DATA_DIR=x\n',
    );
    const env = { TH_ENGINES: "pseudo", TH_DATA_DIR: "", PATH: "/bin" };
    expect(loadEnvironment({ cwd, env })).toEqual({
      ...{ TH_PROJECT: "shop", TH_BATCH_SIZE: "20", TH_ENGINES: "pseudo", TH_DATA_DIR: "", PATH: "/bin" },
    });
    expect(env).toEqual({ TH_ENGINES: "pseudo", TH_DATA_DIR: "", PATH: "/bin" });
  });

  test("is optional", () => {
    expect(loadEnvironment({ cwd: folder("bare"), env: { A: "1" } })).toEqual({ A: "1" });
  });

  test("is reported as a bad setting, not as a missing one, when it cannot be read", () => {
    const cwd = folder("closed");
    mkdirSync(join(cwd, ".env"));
    expect(() => loadEnvironment({ cwd, env: {} })).toThrow(".env: exists and is a folder");
  });
});

describe("redact", () => {
  test.each([
    ["postgres://u:hunter2@h:5432/d", "postgres://u:***@h:5432/d"],
    ["postgres://u@h/d", "postgres://u@h/d"],
    ["postgres://h/d?user=u&password=hunter2", "postgres://h/d?user=u&password=***"],
    ["postgresql:///d?host=/run/postgresql", "postgresql:///d?host=/run/postgresql"],
    ["http://h/v1?api_key=hunter2", "http://h/v1?api_key=***"],
    ["hunter2", "(not a URL)"],
  ])("shows %s as %s", (url, shown) => {
    expect(redact(url)).toBe(shown);
  });
});
