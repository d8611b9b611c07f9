import { EngineNotFoundError, SettingsError } from "@trans-hub/core";
import { EngineConfigError } from "@trans-hub/core/engine";
import { expect, test } from "vitest";
import { ENGINE_NAMES, makeEngine } from "./registry.ts";

function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return undefined;
}

test("engines are made by name", () => {
  expect(makeEngine("pseudo").name).toBe("pseudo");
  expect(makeEngine("openai", { openai: { apiKey: "k", model: "m" } })).toMatchObject({
    name: "openai",
    version: "1:m",
  });
  expect(ENGINE_NAMES).toEqual(["openai", "pseudo"]);
});

test("an unknown name is an error with the known names and the closest one", () => {
  expect(thrownBy(() => makeEngine("openia"))).toMatchObject({
    code: "TH_ENGINE_NOT_FOUND",
    hint: 'Did you mean "openai"? Engines are: openai, pseudo.',
  });
  expect(thrownBy(() => makeEngine("constructor"))).toBeInstanceOf(EngineNotFoundError);
  expect(thrownBy(() => makeEngine("constructor"))).toMatchObject({ hint: "Engines are: openai, pseudo." });
});

test("openai without a key is an error that names the setting, unless an endpoint is named", () => {
  const error = thrownBy(() => makeEngine("openai"));
  expect(error).toBeInstanceOf(SettingsError);
  expect(error).toMatchObject({ problems: [{ key: "TH_OPENAI_API_KEY" }] });
  expect(makeEngine("openai", { openai: { endpoint: "http://127.0.0.1:1/v1" } }).name).toBe("openai");
});

test("an invalid address is refused without being repeated", () => {
  for (const endpoint of ["ollama", "ftp://host/v1", "http://user:hunter2@host/v1"]) {
    const error = thrownBy(() => makeEngine("openai", { openai: { endpoint } }));
    expect(error).toBeInstanceOf(EngineConfigError);
    expect(String(error)).not.toContain("hunter2");
  }
});
