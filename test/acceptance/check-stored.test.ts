/** `check --stored`: the translations that the store has, judged on a database and behind a server. */
import { testOnDatabase as test } from "@trans-hub/test-support/command";
import { urlOf } from "@trans-hub/test-support/through-server";
import { expect } from "vitest";

test("a stored translation that is blocked is named by locale and id, and sets the exit code", async ({ commands }) => {
  const request = ["request", "Pay {name}", "--from", "en", "--business-id", "cart.pay"];
  await commands.json([...request, "--to", "fr,de"]);
  await commands.json(["request", "Back", "--from", "en", "--to", "fr"]);
  await commands.json(["worker", "--once"]);
  // A person has the last word, and the check says so.
  await commands.run(["approve", "Pay {name}", "--from", "en", "--to", "fr", "--text", "Payer"]);
  const server = commands.start(["serve", "--port", "0", "--json"]);
  await server.says(/server\.listening/);
  const behind = { TH_DATABASE_URL: "", TH_SERVER: urlOf(server) };

  const [here, there] = [
    await commands.run(["check", "--stored", "--json"]),
    await commands.run(["check", "--stored", "--json"], { env: behind }),
  ];
  expect(here).toMatchObject({ code: 1, stderr: "" });
  expect(there).toMatchObject({ code: 1, stdout: here.stdout });
  const lines = here.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(lines).toHaveLength(3);
  expect(lines.filter(({ blocked }) => blocked.length > 0)).toEqual([
    { locale: "fr", id: ["cart.pay"], blocked: [{ check: "placeholders", message: expect.any(String) }], warnings: [] },
  ]);
  expect(here.stdout).not.toMatch(/Payer|Back/);
  expect(await commands.run(["check", "--stored", "--to", "de"])).toMatchObject({
    ...{ code: 0, stdout: expect.stringMatching(/^1 checked, 0 blocked/m) },
  });
  expect(await commands.run(["check", "--stored", "locales"])).toMatchObject({ code: 2 });
  expect((await commands.run(["check", "--stored"])).stdout).toMatch(/fr\s.*cart\.pay\s.*blocked\s.*placeholders/);
});
