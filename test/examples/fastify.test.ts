/** examples/fastify, on a real PostgreSQL, with a real worker. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join, resolve } from "node:path";
import { testOnDatabase } from "@trans-hub/test-support/command";
import { describe, expect, onTestFinished } from "vitest";
import { openApp } from "../../examples/fastify/app.ts";

const main = join(resolve(import.meta.dirname, "../.."), "examples/fastify/main.ts");
const mug = { sku: "mug", name: "Blue mug" };

const test = testOnDatabase.extend("app", async ({ database }, { onCleanup }) => {
  const app = await openApp(database.url);
  onCleanup(() => app.close());
  return app;
});

describe("the example in Fastify", () => {
  test("shows a name as it was written until a worker stored its translation", async ({ app, commands }) => {
    const created = await app.inject({ method: "POST", url: "/products", payload: mug });
    expect(created.statusCode).toBe(201);
    expect((await app.inject("/products/mug?locale=fr")).json()).toEqual(mug);

    expect(await commands.json(["worker", "--once"])).toMatchObject({ translated: 2 });

    const { name } = (await app.inject("/products/mug?locale=fr")).json();
    expect(name).toMatch(/^\[[^A-Za-z]+\]$/);
    expect((await app.inject("/products/mug")).json()).toEqual(mug);
  });

  test("requests nothing for a product that is not stored", async ({ app, commands }) => {
    await app.inject({ method: "POST", url: "/products", payload: mug });
    const again = await app.inject({ method: "POST", url: "/products", payload: { sku: "mug", name: "Red mug" } });
    expect(again.statusCode).toBe(409);
    expect(await commands.json(["worker", "--once"])).toMatchObject({ translated: 2 });
  });

  test("stores no product whose name cannot be requested", async ({ app, commands, db }) => {
    // 64 characters for the shop, and over the 255 bytes of a business id.
    const sku = "🧉".repeat(64);
    const refused = await app.inject({ method: "POST", url: "/products", payload: { sku, name: "Mate cup" } });
    expect(refused.statusCode).toBe(400);
    expect((await db.query("select from product")).rowCount).toBe(0);
    expect(await commands.json(["worker", "--once"])).toMatchObject({ translated: 0 });
  });

  test("starts as its README says, and ends on SIGTERM", async ({ database }) => {
    const env = { ...process.env, TH_DATABASE_URL: database.url, PORT: "0" };
    const child = spawn(process.execPath, [main], { env, stdio: ["ignore", "pipe", "inherit"] });
    onTestFinished(() => void child.kill("SIGKILL"));
    const [address] = await once(child.stdout.setEncoding("utf8"), "data");
    const response = await fetch(`${address.trim()}/products/mug`);
    expect(response.status).toBe(404);
    child.kill("SIGTERM");
    expect(await once(child, "exit")).toEqual([0, null]);
  });
});
