import { SettingsError } from "@trans-hub/core/rules";
import { z } from "zod";
import { defineEngine } from "../definition.ts";
import { httpUrl } from "../setting-kinds.ts";

export const apertiumDefinition = defineEngine({
  name: "apertium",
  settings: z.object({
    url: httpUrl().optional().describe("Base URL of an apertium-apy server, for the engine `apertium`."),
  }),
  async make({ url }, timeoutMs) {
    if (url === undefined) {
      throw new SettingsError([{ key: "TH_APERTIUM_URL", problem: 'is missing, and engine "apertium" needs it' }], {
        hint: "Set TH_APERTIUM_URL to the address of an apertium-apy server, such as http://localhost:2737.",
      });
    }
    const { apertium } = await import("./apertium.ts");
    return apertium({ url, timeoutMs });
  },
});
