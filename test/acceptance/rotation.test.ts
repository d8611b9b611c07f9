/** Passwords and keys in files are replaced under a running worker, with its pool's connections lost in between. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Coordinator } from "@trans-hub/core";
import { testOnDatabase } from "@trans-hub/test-support/command";
import { startOpenaiServer } from "@trans-hub/test-support/openai-server";
import type pg from "pg";
import { expect } from "vitest";

/** Ends every connection of the role, as a failover or a rotation of a managed database does. */
async function cutOff(db: pg.Pool, role: string): Promise<void> {
  await db.query("select pg_terminate_backend(pid) from pg_stat_activity where usename = $1", [role]);
}

testOnDatabase(
  "a worker whose files change opens its next connections with the new password, and calls engines with the new key",
  async ({ commands, database, db }) => {
    const role = `rotated_${Math.random().toString(36).slice(2)}`;
    await db.query(`create role ${role} superuser login password 'first'`);
    const urlFile = join(commands.cwd, "database-url");
    const directFile = join(commands.cwd, "direct-url");
    const keyFile = join(commands.cwd, "openai-api-key");
    const givePassword = (password: string) => {
      const url = Object.assign(new URL(database.url), { username: role, password });
      writeFileSync(urlFile, `${url.href}\n`);
      // Another URL of the same database: a worker then has a pool for each of the two.
      url.searchParams.set("application_name", "direct");
      writeFileSync(directFile, `${url.href}\n`);
    };
    givePassword("first");
    writeFileSync(keyFile, "sk-first\n");
    const engine = await startOpenaiServer();
    const hub = await Coordinator.connect({ databaseUrl: database.url, sourceLocale: "en" });
    const translate = async (text: string) => {
      await hub.request({ text, targetLocales: ["fr"] });
      return hub.waitFor({ text, targetLocales: ["fr"], timeoutMs: 30_000 });
    };
    try {
      const worker = commands.start(["worker"], {
        env: {
          TH_DATABASE_URL: "",
          TH_DATABASE_URL_FILE: urlFile,
          TH_DIRECT_URL_FILE: directFile,
          TH_ENGINES: "openai",
          TH_OPENAI_ENDPOINT: engine.url,
          TH_OPENAI_API_KEY_FILE: keyFile,
        },
      });
      await worker.says(/"event":"worker.ready"/);
      expect(await translate("Add to cart")).toMatchObject([{ text: "[fr] Add to cart" }]);

      await db.query(`alter role ${role} password 'second'`);
      givePassword("second");
      writeFileSync(keyFile, "sk-second\n");
      await cutOff(db, role);
      expect(await translate("Pay now")).toMatchObject([{ text: "[fr] Pay now" }]);

      // Half-written files change nothing: the last good values hold.
      writeFileSync(urlFile, "");
      writeFileSync(directFile, "post");
      writeFileSync(keyFile, "");
      await cutOff(db, role);
      expect(await translate("Back")).toMatchObject([{ text: "[fr] Back" }]);

      expect(engine.ledger.map(({ text, key }) => [text, key])).toEqual([
        ["Add to cart", "sk-first"],
        ["Pay now", "sk-second"],
        ["Back", "sk-second"],
      ]);
      worker.kill("SIGTERM");
      expect((await worker.ended()).code).toBe(0);
    } finally {
      await hub.close();
      await engine.close();
      await cutOff(db, role);
      await db.query(`drop owned by ${role}; drop role ${role}`);
    }
  },
  60_000,
);

testOnDatabase(
  "an application that passes a function connects with the password of the moment",
  async ({ database, db }) => {
    const role = `rotated_${Math.random().toString(36).slice(2)}`;
    await db.query(`create role ${role} superuser login password 'first'`);
    let password = "first";
    const databaseUrl = () => Object.assign(new URL(database.url), { username: role, password }).href;
    const hub = await Coordinator.connect({ databaseUrl, sourceLocale: "en", maxConnections: 2 });
    try {
      expect(await hub.request({ text: "Pay", targetLocales: ["fr"] })).toMatchObject({ registered: 1 });
      await db.query(`alter role ${role} password 'second'`);
      await cutOff(db, role);
      const refused = () => hub.request({ text: "Back", targetLocales: ["fr"] }).catch((error) => error.code);
      await expect.poll(refused).toBe("TH_DATABASE_REFUSED");
      password = "second";
      expect(await hub.request({ text: "Next", targetLocales: ["fr"] })).toMatchObject({ registered: 1 });
    } finally {
      await hub.close();
      await db.query(`drop owned by ${role}; drop role ${role}`);
    }
  },
);
