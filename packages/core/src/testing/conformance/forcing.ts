import { expect } from "vitest";
import { type AddCase, failAll, failed, item, readOne, Translator, translateAll, work } from "./kit.ts";

export function forcingCases(add: AddCase): void {
  add("a forced text keeps its old translation until the new one is stored", async ({ handler }) => {
    await handler.register([item()]);
    await translateAll(handler, () => "old");
    expect(await handler.register([item({ force: true })])).toEqual([
      { registered: 1, existing: 0, queued: 0, failed: 0 },
    ]);
    expect(await readOne(handler)).toMatchObject({ status: "pending", text: "old" });
    await translateAll(handler, () => "new");
    expect(await readOne(handler)).toMatchObject({ status: "translated", text: "new" });
  });

  add("a forced attempt that fails keeps the good text, and shows the error", async ({ handler }) => {
    await handler.register([item()]);
    await translateAll(handler, () => "old");
    await handler.register([item({ force: true })]);
    await failAll(handler, "TH_ENGINE_REFUSED");
    expect(await readOne(handler)).toMatchObject({
      status: "translated",
      text: "old",
      error: { code: "TH_ENGINE_REFUSED", message: expect.any(String) },
    });
    expect((await handler.listDeadLetters({})).items).toHaveLength(1);
    expect(await handler.register([item()])).toEqual([{ registered: 0, existing: 1, queued: 0, failed: 0 }]);
  });

  add("force puts a failed text back to work and closes its dead letter", async ({ handler }) => {
    await handler.register([item()]);
    await failAll(handler);
    expect(await handler.register([item({ force: true })])).toEqual([
      { registered: 1, existing: 0, queued: 0, failed: 0 },
    ]);
    expect((await handler.listDeadLetters({})).items).toEqual([]);
    await translateAll(handler);
    const translation = await readOne(handler);
    expect(translation).toMatchObject({ status: "translated", text: "Add to cart (fr)" });
    expect(translation?.error).toBeUndefined();
  });

  add("force on an approved text changes nothing and counts as existing", async ({ handler }) => {
    await handler.register([item({ businessId: "cart" })]);
    await translateAll(handler);
    const reference = { project: "default", targetLocale: "fr", businessId: "cart" };
    const approved = await handler.approve({ reference });
    expect(await handler.register([item({ businessId: "cart", force: true })])).toEqual([
      { registered: 0, existing: 1, queued: 0, failed: 0 },
    ]);
    const translator = new Translator(() => failed());
    await work(handler, translator.translate);
    expect(translator.items).toEqual([]);
    expect(await handler.read([reference])).toEqual([approved]);
  });
}
