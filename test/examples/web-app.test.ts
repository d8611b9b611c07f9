/** examples/web-app: `enqueue` in the application's transaction, a webhook, and the names in its own table. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { join, resolve } from "node:path";
import { testOnDatabase as test } from "@trans-hub/test-support/command";
import { describe, expect, onTestFinished } from "vitest";

const script = join(resolve(import.meta.dirname, "../.."), "examples/web-app/app.py");

/** The first Python that has psycopg2; Debian's package brings it to Debian's Python only. */
const python = ["python3", "/usr/bin/python3"].find(
  (program) => spawnSync(program, ["-c", "import psycopg2"], { stdio: "ignore" }).status === 0,
);
if (python === undefined) console.warn("No Python with psycopg2 (Debian: python3-psycopg2): its example is left out");

const webhooks = {
  TH_WEBHOOK_KEY: "a key that is long enough for a test".replaceAll(" ", "-"),
  TH_WEBHOOK_ALLOW: "127.0.0.1",
};

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}

describe.skipIf(python === undefined)("the web shop in Python", () => {
  test("has the translated name in its own table after the webhook, and takes no unsigned message", async ({
    commands,
    database,
  }) => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const { secret } = await commands.json<{ secret: string }>(
      ["webhooks", "create", "--project", "shop", "--url", `${url}/hooks`],
      { env: webhooks },
    );
    const env = { PATH: process.env.PATH, DATABASE_URL: database.url, WEBHOOK_SECRET: secret, PORT: String(port) };
    const app = spawn(python ?? "", [script], { env, stdio: ["ignore", "pipe", "inherit"] });
    onTestFinished(() => void app.kill("SIGKILL"));
    await once(app.stdout, "data");
    const server = commands.start(["serve", "--port", "0"], { env: webhooks });
    await server.says("server.listening");

    const post = (path: string, body: object) => fetch(`${url}${path}`, { method: "POST", body: JSON.stringify(body) });
    const nameOf = async (locale: string) => {
      const response = await fetch(`${url}/products/mug?locale=${locale}`);
      return ((await response.json()) as { name: string }).name;
    };
    expect((await post("/products", { sku: "mug", name: "Blue mug" })).status).toBe(201);
    expect(await nameOf("fr")).toBe("Blue mug");
    const unsigned = { type: "translations.settled", data: { locale: "fr" } };
    expect((await post("/hooks", unsigned)).status).toBe(401);

    expect(await commands.json(["worker", "--once"])).toMatchObject({ translated: 2 });
    await expect.poll(() => nameOf("fr"), { timeout: 20_000 }).toMatch(/^\[[^A-Za-z]+\]$/);
    await expect.poll(() => nameOf("de"), { timeout: 20_000 }).toMatch(/^\[[^A-Za-z]+\]$/);
    expect(await nameOf("en")).toBe("Blue mug");

    // A person's correction comes the same way.
    const text = ["approve", "Blue mug", "--from", "en", "--to", "fr", "--project", "shop", "--text", "Tasse bleue"];
    await commands.json([...text, "--by", "mia"]);
    await expect.poll(() => nameOf("fr"), { timeout: 20_000 }).toBe("Tasse bleue");
  });
});
