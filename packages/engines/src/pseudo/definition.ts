import { z } from "zod";
import { defineEngine } from "../definition.ts";

export const pseudoDefinition = defineEngine({
  name: "pseudo",
  settings: z.object({}),
  async make() {
    const { pseudo } = await import("./pseudo.ts");
    return pseudo();
  },
});
