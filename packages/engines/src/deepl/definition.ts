import { SettingsError } from "@trans-hub/core/rules";
import { z } from "zod";
import { defineEngine } from "../definition.ts";
import { httpUrl, kind, secret, text } from "../setting-kinds.ts";

export const deeplDefinition = defineEngine({
  name: "deepl",
  settings: z.object({
    apiKey: secret(text("a key without blanks", /^\S+$/).optional().describe("Key of the engine `deepl`.")),
    url: httpUrl()
      .optional()
      .describe("Base URL of the engine `deepl`. Unset: DeepL's server for free keys (`:fx`) or for paid ones."),
    formality: kind("more or less", (value) => (value === "more" || value === "less" ? value : undefined))
      .optional()
      .describe("`more` or `less`, for the target languages that have it. Unset: DeepL's choice."),
  }),
  async make({ apiKey, url, formality }, timeoutMs) {
    if (apiKey === undefined) {
      throw new SettingsError([{ key: "TH_DEEPL_API_KEY", problem: 'is missing, and engine "deepl" needs it' }], {
        hint: "Set TH_DEEPL_API_KEY.",
      });
    }
    const { deepl } = await import("./deepl.ts");
    return deepl({ apiKey, url, formality, timeoutMs });
  },
});
