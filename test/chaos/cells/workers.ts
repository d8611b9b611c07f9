/** Workers that die, are stopped, and start by the dozen. */
import type { Cell } from "./cell.ts";

export const kill: Cell = {
  name: "kill",
  what: "kill -9 of a random one of 4 workers every second; another starts in its place",
  async trouble(scene) {
    while (scene.isLoaded) {
      await scene.pass(1_000);
      const victim = scene.oneOf(scene.fleet.workers.filter(({ isAlive }) => isAlive));
      await scene.strike("kill -9", [victim], () => scene.fleet.replace(victim, "SIGKILL"));
    }
  },
};

export const rolling: Cell = {
  name: "rolling",
  what: "every worker in turn gets SIGTERM, ends in order, and is replaced when it is gone",
  async trouble(scene) {
    const codes = new Map<number | null, number>();
    while (scene.isLoaded) {
      const [oldest] = scene.fleet.workers;
      if (oldest === undefined) return;
      await scene.strike("SIGTERM", [oldest], async () => {
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
  what: "20 workers start at once beside the load, all are ended, and 20 start again",
  // Little load: twenty processes that start take all the cores there are.
  scene: () => ({ workers: 1, load: { everyMs: 500 }, env: { TH_MAX_CONNECTIONS: "5" } }),
  async trouble(scene) {
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
      const herd = Array.from({ length: 20 }, () => scene.fleet.start());
      await Promise.all(herd.map(({ ready }) => ready));
      scene.notes.push(`20 workers ready after ${((performance.now() - startedAt) / 1_000).toFixed(1)} s`);
      await scene.pass(2_000);
      await scene.strike("SIGTERM to 20", herd, async () => {
        for (const worker of herd) scene.fleet.workers.splice(scene.fleet.workers.indexOf(worker), 1);
        const ends = await Promise.all(herd.map((worker) => worker.end("SIGTERM")));
        const bad = ends.filter(({ code }) => code !== 0).length;
        if (bad > 0) scene.violations.push(`${bad} of 20 workers did not end with 0`);
      });
    } while (scene.isLoaded);
    clearInterval(count);
    scene.notes.push(`at most ${most} connections of workers`);
  },
};
