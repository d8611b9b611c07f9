import { SettingsError } from "@trans-hub/core/rules";
import { z } from "zod";
import { defineEngine } from "../definition.ts";
import { httpUrl, secret, text } from "../setting-kinds.ts";

export const anthropicDefinition = defineEngine({
  name: "anthropic",
  settings: z.object({
    apiKey: secret(text("a key without blanks", /^\S+$/).optional().describe("Key of the engine `anthropic`.")),
    model: text("a name", /./).optional().describe("Model of the engine `anthropic`. Unset: the engine's choice."),
    endpoint: httpUrl()
      .optional()
      .describe("Base URL, without `/v1`, of a server with Anthropic's Messages API. Unset: Anthropic's own server."),
  }),
  async make({ apiKey, endpoint, model }, timeoutMs) {
    if (apiKey === undefined && endpoint === undefined) {
      throw new SettingsError(
        [{ key: "TH_ANTHROPIC_API_KEY", problem: 'is missing, and engine "anthropic" needs it' }],
        {
          hint: "Set TH_ANTHROPIC_API_KEY, or TH_ANTHROPIC_ENDPOINT for a server that wants no key.",
        },
      );
    }
    const { anthropic } = await import("./anthropic.ts");
    return anthropic({ apiKey, baseURL: endpoint, model, timeoutMs });
  },
});
