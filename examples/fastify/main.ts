import { applyMigrations } from "@trans-hub/core";
import { openApp } from "./app.ts";

const databaseUrl = process.env.TH_DATABASE_URL ?? "postgres://localhost/app";
// A deployment migrates in a step of its own, before the applications start (`trans-hub migrate`).
await applyMigrations({ databaseUrl });
const app = await openApp(databaseUrl);
console.log(await app.listen({ port: Number(process.env.PORT ?? 3000) }));
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void app.close());
