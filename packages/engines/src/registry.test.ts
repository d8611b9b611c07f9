import { EngineConfigError, EngineNotFoundError, SettingsError } from "@trans-hub/core/engine";
import { expect, test } from "vitest";
import { ENGINE_NAMES, ENGINES, makeEngine } from "./registry.ts";

test("engines are made by name", async () => {
  expect((await makeEngine("pseudo")).name).toBe("pseudo");
  expect(await makeEngine("openai", { openai: { apiKey: "k", model: "m" } })).toMatchObject({
    name: "openai",
    version: "5:m",
  });
  expect(ENGINE_NAMES).toEqual(["anthropic", "apertium", "deepl", "libretranslate", "openai", "pseudo"]);
});

test("a server of OpenAI's protocol is a third party's until its owner says that it is not, wherever it stands", async () => {
  const at = async (more: object) =>
    (await makeEngine("openai", { openai: { endpoint: "http://127.0.0.1:11434/v1", ...more } })).processor;
  expect(await at({})).toBe("third-party");
  expect(await at({ processor: "local" })).toBe("local");
  const settings = ENGINES.find(({ name }) => name === "openai")?.settings;
  expect(settings?.safeParse({ processor: "mine" }).error?.issues[0]?.message).toBe("must be local or third-party");
});

test("every definition makes the engine of its name, and no two share one", async () => {
  for (const { name } of ENGINES) {
    expect(
      (
        await makeEngine(name, {
          anthropic: { apiKey: "k" },
          openai: { apiKey: "k" },
          apertium: { url: "http://localhost:2737" },
          deepl: { apiKey: "k" },
          libretranslate: { url: "http://localhost:5000" },
        })
      ).name,
    ).toBe(name);
  }
  expect(new Set(ENGINE_NAMES).size).toBe(ENGINES.length);
});

test("an unknown name is answered with the names that exist, and a similar one", async () => {
  await expect(makeEngine("openia")).rejects.toMatchObject({
    code: "TH_ENGINE_NOT_FOUND",
    hint: 'Did you mean "openai"? Engines are: anthropic, apertium, deepl, libretranslate, openai, pseudo.',
  });
  await expect(makeEngine("constructor")).rejects.toThrow(EngineNotFoundError);
  await expect(makeEngine("constructor")).rejects.toMatchObject({
    hint: "Engines are: anthropic, apertium, deepl, libretranslate, openai, pseudo.",
  });
});

test("openai without a key names the missing setting, unless an endpoint is set", async () => {
  await expect(makeEngine("openai")).rejects.toThrow(SettingsError);
  await expect(makeEngine("openai")).rejects.toMatchObject({ problems: [{ key: "TH_OPENAI_API_KEY" }] });
  expect((await makeEngine("openai", { openai: { endpoint: "http://127.0.0.1:1/v1" } })).name).toBe("openai");
});

test("an address that is not one is refused, and not repeated", async () => {
  for (const endpoint of ["ollama", "ftp://host/v1", "http://user:hunter2@host/v1"]) {
    const error = await makeEngine("openai", { openai: { endpoint } }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(EngineConfigError);
    expect(String(error)).not.toContain("hunter2");
  }
});
