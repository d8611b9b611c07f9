import { startPostgresWithStandby } from "@trans-hub/test-support/standby";
import { expect, test } from "vitest";
import { HeldTranslator, item, readOne, Translator, translated, until, work } from "../../testing/conformance/kit.ts";
import { applyMigrations } from "../database/migrate.ts";
import { PostgresPersistenceHandler } from "../postgres-persistence-handler.ts";

test("a batch whose settlement only the dead primary knew is translated again by the worker that claims it there", {
  timeout: 180_000,
}, async () => {
  await using server = await startPostgresWithStandby({ isSynchronous: false });
  await applyMigrations({ databaseUrl: server.url });
  const handler = await PostgresPersistenceHandler.connect({
    databaseUrl: server.url,
    pollSeconds: 0.2,
    heartbeatSeconds: 0.2,
    rescueAfterSeconds: 30,
  });
  const stop = new AbortController();
  try {
    await handler.register([item()]);
    const held = new HeldTranslator("lost");
    const again = new Translator(() => translated("again"));
    let calls = 0;
    const working = work(
      handler,
      (batch, signal) => {
        calls += 1;
        return (calls === 1 ? held : again).translate(batch, signal);
      },
      { until: "stopped", signal: stop.signal },
    );
    await held.started;
    await server.failOver(async () => {
      held.letGo();
      await until(async () => (await readOne(handler))?.text === "lost");
    });
    await until(async () => (await readOne(handler).catch(() => undefined))?.text === "again");
    stop.abort();
    expect(await working).toMatchObject({ failed: 0 });
  } finally {
    stop.abort();
    await handler.close();
  }
});
