/** The main use by the command line (register, translate, read) and a worker's life from start to end. */

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { StoreStatus, Translation } from "@trans-hub/core";
import type { WorkSummary } from "@trans-hub/core/store";
import {
  type Running,
  signalledAtStart,
  testOnDatabase as test,
  test as testAlone,
} from "@trans-hub/test-support/command";
import { expectWithin } from "@trans-hub/test-support/load";
import { startOpenaiServer } from "@trans-hub/test-support/openai-server";
import { describe, expect } from "vitest";

/** The fields of each event that a worker logged. */
function events({ stderr }: { stderr: string }): Record<string, unknown>[] {
  return stderr
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line));
}

async function healthOf(worker: Running): Promise<(path: string) => Promise<{ status: number; line: string }>> {
  await worker.says(/"port":\d+/);
  const { port } = events(worker).find((event) => "port" in event) as { port: number };
  return async (path) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`);
    return { status: response.status, line: (await response.text()).trim() };
  };
}

test("a request behind a lock of another session is told as queued, by request and by get", async ({
  commands,
  db,
}) => {
  const stranger = await db.connect();
  try {
    await stranger.query("begin");
    await stranger.query(`select trans_hub.request('{"text": "Pay", "sourceLocale": "en", "targetLocales": ["fr"]}')`);
    const request = ["request", "Pay", "Back", "--from", "en", "--to", "fr"];
    expect(await commands.json(request)).toMatchObject({ registered: 1, existing: 0, queued: 1, failed: 0 });
    expect((await commands.run(request)).stdout).toMatch(/^0 registered, 1 there already, 1 queued: /);
    const get = ["get", "Pay", "--from", "en", "--to", "fr"];
    expect(await commands.json(get, { code: 3 })).toMatchObject({ status: "queued", text: null, sourceText: "Pay" });
    expect(await commands.run(get)).toMatchObject({
      code: 3,
      stdout: "",
      stderr: "queued: it waits to be registered\n",
    });
  } finally {
    stranger.release(true);
  }
  expect(await commands.json<WorkSummary>(["worker", "--until-empty"])).toMatchObject({ translated: 2 });
  expect(await commands.json(["get", "Pay", "--from", "en", "--to", "fr"])).toMatchObject({ status: "translated" });
});

test("texts are registered once, translated by a worker, and read", async ({ commands }) => {
  const request = ["request", "Add to cart", "Pay", "--from", "en", "--to", "fr,de"];
  expect(await commands.json(request)).toEqual({ registered: 4, existing: 0, queued: 0, failed: 0, rejected: [] });
  expect(await commands.json(request)).toEqual({ registered: 0, existing: 4, queued: 0, failed: 0, rejected: [] });
  expect(await commands.json(["get", "Pay", "--from", "en", "--to", "fr"], { code: 3 })).toMatchObject({
    status: "pending",
    text: null,
  });
  expect(await commands.json<WorkSummary>(["worker", "--once"])).toEqual({ translated: 4, failed: 0, retrying: 0 });

  const pay = await commands.json<Translation>(["get", "Pay", "--from", "en", "--to", "fr"]);
  expect(pay).toMatchObject({ status: "translated", engine: "pseudo", sourceText: "Pay", targetLocale: "fr" });
  const forPeople = await commands.run(["get", "Pay", "--from", "en", "--to", "fr"]);
  expect(forPeople).toMatchObject({ code: 0, stdout: `${pay.text}\n`, stderr: "" });
  const missing = ["get", "Nobody asked for this", "--from", "en", "--to", "fr"];
  expect(await commands.json(missing, { code: 3 })).toEqual({ status: "missing" });

  const status = await commands.json<StoreStatus>(["status"]);
  expect(status).toMatchObject({
    translations: { pending: 0, translated: 4, failed: 0 },
    jobs: { ready: 0, running: 0 },
  });
  const exported = await commands.run(["export", "--to", "fr"]);
  expect(
    exported.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).sourceText)
      .sort(),
  ).toEqual(["Add to cart", "Pay"]);
});

test("an export ends quietly when its reader stops early", async ({ commands }) => {
  const lines = Array.from({ length: 3_000 }, (_, at) => JSON.stringify({ text: `Text number ${at}` })).join("\n");
  await commands.json(["request", "--file", "-", "--from", "en", "--to", "fr"], { input: lines });
  const running = commands.start(["export", "--to", "fr"]);
  running.child.stdout?.once("data", () => running.child.stdout?.destroy());
  expect(await running.ended()).toMatchObject({ code: 0, stderr: "" });
});

test("a request that expired before a worker came fails, unless another request for the text lasts longer", async ({
  commands,
  db,
}) => {
  const to = ["--from", "en", "--to", "fr"];
  await commands.json(["request", "Late", "Wanted", "--expires-after", "3600", ...to]);
  const file = ["request", "--file", "-", "--expires-after", "86400", ...to];
  await commands.json(file, { input: '{"text":"Of a file","expiresAfterSeconds":3600}\n{"text":"In time"}\n' });
  await db.query("update trans_hub.translation set expires_at = expires_at - interval '2 hours'");
  await commands.json(["request", "Wanted", ...to]);
  expect(await commands.json(["worker", "--once"])).toEqual({ translated: 2, failed: 2, retrying: 0 });
  expect(await commands.json(["dead-letters", "list"])).toMatchObject({
    items: [{ code: "TH_EXPIRED" }, { code: "TH_EXPIRED" }],
  });
  expect(await commands.json(["dead-letters", "replay", "--code", "TH_EXPIRED"])).toEqual({ replayed: 2 });
  expect(await commands.json(["worker", "--once"])).toMatchObject({ translated: 2, failed: 0 });
  expect(await commands.run(["request", "Pay", "--expires-after", "0", ...to])).toMatchObject({ code: 2 });
});

describe("a file of items", () => {
  test("with bad lines has those named and the rest registered", async ({ commands }) => {
    const lines = Buffer.concat([
      Buffer.from('\uFEFF{"text":"First","context":"a note"}\r\n\n'),
      Buffer.from('{"text":"Not closed\n'),
      Buffer.from([0x7b, 0xff, 0x7d, 0x0a]),
      Buffer.from('{"text":""}\n["Pay"]\n{"text":"A\\u0000B"}\n{"text":"Bad locale","targetLocales":["xx-yy-zz"]}\n'),
      Buffer.from('{"id":"a","why":"b","text":"Elsewhere","project":"other","context":null}\n{"text":"Last"}'),
    ]);
    const file = join(commands.cwd, "items.jsonl");
    await writeFile(file, lines);
    const ended = await commands.run(["request", "--file", file, "--from", "en", "--to", "fr", "--json"]);
    expect(ended.code).toBe(1);
    const report = JSON.parse(ended.stdout);
    expect(report).toMatchObject({ registered: 3, existing: 0 });
    expect(report.rejected.map(({ line, code }: { line: number; code: string }) => [line, code])).toEqual([
      [3, "TH_ITEM_SHAPE"],
      [4, "TH_ITEM_SHAPE"],
      [5, "TH_TEXT_EMPTY"],
      [6, "TH_ITEM_SHAPE"],
      [7, "TH_TEXT_CHARACTERS"],
      [8, "TH_LOCALE"],
    ]);
    expect(ended.stderr).toBe('warning: ignored unknown fields of items: "id", "why"\n');
    expect(ended.stderr + ended.stdout).not.toMatch(/Not closed|Bad locale/);
    const first = ["get", "First", "--from", "en", "--to", "fr", "--context", '{"note":"a note"}'];
    expect(await commands.json(first, { code: 3 })).toMatchObject({ status: "pending" });
  });

  test("that cannot be read is wrong usage", async ({ commands }) => {
    const ended = await commands.run(["request", "--file", "/nowhere/items.jsonl", "--to", "fr"]);
    expect(ended).toMatchObject({ code: 2, stdout: "", stderr: expect.stringMatching(/^error: .*ENOENT/) });
  });

  test("with an overlong line has that line rejected without keeping it in memory", async ({ commands }) => {
    const env = { TH_MAX_TEXT_BYTES: "1000" };
    const input = `{"text":"${"x".repeat(200_000)}"}\n{"text":"ok"}\n`;
    const report = await commands.json(["request", "--file", "-", "--to", "fr"], { env, input, code: 1 });
    expect(report).toMatchObject({ registered: 1, rejected: [{ line: 1, code: "TH_ITEM_SHAPE" }] });
  });
});

describe("a worker", () => {
  testAlone("waits for the schema, not ready, and works once it is there", async ({ commands, emptyDatabase }) => {
    const env = { TH_DATABASE_URL: emptyDatabase.url, TH_ENGINES: "pseudo" };
    const worker = commands.start(["worker"], { env: { ...env, TH_METRICS_PORT: "0" } });
    const ask = await healthOf(worker);
    await worker.says("store.waiting");
    expect(await ask("/livez")).toMatchObject({ status: 200 });
    expect(await ask("/readyz")).toMatchObject({ status: 503, line: expect.stringContaining("schema") });

    expect(await commands.json(["migrate"], { env })).toMatchObject({ pending: [] });
    await worker.says("worker.ready");
    expect(await ask("/readyz")).toMatchObject({ status: 200 });
    await commands.json(["request", "Pay", "--from", "en", "--to", "fr"], { env });
    await worker.says("batch.settled");
    worker.kill("SIGTERM");
    expect(await worker.ended()).toMatchObject({ code: 0, stdout: "1 translated, 0 failed, 0 to be tried again\n" });
    expect(events(worker).filter(({ event }) => event === "store.waiting")).toHaveLength(1);
  });

  test("behind a lock of another session logs the table and the process, and no text", async ({ commands, db }) => {
    const holder = await db.connect();
    await holder.query("set application_name = 'a forgotten session'");
    await holder.query("begin; lock table trans_hub.reconciling in share update exclusive mode");
    const { rows } = await holder.query("select pg_backend_pid() as pid");
    await commands.json(["request", "A text that no log may hold", "--from", "en", "--to", "fr"]);
    const worker = commands.start(["worker", "--once"]);
    await worker.says("lock.waiting");
    await holder.query("commit; reset application_name");
    holder.release();
    expect(await worker.ended()).toMatchObject({ code: 0, stdout: "1 translated, 0 failed, 0 to be tried again\n" });
    expect(events(worker).filter(({ event }) => event === "lock.waiting")).toMatchObject([
      {
        level: "warn",
        lock: "trans_hub.reconciling",
        seconds: expect.any(Number),
        blockedBy: [rows[0].pid],
        holder: expect.stringContaining("a forgotten session"),
      },
    ]);
    expect(worker.stderr).not.toContain("A text");
  });

  testAlone("waits for a database that is away, and ends when asked to", async ({ commands }) => {
    const env = { TH_DATABASE_URL: "postgres://u:hunter2@127.0.0.1:1/d", TH_ENGINES: "pseudo" };
    const worker = commands.start(["worker", "--json"], { env });
    await worker.says("store.waiting");
    worker.kill("SIGINT");
    const ended = await worker.ended();
    expect(ended).toMatchObject({ code: 0, stdout: '{"translated":0,"failed":0,"retrying":0}\n' });
    expect(ended.stderr).not.toContain("hunter2");
  });

  testAlone(
    "that is to end by itself ends with a refusal, and waits for a database that is away",
    async ({ commands, emptyDatabase }) => {
      const refusing = new URL(emptyDatabase.url);
      refusing.password = "hunter2";
      const away = "postgres://u:hunter2@127.0.0.1:1/d";
      const pass = async (args: string[], url: string) => {
        const worker = commands.start(["worker", ...args, "--json"], {
          env: { TH_DATABASE_URL: url, TH_ENGINES: "pseudo" },
        });
        const { code, stdout, stderr, ms } = await worker.ended();
        expect(stderr).not.toMatch(/hunter2|store\.waiting/);
        expectWithin(ms, 5_000);
        return { code, ...JSON.parse(stdout) };
      };
      for (const args of [["--once"], ["--until-empty"]]) {
        expect(await pass(args, refusing.href)).toMatchObject({
          code: 1,
          error: {
            code: "TH_DATABASE_REFUSED",
            message: expect.stringContaining("refuse"),
            hint: expect.stringContaining("password"),
          },
        });
      }

      // Workers that wait: a service for a person's repair; every worker for the database.
      for (const [args, url] of [
        [[], refusing.href],
        [["--once"], away],
        [["--once"], emptyDatabase.url],
        [["--until-empty"], away],
      ] as const) {
        const env = { TH_DATABASE_URL: url, TH_ENGINES: "pseudo" };
        const worker = commands.start(["worker", ...args], { env });
        await worker.says("store.waiting");
        worker.kill("SIGTERM");
        expect(await worker.ended()).toMatchObject({ code: 0 });
      }
    },
  );

  testAlone("that is told to end while it still loads ends well", async ({ commands }) => {
    const env = { TH_DATABASE_URL: "postgres://u@127.0.0.1:1/d", TH_ENGINES: "pseudo", ...signalledAtStart("SIGTERM") };
    const ended = await commands.run(["worker"], { env });
    expect(ended).toMatchObject({ code: 0, stdout: "0 translated, 0 failed, 0 to be tried again\n" });
    expect(ended.stderr).toContain("worker.stopping");
  });

  test("logs one line a batch, with numbers and names, and no text", async ({ commands }) => {
    await commands.json(["request", "Zebra crossing", "--from", "en", "--to", "fr", "--project", "shop"]);
    const { stderr } = await commands.run(["worker", "--once"]);
    expect(events({ stderr }).filter(({ event }) => event === "batch.settled")).toEqual([
      expect.objectContaining({ project: "shop", locale: "fr", items: 1, attempt: 1, engine: "pseudo", translated: 1 }),
    ]);
    expect(stderr).not.toMatch(/Zebra/i);
  });

  test("lets running calls end on SIGTERM; a second signal ends it at once", async ({ commands }) => {
    const server = await startOpenaiServer({ rules: [{ fault: { kind: "hang" } }] });
    try {
      const env = { TH_ENGINES: "openai", TH_OPENAI_ENDPOINT: server.url, TH_DRAIN_SECONDS: "4" };
      await commands.json(["request", "Pay", "--from", "en", "--to", "fr"]);
      const patient = commands.start(["worker"], { env });
      await new Promise((resolve) => server.events.once("call", resolve));
      const askedAt = performance.now();
      patient.kill("SIGTERM");
      const { code } = await patient.ended();
      expect({ code }).toEqual({ code: 0 });
      expectWithin(performance.now() - askedAt, 4_000);
      // Nothing was lost, and the attempt did not count.
      server.behave();
      expect(await commands.json(["worker", "--once"], { env })).toEqual({ translated: 1, failed: 0, retrying: 0 });

      server.misbehave({ fault: { kind: "hang" } });
      await commands.json(["request", "Back", "--from", "en", "--to", "fr"]);
      const hasty = commands.start(["worker"], { env: { ...env, TH_DRAIN_SECONDS: "60" } });
      await new Promise((resolve) => server.events.once("call", resolve));
      hasty.kill("SIGINT");
      await hasty.says("worker.stopping");
      hasty.kill("SIGINT");
      expect(await hasty.ended()).toMatchObject({ code: 1 });
    } finally {
      await server.close();
    }
  });

  test("with --until-empty outlives the loss of its connections", async ({ commands, db }) => {
    const server = await startOpenaiServer({ rules: [{ fault: { kind: "slow", ms: 100 } }] });
    try {
      const env = { TH_ENGINES: "openai", TH_OPENAI_ENDPOINT: server.url, TH_BATCH_SIZE: "10" };
      const input = Array.from({ length: 300 }, (_, at) => JSON.stringify({ text: `Text number ${at}` })).join("\n");
      await commands.json(["request", "--file", "-", "--from", "en", "--to", "fr"], { env, input });
      const worker = commands.start(["worker", "--until-empty", "--json"], { env });
      await new Promise((resolve) => server.events.once("answered", resolve));
      await db.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
      );
      const { code, stdout } = await worker.ended();
      expect({ code, summary: JSON.parse(stdout) }).toMatchObject({ code: 0, summary: { failed: 0, retrying: 0 } });
      expect(await commands.json(["status"])).toMatchObject({
        translations: { pending: 0, translated: 300, failed: 0 },
      });
    } finally {
      await server.close();
    }
  });

  test("with --once on a database that takes no writes tries again in growing steps, and works once it can write", async ({
    commands,
    db,
  }) => {
    await commands.json(["request", "Pay", "--from", "en", "--to", "fr"]);
    const [{ name } = { name: "" }] = (await db.query<{ name: string }>("select current_database() as name")).rows;
    await db.query(`alter database "${name}" set default_transaction_read_only = on`);
    const worker = commands.start(["worker", "--once", "--json"], { env: { TH_ENGINES: "pseudo" } });
    const tries = () => events(worker).filter(({ event }) => event === "worker.interrupted");
    await expect.poll(() => tries().length).toBeGreaterThanOrEqual(4);
    const [first, , , fourth] = tries().map(({ time }) => Date.parse(String(time)));
    expect(Number(fourth) - Number(first)).toBeGreaterThanOrEqual(1_500);
    await db.query(
      `set default_transaction_read_only = off; alter database "${name}" reset default_transaction_read_only`,
    );
    const { code, stdout } = await worker.ended();
    expect({ code, ...JSON.parse(stdout) }).toMatchObject({ code: 0, translated: 1 });
  });

  test.for(["--once", "--until-empty"])(
    "that runs with %s ends with the engine's fault when the key is wrong, and loses nothing",
    async (pass, { commands }) => {
      const server = await startOpenaiServer({ rules: [{ fault: { kind: "status", status: 401 } }] });
      try {
        const env = { TH_ENGINES: "openai", TH_OPENAI_ENDPOINT: server.url };
        await commands.json(["request", "Pay", "--from", "en", "--to", "fr"]);
        const { code, stdout } = await commands.run(["worker", pass, "--json"], { env });
        expect({ code, ...JSON.parse(stdout) }).toMatchObject({
          code: 4,
          error: {
            code: "TH_ENGINES_STOPPED",
            message: expect.stringMatching(/still wait\b.*"openai".*status 401/),
            hint: expect.stringContaining("TH_OPENAI_API_KEY"),
          },
        });
        expect(await commands.json(["status"])).toMatchObject({ translations: { pending: 1, failed: 0 } });
        // As long as one engine of the chain works, the wait can succeed. The server refuses no request that costs nothing,
        // so the text that waits is tried again, and goes to the next engine as well.
        await commands.json(["request", "Back", "--from", "en", "--to", "fr"]);
        expect(
          await commands.json(["worker", "--once"], { env: { ...env, TH_ENGINES: "openai,pseudo" } }),
        ).toMatchObject({ translated: 2 });
      } finally {
        await server.close();
      }
    },
  );

  test("that runs once exits 0 even when texts went to the dead letters", async ({ commands }) => {
    const server = await startOpenaiServer({ rules: [{ fault: { kind: "refuse" } }] });
    try {
      const env = { TH_ENGINES: "openai", TH_OPENAI_ENDPOINT: server.url };
      await commands.json(["request", "Pay", "--from", "en", "--to", "fr"]);
      expect(await commands.json(["worker", "--once"], { env })).toEqual({ translated: 0, failed: 1, retrying: 0 });
      const list = await commands.json<{ items: { id: string; code: string }[] }>(["dead-letters", "list"]);
      expect(list).toMatchObject({ items: [{ code: "TH_ENGINE_REFUSED", sourceText: "Pay" }], nextCursor: null });
      expect(await commands.run(["dead-letters", "replay"])).toMatchObject({ code: 2 });
      expect(await commands.json(["dead-letters", "replay", "--all"])).toEqual({ replayed: 1 });
      expect(await commands.json(["dead-letters", "replay", "--all"])).toEqual({ replayed: 0 });
      server.behave();
      expect(await commands.json(["worker", "--once"], { env })).toMatchObject({ translated: 1 });
    } finally {
      await server.close();
    }
  });
});

describe("upkeep", () => {
  test("keeps a person's approval, and refuses an approval of an outdated text", async ({ commands }) => {
    await commands.json(["request", "Pay", "--from", "en", "--to", "fr", "--business-id", "shop.pay"]);
    await commands.json(["worker", "--once"]);
    const { revision } = await commands.json<Translation>(["get", "--business-id", "shop.pay", "--to", "fr"]);
    const approve = [
      "approve",
      "--business-id",
      "shop.pay",
      "--to",
      "fr",
      "--text",
      "Payer",
      "--revision",
      `${revision}`,
    ];
    expect(await commands.json(approve)).toMatchObject({ status: "approved", text: "Payer", engine: "human" });
    expect(await commands.json(approve, { code: 1 })).toMatchObject({ error: { code: "TH_REVISION_CHANGED" } });
    const force = ["request", "Pay", "--from", "en", "--to", "fr", "--force"];
    expect(await commands.json(force)).toMatchObject({ registered: 0, existing: 1 });
  });

  test("approves a text without its source's placeholder, and says so on stderr", async ({ commands }) => {
    await commands.json(["request", "Pay {amount}", "--from", "en", "--to", "fr"]);
    const approve = ["approve", "Pay {amount}", "--from", "en", "--to", "fr", "--text"];
    const { code, stdout, stderr } = await commands.run([...approve, "Payer", "--json"]);
    expect(code).toBe(0);
    expect(stderr).toMatch(/^warning: the approved text is not like its source: 1 placeholder missing$/m);
    expect(JSON.parse(stdout)).toMatchObject({
      status: "approved",
      text: "Payer",
      warnings: [{ check: "placeholders", message: "1 placeholder missing" }],
    });
    expect((await commands.run([...approve, "Payer {amount}"])).stderr).not.toContain("warning");
  });

  test("counts in a dry collection what the real one removes, also in a bare environment", async ({ commands }) => {
    await commands.json(["request", "Pay", "--from", "en", "--to", "fr"]);
    await commands.json(["worker", "--once"]);
    const dry = await commands.json(["gc", "--retention-days", "0", "--dry-run"]);
    expect(dry).toMatchObject({ dryRun: true, sources: 1, translations: 1, contents: 1 });
    expect(await commands.json(["gc", "--retention-days", "0"])).toEqual({ ...dry, dryRun: false });
    expect(await commands.json(["get", "Pay", "--from", "en", "--to", "fr"], { code: 3 })).toEqual({
      status: "missing",
    });
  });

  test("includes a doctor that names missing parts and their remedies", async ({ commands }) => {
    interface Found {
      checks: { name: string; status: string; detail: string; cure: string | null }[];
    }
    // The test server runs without fsync, which the doctor always reports (doctor.test.ts has a healthy one).
    const ill = await commands.json<Found & Record<string, unknown>>(["doctor"], { code: 1 });
    expect(ill.checks).toEqual(
      expect.arrayContaining([
        { name: "database", status: "ok", detail: expect.any(String), cure: null },
        { name: "schema", status: "ok", detail: expect.any(String), cure: null },
        { name: "worker", status: "fail", detail: "none is alive", cure: expect.stringContaining("trans-hub worker") },
        { name: "gc", status: "warn", detail: "never ran", cure: expect.stringContaining("TH_GC_CRON") },
        { name: "engine", status: "ok", detail: expect.stringContaining("pseudo"), cure: null },
      ]),
    );
    const worker = commands.start(["worker"]);
    await worker.says("worker.ready");
    await commands.json(["gc"]);
    const well = await commands.json<Found & Record<string, unknown>>(["doctor"], { code: 1 });
    const failing = well.checks.filter(({ status }) => status === "fail").map(({ name }) => name);
    expect(failing).toEqual(["durability"]);
    expect(well.checks).toContainEqual({ name: "worker", status: "ok", detail: expect.any(String), cure: null });
    // Workers have the same names as in the logs.
    const { workers } = await commands.json<StoreStatus>(["status"]);
    expect((await commands.run(["status"])).stdout).toContain(workers[0]?.id);
  });

  test("shows in doctor and status what needs a person's attention, and no text", async ({ commands, db }) => {
    await db.query(`select trans_hub.append_to_inbox('[{"text": "A secret", "targetLocales": ["english"]}]', '{}')`);
    await commands.json(["worker", "--once"]);
    await commands.json(["pause", "--locale", "fr"]);
    const { stdout, code } = await commands.run(["doctor"], { env: { TH_ENGINES: "pseudo" } });
    expect(stdout).toMatch(/warn {2}inbox: 1 item cannot be registered: 1 TH_LOCALE\n +Read them/);
    expect(stdout).toMatch(/warn {2}pause: locale fr is paused since .*\n +trans-hub resume --locale fr/);
    // There is no worker on a named database.
    expect(code).toBe(1);
    expect(await commands.json(["status"])).toMatchObject({ inbox: 0, refused: { TH_LOCALE: 1 } });
    const { stdout: status } = await commands.run(["status"]);
    expect(status).toContain("inbox: 1 item cannot be registered: 1 TH_LOCALE");
    expect(stdout + status).not.toContain("A secret");
  });
});
