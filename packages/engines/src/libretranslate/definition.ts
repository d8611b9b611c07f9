import { SettingsError } from "@trans-hub/core/rules";
import { z } from "zod";
import { defineEngine } from "../definition.ts";
import { httpUrl, secret, text } from "../setting-kinds.ts";

export const libretranslateDefinition = defineEngine({
  name: "libretranslate",
  settings: z.object({
    url: httpUrl().optional().describe("Base URL of a LibreTranslate server, for the engine `libretranslate`."),
    apiKey: secret(
      text("a key without blanks", /^\S+$/)
        .optional()
        .describe("Key of the engine `libretranslate`. Unset: for a server that wants none."),
    ),
  }),
  async make({ url, apiKey }, timeoutMs) {
    if (url === undefined) {
      const problem = 'is missing, and engine "libretranslate" needs it';
      throw new SettingsError([{ key: "TH_LIBRETRANSLATE_URL", problem }], {
        hint: "Set TH_LIBRETRANSLATE_URL to the address of a LibreTranslate server, such as http://localhost:5000.",
      });
    }
    const { libretranslate } = await import("./libretranslate.ts");
    return libretranslate({ url, apiKey, timeoutMs });
  },
});
