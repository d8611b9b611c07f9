/**
 * A client process of the embedded database: opens it, reports that in one line, and closes it at any line on stdin.
 * `forget` as second argument: ends without closing.
 */
import { once } from "node:events";
import { openEmbedded } from "../src/index.ts";

const [dataDir = "", how] = process.argv.slice(2);
try {
  const database = await openEmbedded({ dataDir });
  console.log(JSON.stringify({ databaseUrl: database.databaseUrl, dataDir: database.dataDir }));
  if (how !== "forget") {
    await once(process.stdin, "data");
    await database.close();
    process.stdin.destroy();
  }
} catch (error) {
  const { code, message, hint } = error as Error & { code?: string; hint?: string };
  console.log(JSON.stringify({ error: { code, message, hint } }));
}
