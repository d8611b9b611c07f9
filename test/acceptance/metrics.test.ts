/** `/metrics` of the real command. */

import { testOnDatabase as test } from "@trans-hub/test-support/command";
import { expect } from "vitest";

test("a worker exposes its metrics to Prometheus, and no text", async ({ commands }) => {
  await commands.run(["pause", "--locale", "it"]);
  await commands.run(["request", "Confidential one", "Confidential two", "--from", "en", "--to", "fr,it"]);
  const worker = commands.start(["worker"], { env: { TH_METRICS_PORT: "0", TH_LOG_FORMAT: "json" } });
  await worker.says(/"port":\d+/);
  const [, port] = /"port":(\d+)/.exec(worker.stdout + worker.stderr) ?? [];
  const scrape = async () => (await fetch(`http://127.0.0.1:${port}/metrics`)).text();

  await worker.says('"batch.settled"');
  // The fleet's figures may be those of the previous scrape.
  await expect.poll(scrape, { interval: 500 }).toContain('backlog_texts{state="paused",priority="normal"} 2');
  const body = await scrape();
  for (const line of [
    "trans_hub_ready 1",
    "trans_hub_database_up 1",
    'trans_hub_translations_total{outcome="translated",engine="pseudo",locale="fr"} 2',
    'trans_hub_engine_calls_total{engine="pseudo",outcome="ok"} 1',
    'trans_hub_fleet_pauses{kind="locale"} 1',
    "trans_hub_fleet_workers 1",
  ]) {
    expect(body.split("\n")).toContain(line);
  }
  expect(body).not.toMatch(/confidential/i);

  worker.kill("SIGTERM");
  expect(await worker.ended()).toMatchObject({ code: 0 });
});
