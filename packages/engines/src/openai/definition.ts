import { SettingsError } from "@trans-hub/core/rules";
import { z } from "zod";
import { defineEngine } from "../definition.ts";
import { decimal, httpUrl, kind, secret, text, whole } from "../setting-kinds.ts";

export const openaiDefinition = defineEngine({
  name: "openai",
  settings: z.object({
    apiKey: secret(text("a key without blanks", /^\S+$/).optional().describe("Key of the engine `openai`.")),
    model: text("a name", /./).optional().describe("Model of the engine `openai`. Unset: the engine's choice."),
    temperature: decimal(0, 2).optional().describe("From 0 to 2. Unset: the engine's choice."),
    thinkingTokens: whole(0, 1_000_000)
      .optional()
      .describe(
        "Most tokens of a model's thoughts in one answer, where prices are set: each answer is then limited. Unset: 4,096.",
      ),
    endpoint: httpUrl()
      .optional()
      .describe("Base URL, with `/v1`, of any server with OpenAI's Chat Completions. Unset: OpenAI's own server."),
    processor: kind("local or third-party", processorOf)
      .optional()
      .describe(
        "`local` for a server of your own, such as Ollama or vLLM, that sends texts nowhere else; `TH_PROJECT_ENGINES` holds projects to it. Unset: `third-party`.",
      ),
  }),
  async make({ apiKey, endpoint, model, temperature, thinkingTokens, processor }, timeoutMs) {
    if (apiKey === undefined && endpoint === undefined) {
      throw new SettingsError([{ key: "TH_OPENAI_API_KEY", problem: 'is missing, and engine "openai" needs it' }], {
        hint: "Set TH_OPENAI_API_KEY, or TH_OPENAI_ENDPOINT for a server that wants no key.",
      });
    }
    const { openai } = await import("./openai.ts");
    return openai({ apiKey, baseURL: endpoint, model, temperature, thinkingTokens, processor, timeoutMs });
  },
});

/** The address does not tell: a gateway on this machine may pass all texts on to a provider. */
function processorOf(value: string): "local" | "third-party" | undefined {
  return value === "local" || value === "third-party" ? value : undefined;
}
