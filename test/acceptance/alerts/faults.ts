/** For each alert a fault that makes it fire, and the steps of its section in docs/alerts.md that resolve it. */
import type { Scene } from "./scene.ts";

interface Fault {
  plant(scene: Scene): Promise<unknown>;
  cure(scene: Scene): Promise<unknown>;
  /** Longest time in seconds until it fires, and until it is resolved. Default 60. */
  mostSeconds?: number;
}

/** Ends the work that repeats until its fault is cured. */
let stopRepeating: () => void = () => undefined;

function repeat(everyMs: number, act: () => Promise<unknown>): void {
  const timer = setInterval(() => act().catch(() => undefined), everyMs);
  stopRepeating = () => clearInterval(timer);
}

/** Opens a transaction that locks a table and is never ended. */
async function lockTable({ db }: Scene, table: string): Promise<void> {
  const client = await db.connect();
  client.on("error", () => undefined);
  await client.query(`begin; lock table trans_hub.${table} in access exclusive mode`);
  forgotten = () => client.release(true);
}
let forgotten: () => void = () => undefined;

/** The cure from the page: end the session that holds the lock. */
async function endBlocker({ db }: Scene): Promise<void> {
  await db.query(
    `select pg_terminate_backend(blocker)
     from (
       select distinct unnest(pg_blocking_pids(pid)) as blocker from pg_stat_activity where wait_event_type = 'Lock'
     ) as b
     where cardinality(pg_blocking_pids(blocker)) = 0`,
  );
  forgotten();
}

const WEBHOOK = "wh_0123456789abcdef01234567";

/** Makes a webhook at the end of the feed, in a state. */
async function plantWebhook(db: Scene["db"], state: string): Promise<void> {
  await db.query(
    `insert into trans_hub.webhook (webhook_id, project, url, type, epoch, position)
     select $1, 'default', 'https://receiver.invalid/', 'translations.settled', 'drill', h.position from trans_hub.feed_head as h
     on conflict do nothing`,
    [WEBHOOK],
  );
  await db.query(`update trans_hub.webhook set ${state} where webhook_id = $1`, [WEBHOOK]);
}

export const FAULTS: Readonly<Record<string, Fault>> = {
  TransHubNoWorkerReady: {
    plant: ({ end }) => Promise.all([end(0), end(1)]),
    cure: ({ restart }) => restart(),
  },
  TransHubWorkerDown: {
    plant: ({ end }) => end(1, "SIGKILL"),
    cure: ({ start }) => start(1),
  },
  TransHubDatabaseUnreachable: {
    plant: (scene) => lockTable(scene, "batch"),
    cure: endBlocker,
  },
  TransHubBacklogOld: {
    async plant({ restart, request, db }) {
      await restart(["--locales", "fr"]);
      await request(20, "de");
      await db.query(
        "update trans_hub.batch set created_at = now() - interval '1 hour', run_at = now() - interval '1 hour' where target_locale = 'de'",
      );
    },
    cure: ({ restart }) => restart(),
  },
  TransHubBacklogGrowing: {
    async plant({ restart, request }) {
      await restart(["--locales", "fr"]);
      await request(1_000, "es");
      repeat(500, () => request(50, "es"));
    },
    async cure({ command, restart }) {
      stopRepeating();
      await command("trans-hub cancel --project default --to es --yes");
      await restart();
    },
  },
  TransHubDeadLettersGrowing: {
    async plant({ engine, request }) {
      engine.misbehave("content_filter");
      await request(40, "fr", "Refused");
    },
    async cure({ engine, command }) {
      engine.behave();
      await command("trans-hub dead-letters replay --all");
    },
  },
  TransHubEngineCircuitOpen: {
    plant: async ({ engine }) => engine.misbehave({ kind: "status", status: 401 }),
    cure: async ({ engine }) => engine.behave(),
    // The circuit is tried a minute after it opened.
    mostSeconds: 120,
  },
  TransHubNoEngineAvailable: {
    plant: async ({ engine }) => engine.misbehave({ kind: "status", status: 401 }),
    cure: async ({ engine }) => engine.behave(),
    mostSeconds: 120,
  },
  TransHubEngineErrors: {
    plant: async ({ engine }) => engine.misbehave({ kind: "status", status: 500 }),
    cure: async ({ engine }) => engine.behave(),
  },
  TransHubEngineSlow: {
    plant: async ({ engine }) => engine.misbehave({ kind: "slow", ms: 2_000 }),
    cure: async ({ engine }) => engine.behave(),
  },
  TransHubLimitSaturated: {
    plant: ({ restart }) => restart([], { TH_OPENAI_RPM: "30" }),
    cure: ({ restart }) => restart(),
    mostSeconds: 120,
  },
  TransHubRescues: {
    async plant({ end, start }) {
      for (let died = 0; died < 6; died += 1) {
        await end(1, "SIGKILL");
        await start(1);
      }
    },
    // Nothing is cured: the machine is left alone.
    cure: async () => undefined,
  },
  TransHubInboxRefused: {
    // An item that the library would have refused, appended without it.
    plant: ({ db }) =>
      db.query(
        `select trans_hub.append_to_inbox('[{"text": "A", "sourceLocale": "en", "targetLocales": ["english"]}]', '{}')`,
      ),
    cure: ({ db }) => db.query("delete from trans_hub.inbox where refused is not null"),
  },
  TransHubGcNotRun: {
    plant: ({ db }) =>
      db.query(
        "update trans_hub.gc_run set started_at = now() - interval '3 days', finished_at = now() - interval '3 days'",
      ),
    cure: ({ command }) => command("trans-hub gc"),
  },
  TransHubPoolExhausted: {
    async plant(scene) {
      const narrow = await scene.open({ maxConnections: 1 });
      await lockTable(scene, "translation");
      repeat(200, () => narrow.getTranslation({ text: `A text ${Math.random()}`, targetLocale: "fr" }));
      const stop = stopRepeating;
      stopRepeating = () => {
        stop();
        void narrow.close();
      };
    },
    async cure(scene) {
      await endBlocker(scene);
      stopRepeating();
    },
  },
  TransHubPausedForLong: {
    plant: ({ command }) => command("trans-hub pause --locale it"),
    cure: ({ command }) => command("trans-hub resume --locale it"),
  },
  TransHubBudgetNear: {
    plant: ({ db }) =>
      db.query(
        `select trans_hub.set_budget('default', 'day', 1, 'USD', 'drill');
         insert into trans_hub.budget_entry values ('default', current_date, 'USD', 0.9, 0)`,
      ),
    cure: ({ db }) => db.query("select trans_hub.remove_budget('default', 'day')"),
  },
  TransHubBudgetUnconfirmed: {
    async plant({ db }) {
      await db.query("select trans_hub.set_budget('default', 'day', 1, 'USD', 'drill')");
      repeat(2_000, async () => {
        await db.query("insert into trans_hub.budget_entry values ('default', current_date, 'USD', 0.02, 0.02)");
      });
    },
    async cure({ db }) {
      stopRepeating();
      await db.query("select trans_hub.remove_budget('default', 'day')");
    },
  },
  TransHubWebhookFailing: {
    plant: ({ db }) => plantWebhook(db, "failures = 9, failing_since = now() - interval '2 hours'"),
    cure: ({ command }) => command(`trans-hub webhooks enable ${WEBHOOK}`),
  },
  TransHubWebhookDisabled: {
    plant: ({ db }) => plantWebhook(db, "disabled_because = 'gone', disabled_at = now()"),
    cure: ({ command }) => command(`trans-hub webhooks remove ${WEBHOOK}`),
  },
  TransHubWebhooksNotSent: {
    async plant({ db, hub }) {
      // Switches the feed on.
      await hub.events();
      await plantWebhook(db, "position = 0");
      repeat(500, async () => {
        await db.query("update trans_hub.event set at = at - interval '1 hour'");
      });
    },
    async cure({ endServer, startServer }) {
      stopRepeating();
      await endServer();
      await startServer({ TH_WEBHOOK_KEY: "a-key-of-the-drill-that-is-long-enough" });
    },
  },
  TransHubRequestsRefused: {
    async plant({ command, request, open }) {
      await command("trans-hub pause --locale it");
      await request(30, "it");
      const bounded = await open({ maxBacklog: 10 });
      let count = 0;
      repeat(500, () => {
        count += 1;
        return bounded.request({ text: `One more, number ${count}`, targetLocales: ["it"] });
      });
      const stop = stopRepeating;
      stopRepeating = () => {
        stop();
        void bounded.close();
      };
    },
    // Once the backlog is worked off, new requests are accepted again.
    cure: ({ command }) => command("trans-hub resume --locale it"),
  },
  TransHubRequestsFailing: {
    plant: async ({ wire }) => wire.cut(),
    cure: async ({ wire }) => wire.mend(),
  },
  TransHubServerDown: {
    plant: ({ endServer }) => endServer("SIGKILL"),
    cure: ({ startServer }) => startServer(),
  },
  TransHubServerErrors: {
    // The server's database is behind the wire, and so is the application's.
    plant: async ({ wire }) => wire.cut(),
    cure: async ({ wire }) => wire.mend(),
  },
  TransHubWaitsRefused: {
    async plant({ post, endServer, startServer, wire }) {
      // A server holds 1,000 waits. Without its database, each is refused as well.
      await endServer();
      await startServer();
      wire.cut();
      repeat(500, () => post("/translations:wait", { items: ["Wait"], targetLocale: "fr", sourceLocale: "en" }));
    },
    async cure({ wire }) {
      wire.mend();
      stopRepeating();
    },
  },
};

/** Ends the repeated work that a fault left running. */
export function tidyUp(): void {
  stopRepeating();
  stopRepeating = () => undefined;
}
