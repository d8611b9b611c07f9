/** The engines that may get the texts of a project, on every way to an engine. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Coordinator } from "@trans-hub/core";
import { scriptedEngine } from "@trans-hub/engines/testing";
import { testOnDatabase } from "@trans-hub/test-support/command";
import { startOpenaiServer } from "@trans-hub/test-support/openai-server";
import { test as testOnStore } from "@trans-hub/test-support/store";
import { describe, expect, onTestFinished } from "vitest";

/** A third party that records every text it is given. */
async function recorder() {
  const server = await startOpenaiServer();
  onTestFinished(() => server.close());
  return {
    server,
    env: { TH_ENGINES: "openai,pseudo", TH_OPENAI_ENDPOINT: server.url, TH_PROJECT_ENGINES: "private:local" },
    texts: () => server.ledger.map(({ text }) => text).sort(),
  };
}

function items(project: string, count: number): string {
  return Array.from({ length: count }, (_, at) => JSON.stringify({ project, text: `${project} number ${at}` })).join(
    "\n",
  );
}

describe("the texts of a project that may use local engines only", () => {
  testOnDatabase("reach no third party, beside the work of other projects", async ({ commands }) => {
    const { env, texts } = await recorder();
    const input = `${items("private", 30)}\n${items("shop", 30)}`;
    await commands.json(["request", "--file", "-", "--from", "en", "--to", "fr"], { env, input });
    expect(await commands.json(["worker", "--once"], { env })).toEqual({ translated: 60, failed: 0, retrying: 0 });
    expect(texts()).toEqual(Array.from({ length: 30 }, (_, at) => `shop number ${at}`).sort());
    const get = ["get", "private number 0", "--from", "en", "--to", "fr", "--project", "private"];
    expect(await commands.json(get)).toMatchObject({ engine: "pseudo" });
  });

  testOnDatabase(
    "go to the dead letters where the chain has no local engine, and a replay sends them nowhere else",
    async ({ commands }) => {
      const { env, texts } = await recorder();
      const only = { ...env, TH_ENGINES: "openai" };
      const input = `${items("private", 3)}\n${items("shop", 3)}`;
      await commands.json(["request", "--file", "-", "--from", "en", "--to", "fr"], { env, input });
      const worker = await commands.run(["worker", "--once", "--json"], { env: only });
      expect({ code: worker.code, ...JSON.parse(worker.stdout) }).toMatchObject({ code: 0, translated: 3, failed: 3 });
      expect(worker.stderr).toContain("project.no_engine");
      for (const turn of [1, 2]) {
        const { items: letters } = await commands.json<{ items: unknown[] }>(["dead-letters", "list"]);
        expect(letters).toHaveLength(3);
        expect(letters[0]).toMatchObject({
          project: "private",
          code: "TH_ENGINE_NOT_ALLOWED",
          engine: null,
          message: expect.stringMatching(/"private".*TH_ENGINES/),
        });
        if (turn === 2) break;
        expect(await commands.json(["dead-letters", "replay", "--all"])).toEqual({ replayed: 3 });
        await commands.json(["worker", "--once"], { env: only });
      }
      expect(texts()).toEqual(["shop number 0", "shop number 1", "shop number 2"]);
      // With the cure, the replay translates them.
      await commands.json(["dead-letters", "replay", "--all"]);
      expect(await commands.json(["worker", "--once"], { env })).toMatchObject({ translated: 3 });
      expect(texts()).toHaveLength(3);
    },
  );

  testOnDatabase("stop the commands of that project before anything is stored or sent", async ({ commands }) => {
    const { env, texts } = await recorder();
    const only = { ...env, TH_ENGINES: "openai" };
    await commands.json(["request", "Pay", "--from", "en", "--to", "fr", "--project", "private"]);
    const worker = await commands.run(["worker", "--once", "--project", "private", "--json"], { env: only });
    const error = {
      code: "TH_ENGINE_NOT_ALLOWED",
      message: expect.stringContaining('"private"'),
      hint: expect.stringContaining("TH_PROJECT_ENGINES"),
    };
    expect({ code: worker.code, ...JSON.parse(worker.stdout) }).toEqual({ code: 2, error });
    await mkdir(join(commands.cwd, "locales"));
    await writeFile(join(commands.cwd, "locales", "en.json"), '{"back":"Back"}\n');
    const args = ["translate", "locales/en.json", "--from", "en", "--to", "fr", "--out", "locales/{locale}.json"];
    const translate = await commands.run([...args, "--project", "private", "--json"], { env: only });
    expect({ code: translate.code, ...JSON.parse(translate.stdout) }).toEqual({ code: 2, error });
    expect(await commands.json(["status"])).toMatchObject({ translations: { pending: 1, failed: 0 } });
    const doctor = await commands.run(["doctor", "--json", "--no-engine-call"], { env: only });
    const { checks } = JSON.parse(doctor.stdout) as { checks: { name: string }[] };
    expect(checks.find(({ name }) => name === "engine")).toMatchObject({
      status: "fail",
      detail: expect.stringContaining('"private"'),
      cure: expect.stringContaining("TH_PROJECT_ENGINES"),
    });
    // With a local engine in the chain, both of them work, and the third party learns of nothing.
    expect(await commands.json([...args, "--project", "private"], { env })).toMatchObject({ translated: 1 });
    expect(JSON.parse(await readFile(join(commands.cwd, "locales", "fr.json"), "utf8"))).toMatchObject({
      back: expect.any(String),
    });
    await commands.json(["worker", "--once", "--project", "private"], { env });
    expect(texts()).toEqual([]);
  });

  testOnStore("reach no third party from the library, also after a switch of the engine", async ({ store }) => {
    const away = scriptedEngine({ name: "away", processor: "third-party" });
    const house = scriptedEngine({ name: "house", processor: "local" });
    const projectEngines = { private: ["local"], secret: ["nothing-here"] };
    const hub = new Coordinator(store, { sourceLocale: "en", engines: [house, away], projectEngines });
    onTestFinished(() => hub.close());
    await hub.request(["one", "two"], { targetLocales: ["fr"], project: "private" });
    await hub.request(["three"], { targetLocales: ["fr"], project: "shop" });
    hub.switchEngine("away");
    const engines: (string | null)[] = [];
    for (const project of ["private", "shop"]) {
      for await (const { engine } of hub.processPendingTranslations("fr", { project })) engines.push(engine);
    }
    expect(engines).toEqual(["house", "house", "away"]);
    expect(away.calls.flatMap(({ batch }) => batch.items.map(({ text }) => text))).toEqual(["three"]);

    await hub.request(["four"], { targetLocales: ["fr"], project: "secret" });
    const barred = hub.processPendingTranslations("fr", { project: "secret" }).next();
    await expect(barred).rejects.toMatchObject({ code: "TH_ENGINE_NOT_ALLOWED", project: "secret" });
    expect((await hub.status({ project: "secret" })).translations).toMatchObject({ pending: 1, failed: 0 });
    const bad = { private: "local" } as unknown as Record<string, string[]>;
    expect(() => new Coordinator(store, { projectEngines: bad })).toThrow("projectEngines.private");
  });
});
