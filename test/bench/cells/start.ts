/** Start-up time of the command. */
import { spawnSync } from "node:child_process";
import { inTurn, quantile } from "../figures.ts";
import { connect, drainOurs } from "../ours.ts";
import { BIN } from "../process.ts";
import type { Family } from "./cell.ts";

export const start: Family = {
  name: "start",
  what: "how long the command takes to start",
  isQuick: false,
  async measure(stage) {
    await stage.database(async ({ url }) => {
      const hub = await connect(url);
      await hub.request({ text: "Add to cart", targetLocales: ["fr"] });
      await hub.close();
      await drainOurs(url);
      const { PATH = "", HOME = "" } = process.env;
      const run = (args: string[]) => async () => {
        const startedAt = performance.now();
        const { status, stderr } = spawnSync(process.execPath, args, {
          env: { PATH, HOME, TH_DATABASE_URL: url, TH_LOG_LEVEL: "warn" },
          encoding: "utf8",
        });
        if (status !== 0) throw new Error(`${args.join(" ")} ended with ${status}:\n${stderr}`);
        return performance.now() - startedAt;
      };
      const figures = await inTurn(
        20,
        {
          node: run(["-e", "0"]),
          help: run([BIN, "--help"]),
          get: run([BIN, "get", "Add to cart", "--from", "en", "--to", "fr"]),
        },
        () => undefined,
      );
      stage.progress(
        `  node ${quantile(figures.node, 0.5)} ms, --help ${quantile(figures.help, 0.5)}, get ${quantile(figures.get, 0.5)}`,
      );
      const row = {
        family: "start",
        against: "node -e 0",
        unit: "ms",
        better: "less",
        theirs: figures.node,
        phase: "no writes",
        note: "from the sources, which Node strips of their types at every start",
      } as const;
      stage.record(
        { ...row, cell: "start of the command: trans-hub --help", ours: figures.help, reach: 3 },
        { ...row, cell: "start of the command: get against a warm database", ours: figures.get, reach: 6 },
      );
    });
  },
};
