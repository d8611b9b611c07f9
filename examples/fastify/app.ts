/**
 * A shop's catalog. A product and the request to translate its name are one transaction: every
 * product's name is requested, and no name of a product that was not created.
 */
import { Coordinator } from "@trans-hub/core";
import fastify, { type FastifyInstance } from "fastify";
import pg from "pg";

interface Product {
  sku: string;
  name: string;
}

const TARGET_LOCALES = ["fr", "de"];
const UNIQUE_VIOLATION = "23505";

const productSchema = {
  type: "object",
  required: ["sku", "name"],
  properties: { sku: { type: "string", minLength: 1, maxLength: 64 }, name: { type: "string", minLength: 1 } },
} as const;

/** Opens the application on a database that has Trans-Hub's schema. `close` of the result ends its connections. */
export async function openApp(databaseUrl: string): Promise<FastifyInstance> {
  const app = fastify();
  const pool = new pg.Pool({ connectionString: databaseUrl });
  // An idle connection that the server ends would otherwise end the process.
  pool.on("error", (error) => app.log.warn(error));
  await pool.query("create table if not exists product (sku text primary key, name text not null)");
  // No engine: workers translate.
  const hub = await Coordinator.connect({ databaseUrl, project: "shop", sourceLocale: "en" });
  app.addHook("onClose", async () => {
    await hub.close();
    await pool.end();
  });

  app.post<{ Body: Product }>("/products", { schema: { body: productSchema } }, async (request, reply) => {
    const { sku, name } = request.body;
    try {
      await inTransaction(pool, async (client) => {
        await client.query("insert into product (sku, name) values ($1, $2)", [sku, name]);
        const item = { text: name, businessId: `product.${sku}.name`, targetLocales: TARGET_LOCALES };
        const { rejected } = await hub.request([item], { client });
        // An item that Trans-Hub rejects (a business id over 255 bytes, for example) undoes the product too.
        if (rejected[0] !== undefined) throw httpError(400, rejected[0].message);
      });
    } catch (error) {
      throw (error as { code?: string }).code === UNIQUE_VIOLATION ? httpError(409, "The SKU is taken") : error;
    }
    return reply.code(201).send({ sku });
  });

  app.get<{ Params: { sku: string }; Querystring: { locale?: string } }>("/products/:sku", async (request) => {
    const { sku } = request.params;
    const { rows } = await pool.query<Product>("select sku, name from product where sku = $1", [sku]);
    const [product] = rows;
    if (product === undefined) throw httpError(404, "There is no such product");
    const { locale } = request.query;
    if (locale === undefined) return product;
    const translation = await hub.getTranslation({ businessId: `product.${sku}.name`, targetLocale: locale });
    // The text is null until it is translated: the name as it was written is shown meanwhile.
    return { ...product, name: translation?.text ?? product.name };
  });

  return app;
}

/** Commits what `work` did, or undoes all of it when `work` throws. */
async function inTransaction(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<void>): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query("begin");
    await work(client);
    await client.query("commit");
  } catch (error) {
    await client.query("rollback");
    throw error;
  } finally {
    client.release();
  }
}

function httpError(statusCode: number, message: string): Error {
  return Object.assign(new Error(message), { statusCode });
}
