/** Workers that die, are stopped, and start by the dozen. */
import type { Cell } from "./cell.ts";

export const kill: Cell = {
  name: "kill",
  what: "one of 4 workers, chosen at random, gets kill -9 every second; another starts in its place",
  async trouble(scene) {
    while (scene.isLoaded) {
      await scene.pass(1_000);
      const victim = scene.oneOf(scene.fleet.workers.filter(({ isAlive }) => isAlive));
      await scene.strike("kill -9", { workers: [victim], endsCalls: true }, () =>
        scene.fleet.replace(victim, "SIGKILL"),
      );
    }
  },
};

/** Number of kills in a run of 60 s. */
const KILLS = 50;
const TRANSLATIONS = 100_000;

export const kill50: Cell = {
  name: "kill-50",
  what: `50 kill -9 spread evenly over ${TRANSLATIONS} translations by 4 workers (per 60 s of load)`,
  hasBacklog: true,
  needsTime: "in some seconds it is the cell kill",
  scene: (seconds) => ({
    engineMs: 400,
    producers: 2,
    load: { chunk: 200, everyMs: 100, atMost: Math.round((TRANSLATIONS * seconds) / 60 / 4) },
  }),
  async trouble(scene) {
    const kills = Math.max(3, Math.round((KILLS * scene.options.seconds) / 60));
    const rows = (TRANSLATIONS * scene.options.seconds) / 60;
    for (let done = 0; done < kills; done += 1) {
      await scene.until(`${done} of ${kills} kills are done`, 180, async () => {
        const stored = await scene.db.query<{ n: number }>("select count(*)::int as n from chaos.stored");
        return (stored.rows[0]?.n ?? 0) >= (rows * (done + 0.5)) / kills;
      });
      const victim = scene.oneOf(scene.fleet.workers);
      await scene.strike("kill -9", { workers: [victim], endsCalls: true }, () =>
        scene.fleet.replace(victim, "SIGKILL"),
      );
    }
    await scene.load.exhausted();
  },
};

export const rolling: Cell = {
  name: "rolling",
  what: "every worker in turn gets SIGTERM, drains, and is replaced after it has ended",
  async trouble(scene) {
    const codes = new Map<number | null, number>();
    while (scene.isLoaded) {
      const [oldest] = scene.fleet.workers;
      if (oldest === undefined) return;
      await scene.strike("SIGTERM", { workers: [oldest] }, async () => {
        const { code, successor } = await scene.fleet.replace(oldest, "SIGTERM");
        codes.set(code, (codes.get(code) ?? 0) + 1);
        if (code !== 0) scene.violations.push(`${oldest.name} ended with ${code}:\n${oldest.log.slice(-1_000)}`);
        await successor.ready;
      });
      await scene.pass(500);
    }
    scene.notes.push(`${codes.get(0) ?? 0} workers ended with 0`);
  },
};

export const herd: Cell = {
  name: "herd",
  what: "20 workers (fewer in a run under 20 s) start at once beside the load, all end, and they start again",
  needsTime: "in some seconds there is no herd, and the cell rolling starts and ends workers",
  // Little load: twenty starting processes take all available cores.
  scene: () => ({ workers: 1, load: { everyMs: 500 }, env: { TH_MAX_CONNECTIONS: "5" } }),
  async trouble(scene) {
    const size = Math.min(20, Math.ceil(scene.options.seconds));
    let most = 0;
    const count = setInterval(() => {
      scene.db
        .query("select count(*)::int as n from pg_stat_activity where application_name like 'trans-hub%'")
        .then(({ rows }) => {
          most = Math.max(most, rows[0]?.n ?? 0);
        })
        .catch(() => undefined);
    }, 200);
    do {
      const startedAt = performance.now();
      const herd = Array.from({ length: size }, () => scene.fleet.start());
      await Promise.all(herd.map(({ ready }) => ready));
      scene.notes.push(`${size} workers ready after ${((performance.now() - startedAt) / 1_000).toFixed(1)} s`);
      await scene.pass(2_000);
      await scene.strike(`SIGTERM to ${size}`, { workers: herd }, async () => {
        for (const worker of herd) scene.fleet.workers.splice(scene.fleet.workers.indexOf(worker), 1);
        const ends = await Promise.all(herd.map((worker) => worker.end("SIGTERM")));
        const bad = ends.filter(({ code }) => code !== 0).length;
        if (bad > 0) scene.violations.push(`${bad} of ${size} workers did not end with 0`);
      });
    } while (scene.isLoaded);
    clearInterval(count);
    scene.notes.push(`at most ${most} connections of workers`);
  },
};
