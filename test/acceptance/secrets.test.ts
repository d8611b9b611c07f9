/**
 * A marked password and a marked key, taken through every kind of failure: they appear only where they were configured.
 */
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { stopEmbedded } from "@trans-hub/embedded";
import { testOnDatabase } from "@trans-hub/test-support/command";
import { startOpenaiServer } from "@trans-hub/test-support/openai-server";
import type pg from "pg";
import { expect } from "vitest";

/** Contains characters that a URL encodes, so that both forms are searched for. */
const PASSWORD = "Marked/Passw0rd@1";
const KEY = "sk-MarkedKey-1234567890";
const MARKS = ["Marked", encodeURIComponent(PASSWORD), "Passw0rd", "MarkedKey"];

/** Everything that any user of this machine reads in `ps`: arguments, and process titles. */
function commandLines(): string {
  if (!existsSync("/proc/self/cmdline")) return "";
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8") + readFileSync(`/proc/${pid}/comm`, "utf8");
      } catch {
        return ""; // ended meanwhile
      }
    })
    .join("\n");
}

/** Every row of every table, and the server's view of its sessions. */
async function databaseAsText(db: pg.Pool): Promise<string> {
  const { rows: tables } = await db.query<{ name: string }>(
    `select format('%I.%I', nspname, relname) as name from pg_class join pg_namespace as n on n.oid = relnamespace
     where nspname in ('trans_hub', 'graphile_worker') and relkind = 'r'`,
  );
  const texts = await Promise.all(
    [...tables.map(({ name }) => name), "pg_stat_activity"].map(async (table) => {
      const { rows } = await db.query<{ all: string | null }>(
        `select string_agg(t::text, e'\\n') as all from ${table} as t`,
      );
      return rows[0]?.all ?? "";
    }),
  );
  return texts.join("\n");
}

testOnDatabase(
  "secrets stand in no log, error, result, metric, process list or table",
  async ({ commands, database, db }) => {
    const role = `marked_${Math.random().toString(36).slice(2)}`;
    await db.query(`create role ${role} superuser login password '${PASSWORD}'`);
    const url = new URL(database.url);
    url.username = role;
    url.password = encodeURIComponent(PASSWORD);
    const right = url.href;
    // The server's error repeats the given key.
    const engine = await startOpenaiServer({ apiKey: "another" });
    const silent = createServer((socket) => socket.on("error", () => undefined).end("HTTP/1.1 400 no\r\n\r\n"));
    silent.listen(0, "127.0.0.1");
    await once(silent, "listening");
    const { port: silentPort } = silent.address() as AddressInfo;
    const env = {
      TH_DATABASE_URL: right,
      TH_ENGINES: "openai",
      TH_OPENAI_ENDPOINT: engine.url,
      TH_OPENAI_API_KEY: KEY,
      TH_METRICS_PORT: "0",
      TH_LOG_LEVEL: "trace",
    };
    const heard: string[] = [];
    try {
      const worker = commands.start(["worker"], { env });
      await worker.says(/"event":"worker.ready"/);
      await commands.json(["request", "Add to cart", "--from", "en", "--to", "fr"], { env });
      // The key is refused, and the engine's circuit opens.
      await worker.says(/engine\.circuit_opened/);
      const port = /"port":(\d+)/.exec(worker.stderr)?.[1];
      for (const path of ["metrics", "readyz", "livez"]) {
        heard.push(await (await fetch(`http://127.0.0.1:${port}/${path}`)).text());
      }
      heard.push(commandLines());
      writeFileSync(join(commands.cwd, "key"), `${KEY} ${KEY}\n`);
      const elsewhere = (change: Partial<Record<"username" | "port" | "pathname", string>>) =>
        Object.assign(new URL(right), change).href;
      const waiting = [elsewhere({ port: "1" }), elsewhere({ username: "nobody" })].map((other) =>
        commands.start(["worker"], { env: { ...env, TH_DATABASE_URL: other } }),
      );
      for (const each of waiting) {
        await each.says(/"event":"store\.waiting"/);
        each.kill("SIGTERM");
        heard.push((await each.ended()).stderr);
      }
      const wrong: [string[], Record<string, string>][] = [
        [["status"], { TH_DATABASE_URL: elsewhere({ username: "nobody" }) }],
        [["status"], { TH_DATABASE_URL: elsewhere({ port: "1" }) }],
        [["status"], { TH_DATABASE_URL: elsewhere({ pathname: "/nowhere" }) }],
        [["status"], { TH_DATABASE_URL: elsewhere({ port: String(silentPort) }) }],
        [["status"], { TH_DATABASE_URL: `${right}?sslmode=verify-full&sslrootcert=/nowhere` }],
        [["status"], { TH_DATABASE_URL: right.replace("postgresql://", "mysql://") }],
        [["status"], { TH_DATABASE_URL: right.replace("@", "@ ") }],
        [["migrate"], { TH_DATABASE_URL: elsewhere({ port: "1" }) }],
        [["roles", "create", "--prefix", "no-Prefix"], {}],
        [["worker", "--once"], { TH_OPENAI_ENDPOINT: `http://somebody:${KEY}@127.0.0.1:1/v1` }],
        [["worker", "--once"], { TH_OPENAI_API_KEY: "", TH_OPENAI_API_KEY_FILE: "key" }],
        [["doctor"], {}],
        [["doctor", "--json"], { TH_DATABASE_URL: elsewhere({ port: "1" }) }],
      ];
      const ends = await Promise.all(
        wrong.map(async ([args, given]) => {
          const { stdout, stderr } = await commands.run(args, { env: { ...env, ...given } });
          return { args, said: `${stdout}\n${stderr}` };
        }),
      );
      for (const each of ends) {
        expect(each).toMatchObject({ said: expect.stringMatching(/\S/) });
        heard.push(each.said);
      }
      worker.kill("SIGTERM");
      const { stdout, stderr } = await worker.ended();
      heard.push(stdout, stderr, await databaseAsText(db));
    } finally {
      silent.close();
      await engine.close();
      await db.query(`drop role ${role}`);
    }
    const all = heard.join("\n");
    // Proof that the search would find a leaked value.
    expect(all).toContain(role);
    for (const mark of MARKS) {
      const at = all.indexOf(mark);
      expect({ mark, found: at < 0 ? "" : all.slice(Math.max(0, at - 300), at + 100) }).toEqual({ mark, found: "" });
    }
  },
);

testOnDatabase("the embedded database's own password is in no process list", async ({ commands }) => {
  const dev = commands.start(["dev"], { env: { TH_DATABASE_URL: "" } });
  await dev.says(/postgres(ql)?:\/\/\S+/);
  const url = /postgres(?:ql)?:\/\/\S+/.exec(dev.stdout)?.[0] ?? "";
  const { password } = new URL(url);
  const lines = commandLines();
  expect(lines).toContain(commands.cwd);
  if (password !== "") expect(lines).not.toContain(password);
  dev.kill("SIGTERM");
  expect(await dev.ended()).toMatchObject({ code: 0, stderr: expect.not.stringContaining(password || "no password") });
  // Its folder belongs to the test, and is removed with it.
  await stopEmbedded({ dataDir: join(commands.cwd, ".trans-hub") });
});
