/**
 * Every function that a producer or a reader may call, found in the catalog, with arguments of wrong shapes, sizes, nulls and
 * ranges: no error but one of our own, no broken invariant, and the next text still goes through.
 */
import { randomBytes } from "node:crypto";
import { brokenInvariants } from "@trans-hub/test-support/invariants";
import { seeded } from "@trans-hub/test-support/random";
import { test as base, echo, value } from "@trans-hub/test-support/store";
import type pg from "pg";
import { describe, expect } from "vitest";
import { ITEM_KEYS } from "../rules/item.ts";
import { ConnectionPool } from "./database/pool.ts";
import { textArray } from "./database/statement.ts";
import { createRoles } from "./operations/roles.ts";
import { registerInbox } from "./register/inbox.ts";

const test = base
  .extend("roles", async ({ database }, { onCleanup }) => {
    const prefix = `fuzz_${randomBytes(5).toString("hex")}`;
    const { roles } = await createRoles({ databaseUrl: database.url, prefix });
    const { default: pg } = await import("pg");
    onCleanup(async () => {
      const client = new pg.Client({ connectionString: database.url });
      await client.connect();
      for (const name of Object.values(roles)) {
        await client.query(`reassign owned by ${name} to current_user; drop owned by ${name}; drop role ${name}`);
      }
      await client.end();
    });
    return roles;
  })
  .extend("pool", async ({ database }, { onCleanup }) => {
    const pool = new ConnectionPool({ databaseUrl: database.url });
    onCleanup(() => pool.end());
    return pool;
  });

interface Granted {
  name: string;
  /** The input types, in order. */
  types: string[];
}

/** Every function of ours that the role may call, with its input types. */
async function grantedTo(db: pg.Pool, role: string): Promise<Granted[]> {
  const { rows } = await db.query<Granted>(
    `select p.proname::text as name,
       array(select format_type(t.oid, null) from unnest(p.proargtypes) with ordinality as t (oid, ord) order by t.ord) as types
     from pg_proc as p
     where p.pronamespace = 'trans_hub'::regnamespace and has_function_privilege($1, p.oid, 'execute')
     order by 1`,
    [role],
  );
  return rows;
}

/** The columns of the composite types of ours, by the name of the type. */
async function compositesOf(db: pg.Pool): Promise<Map<string, [column: string, type: string][]>> {
  const { rows } = await db.query<{ type: string; columns: [string, string][] }>(
    `select format_type(t.oid, null) as type,
       json_agg(json_build_array(a.attname, format_type(a.atttypid, null)) order by a.attnum) as columns
     from pg_type as t join pg_attribute as a on a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped
     where t.typnamespace = 'trans_hub'::regnamespace and t.typtype = 'c'
     group by t.oid`,
  );
  return new Map(rows.map(({ type, columns }) => [type, columns]));
}

/** Calls of each function. More rounds, or another seed, find more. */
const ROUNDS = 20;

const GOOD = { text: "Pay", sourceLocale: "en", targetLocales: ["fr"] };
const BAD_VALUES: unknown[] = [
  null,
  "",
  "x",
  5,
  -1,
  1e300,
  true,
  [],
  {},
  [null],
  ["x"],
  [[]],
  { a: { b: null } },
  "é".repeat(300),
  "{",
  "en",
  "fr",
  "x!",
];
const FIELDS = [...ITEM_KEYS, "engine", "maxBacklog", "notify", "surprise"];

/** JSON that a caller may hand over where items, or defaults, are meant. */
function json(chance: () => number): string | null {
  const pick = <Value>(of: readonly Value[]) => of[Math.floor(chance() * of.length)] as Value;
  const bent = () => ({ ...GOOD, [pick(FIELDS)]: pick(BAD_VALUES) });
  const whole = pick<() => unknown>([
    () => undefined,
    () => pick(BAD_VALUES),
    () => bent(),
    () => [bent(), GOOD, bent()],
    () => [pick(BAD_VALUES), GOOD],
    () => ({ [pick(FIELDS)]: pick(BAD_VALUES), [pick(FIELDS)]: pick(BAD_VALUES) }),
    () => [{ ...GOOD, context: deep(40) }],
    () => [{ ...GOOD, text: "long ".repeat(300_000) }],
    () => ({ text: "Again", sourceLocale: "en", targetLocales: ["fr"], context: { note: "n".repeat(9_000) } }),
    () => Array.from({ length: 300 }, (_, at) => (at % 2 === 0 ? { text: `Many ${at}`, targetLocales: ["fr"] } : at)),
  ])();
  return whole === undefined ? null : JSON.stringify(whole);
}

function deep(levels: number): unknown {
  return levels === 0 ? 1 : { deeper: deep(levels - 1) };
}

const SCALARS: Record<string, readonly (string | null)[]> = {
  text: [
    null,
    "",
    "x",
    "fr",
    "en",
    "und",
    "zh_CN",
    "Pay",
    "default",
    "auto",
    "icu",
    "x!",
    "{",
    '{"a":1}',
    "[1]",
    "5",
    "😀",
    "l".repeat(300),
    "l".repeat(70_000),
  ],
  integer: [null, "0", "1", "-1", "2", "50", "2147483647", "-2147483648"],
  smallint: [null, "0", "1", "-1", "7", "32767", "-32768"],
  bigint: [null, "0", "1", "-1", "9223372036854775807", "-9223372036854775808"],
  boolean: [null, "true", "false"],
  jsonb: [null, "{}", '{"note":"x"}', '{"maxLength":0}', "[]", "5", "null"],
  interval: [null, "0", "1 day", "-1 day", "178000000 years", "-178000000 years"],
  uuid: [null, "00000000-0000-0000-0000-000000000000"],
  "timestamp with time zone": [null, "now", "infinity", "-infinity"],
  "double precision": [null, "0", "NaN", "Infinity", "-1", "1e308"],
  "trans_hub.translation_status": [null, "pending", "translated", "failed", "approved"],
};

/** A well-formed value of a type, mostly of a wrong range, and the way to send it. */
class Arguments {
  readonly #chance: () => number;
  readonly #composites: Map<string, [string, string][]>;

  constructor(chance: () => number, composites: Map<string, [string, string][]>) {
    this.#chance = chance;
    this.#composites = composites;
  }

  /** SQL for parameter `$number`, and its value. */
  of(type: string, number: number): [sql: string, value: string | null] {
    if (type === "jsonb") return [`$${number}::jsonb`, json(this.#chance)];
    if (this.#composites.has(type)) {
      const sql = `jsonb_populate_record(null::${type}, $${number}::jsonb)`;
      return [sql, this.#chance() < 0.05 ? null : JSON.stringify(this.#record(type))];
    }
    if (type.endsWith("[]")) {
      const list = this.#list(type.slice(0, -2));
      return [
        `$${number}::${type}`,
        list === null ? null : this.#chance() < 0.1 ? `{${textArray(list)}}` : textArray(list),
      ];
    }
    return [`$${number}::${type}`, this.#scalar(type)];
  }

  #record(type: string): Record<string, unknown> {
    const columns = this.#composites.get(type) ?? [];
    const record: Record<string, unknown> = {};
    // Items that are good but for one or two columns come further than items that are wrong all over.
    const good = type.endsWith("grouped_items") && this.#chance() < 0.9 ? this.#goodItems() : {};
    const bent = new Set([this.#pick(columns)?.[0], this.#chance() < 0.5 ? this.#pick(columns)?.[0] : undefined]);
    for (const [column, columnType] of columns) {
      const isGood = column in good && !bent.has(column);
      record[column] = isGood
        ? good[column]
        : columnType.endsWith("[]")
          ? this.#list(columnType.slice(0, -2))
          : this.#scalar(columnType);
    }
    return record;
  }

  #goodItems(): Record<string, unknown> {
    const n = 1 + Math.floor(this.#chance() * 3);
    return {
      texts: Array.from({ length: n }, (_, at) => `Text ${Math.floor(this.#chance() * 50)} ${at}`),
      business_ids: this.#chance() < 0.5 ? null : Array(n).fill("id"),
      contexts: this.#chance() < 0.5 ? null : Array(n).fill('{"b":1,"a":2}'),
      formats: null,
      verbatim: this.#chance() < 0.5 ? null : Array(n).fill(true),
      lifetimes: null,
      hints: this.#chance() < 0.5 ? null : Array(n).fill({ note: "x" }),
      item_groups: this.#chance() < 0.5 ? null : Array(n).fill(1),
      group_projects: ["default"],
      group_source_locales: ["en"],
      group_priorities: [0],
      group_forced: [this.#chance() < 0.5],
      want_groups: [1, 1],
      want_locales: ["fr", "de"],
    };
  }

  #list(type: string): (string | null)[] | null {
    if (this.#chance() < 0.1) return null;
    return Array.from({ length: Math.floor(this.#chance() * 4) }, () => this.#scalar(type));
  }

  #scalar(type: string): string | null {
    const values = SCALARS[type];
    if (values === undefined) throw new Error(`no values for an argument of type ${type}: add some`);
    return this.#pick(values) ?? null;
  }

  #pick<Value>(of: readonly Value[]): Value | undefined {
    return of[Math.floor(this.#chance() * of.length)];
  }
}

describe.for(["producer", "reader", "reviewer"] as const)("each function that a %s may call", (kind) => {
  test("refuses wrong arguments by an error of ours, and keeps nobody else's text from being registered", {
    timeout: 300_000,
  }, async ({ db, roles, pool, store }) => {
    const chance = seeded(2);
    const args = new Arguments(chance, await compositesOf(db));
    const functions = await grantedTo(db, roles[kind]);
    expect(functions.length).toBeGreaterThan(8);
    // A batch that is older than its lane has no job until the fleet looks.
    await db.query("select trans_hub.open_lanes('{de,en,fr,zh-CN}')");
    const client = await db.connect();
    await client.query(`set role ${roles[kind]}`);
    const strange: unknown[] = [];
    let calls = 0;
    try {
      for (const { name, types } of functions) {
        if (strange.length > 2) break;
        for (let round = 0; round < (types.length === 0 ? 1 : ROUNDS); round += 1) {
          const given = types.map((type, at) => args.of(type, at + 1));
          const call = `select trans_hub.${name}(${given.map(([sql]) => sql).join(", ")})`;
          const values = given.map(([, sent]) => sent);
          const error: (Error & { code?: string }) | undefined = await client.query(call, values).then(
            () => undefined,
            (reason) => reason,
          );
          // Before 17, PostgreSQL itself refuses an array of empty arrays, before the function is called.
          const isUnreadable = error?.code === "22P02" && error.message === 'malformed array literal: "{{}}"';
          if (error !== undefined && !isUnreadable && !/^TH0/.test(error.code ?? "")) {
            strange.push({
              name,
              code: error.code,
              message: error.message,
              values: values.map((sent) => sent?.slice(0, 200)),
            });
          }
          // Readers write nothing; a reviewer without locales neither.
          if (kind !== "producer" && round > 0) continue;
          calls += 1;
          const text = `Still ${calls}`;
          await db.query("select trans_hub.enqueue($1, '{}')", [
            JSON.stringify({ text, sourceLocale: "en", targetLocales: ["fr"] }),
          ]);
          await registerInbox(pool);
          const registered = await value(
            db,
            `select count(*)::int from trans_hub.translation as t join trans_hub.content as c using (content_no) where c.text = $1`,
            [text],
          );
          if (registered !== 1) strange.push({ name, values, stopped: text });
          const broken = await brokenInvariants(db);
          if (Object.keys(broken).length > 0) strange.push({ name, values, broken });
          if (strange.length > 2) break;
        }
      }
    } finally {
      client.release(true);
    }
    expect(strange).toEqual([]);
    await store.status();
    await store.measure();
    await store.forget({ project: "default", text: "Pay", sourceLocale: "en" });
    expect(await value(db, "select trans_hub.ready_texts()")).toBeDefined();
    const { translated } = await store.work({ until: "ready", concurrency: 2, maxItems: 50 }, echo);
    expect(translated).toBeGreaterThanOrEqual(kind === "producer" ? 100 : 5);
    expect(await brokenInvariants(db)).toEqual({});
  });
});

/** They run with their owner's rights for the role of a server, which has none on the queue. */
const FOR_SERVERS = ["add_batch_jobs", "park_waiting", "prune_batches"];

test("the functions by which a server reaches the queue harm neither it nor its rows, whatever their arguments", {
  timeout: 300_000,
}, async ({ db, roles, pool, store }) => {
  const chance = seeded(3);
  const args = new Arguments(chance, await compositesOf(db));
  const functions = (await grantedTo(db, roles.server)).filter(({ name }) => FOR_SERVERS.includes(name));
  expect(functions.map(({ name }) => name)).toEqual(FOR_SERVERS);
  await db.query("select trans_hub.open_lanes('{de,fr}')");
  await db.query("select trans_hub.enqueue($1, '{}')", [
    JSON.stringify({ text: "Before", sourceLocale: "en", targetLocales: ["fr", "de"] }),
  ]);
  await registerInbox(pool);
  const client = await db.connect();
  await client.query(`set role ${roles.server}`);
  const strange: unknown[] = [];
  try {
    for (const { name, types } of functions) {
      for (let round = 0; round < ROUNDS; round += 1) {
        const given = types.map((type, at) => args.of(type, at + 1));
        const call = `select trans_hub.${name}(${given.map(([sql]) => sql).join(", ")})`;
        const error: (Error & { code?: string }) | undefined = await client
          .query(
            call,
            given.map(([, sent]) => sent),
          )
          .then(
            () => undefined,
            (reason) => reason,
          );
        // A value of no use is refused by a check of ours or of a type. A missing right would be 42501.
        if (error !== undefined && !/^(TH0|22|23)/.test(error.code ?? "")) strange.push({ name, code: error.code });
      }
    }
  } finally {
    client.release(true);
  }
  expect(strange).toEqual([]);
  expect(await brokenInvariants(db)).toEqual({});
  const { translated } = await store.work({ until: "ready", concurrency: 2, maxItems: 50 }, echo);
  expect(translated).toBe(2);
  expect(await brokenInvariants(db)).toEqual({});
});
