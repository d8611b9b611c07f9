import { SettingsError } from "@trans-hub/core/engine";
import { z } from "zod";
import { defineEngine } from "../definition.ts";
import { decimal, httpUrl, secret, text } from "../setting-kinds.ts";

export const openaiDefinition = defineEngine({
  name: "openai",
  settings: z.object({
    apiKey: secret(text("a key without blanks", /^\S+$/).optional().describe("Key of the engine `openai`.")),
    model: text("a name", /./).optional().describe("Model of the engine `openai`. Unset: the engine's choice."),
    temperature: decimal(0, 2).optional().describe("From 0 to 2. Unset: the engine's choice."),
    endpoint: httpUrl()
      .optional()
      .describe("Base URL, with `/v1`, of any server with OpenAI's Chat Completions. Unset: OpenAI's own server."),
  }),
  async make({ apiKey, endpoint, model, temperature }, timeoutMs) {
    if (apiKey === undefined && endpoint === undefined) {
      throw new SettingsError([{ key: "TH_OPENAI_API_KEY", problem: 'is missing, and engine "openai" needs it' }], {
        hint: "Set TH_OPENAI_API_KEY, or TH_OPENAI_ENDPOINT for a server that wants no key.",
      });
    }
    const { openai } = await import("./openai.ts");
    return openai({ apiKey, baseURL: endpoint, model, temperature, timeoutMs });
  },
});
