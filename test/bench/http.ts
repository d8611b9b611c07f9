/**
 * The HTTP API against bare Fastify on the same bytes, in turn, in one run: what the checks, the schemas and the export cost.
 * Each side is a process of its own; the load comes from this one, over twenty connections.
 *
 *     npm run bench:http [-- --rounds 5] [-- --seconds 2] [-- --only one,page,post,export,chunks,joins,latency] [-- --json]
 *
 * Ratios are the results. Exit code 1 where a goal is missed.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { Agent, request } from "node:http";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { applyMigrations, Coordinator } from "@trans-hub/core";
import { PostgresPersistenceHandler } from "@trans-hub/core/store";
import { startPostgres } from "@trans-hub/test-support/postgres";
import { makeTexts } from "@trans-hub/test-support/strings";
import pg from "pg";
import { quantile } from "./figures.ts";
import type { BareAnswers } from "./http-server.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "2" },
    only: { type: "string", default: "one,page,post,export,chunks,joins,latency" },
    json: { type: "boolean", default: false },
  },
});
const ROUNDS = Number(values.rounds);
const SECONDS = Number(values.seconds);
const wanted = new Set(values.only.split(","));

const CONNECTIONS = 20;
const EXPORTED = 10_000;
const PROJECT = "/v1/projects/shop";

interface Figure {
  name: string;
  ours: string;
  theirs: string;
  /** Of the medians of rounds in turn; undefined: `value` alone counts. */
  ratio?: number;
  goal: string;
  reached: boolean;
}
const figures: Figure[] = [];

interface Ask {
  method: string;
  path: string;
  body?: string;
  headers?: Record<string, string>;
}

class Side {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  readonly #child: ChildProcess;
  readonly port: number;

  constructor(port: number, child: ChildProcess) {
    this.port = port;
    this.#child = child;
  }

  /** Microseconds of processor time that the side has used. */
  async cpuUs(): Promise<number> {
    this.#child.send({ cpu: true });
    const [{ cpu }] = (await once(this.#child, "message")) as [{ cpu: NodeJS.CpuUsage }];
    return cpu.user + cpu.system;
  }

  ask({
    method,
    path,
    body,
    headers = {},
  }: Ask): Promise<{ status: number; bytes: number; text: string; etag: string }> {
    return new Promise((resolve, reject) => {
      const sent = {
        ...headers,
        ...(body !== undefined && {
          "content-type": "application/json",
          "content-length": String(Buffer.byteLength(body)),
        }),
      };
      const { port } = this;
      const asking = request(
        { host: "127.0.0.1", port, method, path, headers: sent, agent: this.#agent },
        (response) => {
          const parts: Buffer[] = [];
          response.on("data", (part: Buffer) => parts.push(part));
          response.on("end", () => {
            const text = Buffer.concat(parts);
            resolve({
              status: response.statusCode ?? 0,
              bytes: text.length,
              text: text.toString(),
              etag: String(response.headers.etag ?? ""),
            });
          });
        },
      );
      asking.on("error", reject);
      asking.end(body);
    });
  }

  /** Requests a second, from all connections, for so many seconds; and the processor time of the side for each. */
  async rate(ask: () => Ask, status = 200): Promise<{ rate: number; cpuUs: number }> {
    const cpuBefore = await this.cpuUs();
    const until = performance.now() + SECONDS * 1_000;
    const began = performance.now();
    let count = 0;
    const client = async () => {
      while (performance.now() < until) {
        const answer = await this.ask(ask());
        if (answer.status !== status) throw new Error(`answered ${answer.status}: ${answer.text.slice(0, 200)}`);
        count += 1;
      }
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, client));
    const rate = (count * 1_000) / (performance.now() - began);
    return { rate, cpuUs: ((await this.cpuUs()) - cpuBefore) / count };
  }

  close(): void {
    this.#agent.destroy();
  }
}

async function start(role: "ours" | "bare", argument: string): Promise<{ side: Side; child: ChildProcess }> {
  const child = fork(fileURLToPath(new URL("./http-server.ts", import.meta.url)), [role, argument]);
  const [message] = (await once(child, "message")) as [{ port: number }];
  return { side: new Side(message.port, child), child };
}

const server = await startPostgres(["fsync=on", "shared_buffers=512MB", "shared_preload_libraries=pg_stat_statements"]);
const admin = new pg.Pool({ connectionString: server.url, max: 1 });
const children: ChildProcess[] = [];
try {
  await applyMigrations({ databaseUrl: server.url });
  await admin.query("create extension pg_stat_statements");
  const handler = await PostgresPersistenceHandler.connect({ databaseUrl: server.url, maxConnections: 4 });
  const hub = new Coordinator(handler, { sourceLocale: "en", project: "shop" });
  const texts = makeTexts(EXPORTED, 1);
  const items = texts.map((text, at) => ({ text, businessId: `en.json#group${at % 100}.key${at}` }));
  await hub.request(items, { targetLocales: ["fr"] });
  await handler.work({ until: "empty", concurrency: 4, maxItems: 50, drainMs: 1_000 }, async (batch) => ({
    outcomes: batch.items.map(({ text }) => ({ kind: "translated", text: `fr ${text}`, engine: "bench", model: null })),
    calls: [],
  }));
  await admin.query("vacuum analyze");

  const { side: ours, child } = await start("ours", server.url);
  children.push(child);
  const one: Ask = {
    method: "GET",
    path: `${PROJECT}/translations?businessId=${encodeURIComponent(items[0]?.businessId ?? "")}&locale=fr`,
  };
  const names = (count: number) => items.slice(0, count).map(({ businessId }) => ({ businessId }));
  const page: Ask = {
    method: "POST",
    path: `${PROJECT}/translations:read`,
    body: JSON.stringify({ items: names(100), targetLocale: "fr" }),
  };
  let at = 0;
  /** A hundred new texts each time, of another project than the export's: registering is what a request does. */
  const post = (): Ask => {
    at += 1;
    const fresh = Array.from({ length: 100 }, (_, n) => ({
      text: `A text to translate, ${at} ${n}`,
      businessId: `new.${at}.${n}`,
    }));
    return {
      method: "POST",
      path: "/v1/projects/posts/requests",
      body: JSON.stringify({ items: fresh, targetLocales: ["de"] }),
    };
  };
  const exported: Ask = { method: "GET", path: `${PROJECT}/locales/fr.json` };

  const coldMs: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const began = performance.now();
    await ours.ask({ ...exported, path: `${exported.path}?prefix=${"en.json#group".slice(0, 1 + round)}` });
    coldMs.push(performance.now() - began);
  }
  const { text: exportText } = await ours.ask(exported);
  const answers: BareAnswers = {
    one: (await ours.ask(one)).text,
    page: (await ours.ask(page)).text,
    post: (await ours.ask(post())).text,
    export: exportText,
  };
  const { side: bare, child: other } = await start("bare", JSON.stringify({ ...answers, export: "" }));
  children.push(other);
  other.send({ export: exportText });
  await once(other, "message");

  const compare = async (name: string, goal: number, ask: () => Ask, status = 200) => {
    const seen = { ours: [] as { rate: number; cpuUs: number }[], bare: [] as { rate: number; cpuUs: number }[] };
    // Compiled and connected before it counts.
    for (const side of [ours, bare]) await side.rate(ask, status);
    for (let round = 0; round < ROUNDS; round += 1) {
      const turns = [
        async () => seen.ours.push(await ours.rate(ask, status)),
        async () => seen.bare.push(await bare.rate(ask, status)),
      ];
      for (const turn of round % 2 === 0 ? turns : turns.toReversed()) await turn();
    }
    const ofRounds = (figure: "rate" | "cpuUs", side: "ours" | "bare") =>
      quantile(
        seen[side].map((each) => each[figure]),
        0.5,
      );
    const ratio = quantile(
      seen.ours.map(({ rate }, round) => rate / (seen.bare[round]?.rate ?? 1)),
      0.5,
    );
    const [own, other] = [ofRounds("cpuUs", "ours"), ofRounds("cpuUs", "bare")];
    report({
      name,
      ours: `${ofRounds("rate", "ours").toFixed(0)}/s, ${own.toFixed(0)} µs of CPU`,
      theirs: `bare Fastify ${ofRounds("rate", "bare").toFixed(0)}/s, ${other.toFixed(0)} µs (${(other / own).toFixed(2)} by CPU)`,
      ratio,
      goal: `≥ ${goal}`,
      reached: ratio >= goal,
    });
  };

  if (wanted.has("one")) await compare("GET one cached translation", 0.7, () => one);
  if (wanted.has("page")) await compare("POST translations:read, 100 cached", 0.5, () => page);
  if (wanted.has("post")) await compare("POST requests, 100 new items", 0.6, post);
  if (wanted.has("export")) {
    bound("export of 10,000 strings, cold", quantile(coldMs, 0.5), 300);
    const warmMs: number[] = [];
    for (let round = 0; round < 20; round += 1) {
      await ours.ask(exported);
      const began = performance.now();
      await ours.ask({ ...exported, method: "HEAD" });
      warmMs.push(performance.now() - began);
    }
    bound("export of 10,000 strings, warm, to its headers", quantile(warmMs, 0.5), 2);
    const tag = (await ours.ask(exported)).etag;
    await compare("export, 304", 0.8, () => ({ ...exported, headers: { "if-none-match": tag } }), 304);
    await compare("export, its 200 with the body", 0.5, () => exported);
  }
  if (wanted.has("chunks")) await chunks(ours, hub);
  if (wanted.has("joins")) await joins(ours);
  if (wanted.has("latency")) await latency(ours, hub);
  ours.close();
  bare.close();
  await hub.close();
  await handler.close();
} finally {
  for (const child of children) child.kill();
  await admin.end();
  await server.stop();
}
if (values.json) process.stdout.write(`${JSON.stringify({ figures })}\n`);
process.exitCode = figures.every(({ reached }) => reached) ? 0 : 1;

/** Texts in chunks of a thousand, through HTTP and by a coordinator in this process. */
async function chunks(ours: Side, hub: Coordinator): Promise<void> {
  const [http, library] = [[] as number[], [] as number[]];
  for (let round = 0; round < ROUNDS; round += 1) {
    const chunk = (side: string, n: number) =>
      Array.from({ length: 1_000 }, (_, each) => ({
        text: `Chunk ${side} ${round} ${n} ${each}, a text of usual length`,
        businessId: `${side}.${round}.${n}.${each}`,
      }));
    const measure = async (side: string, send: (items: object[]) => Promise<unknown>) => {
      const sets = Array.from({ length: 16 }, (_, n) => chunk(side, n));
      const began = performance.now();
      await Promise.all(
        [0, 1, 2, 3].map(async (lane) => {
          for (let n = lane; n < sets.length; n += 4) await send(sets[n] ?? []);
        }),
      );
      return 16_000 / ((performance.now() - began) / 1_000);
    };
    const turns = [
      async () =>
        http.push(
          await measure("http", (items) =>
            ours.ask({
              method: "POST",
              path: `${PROJECT}/requests`,
              body: JSON.stringify({ items, targetLocales: ["es"] }),
            }),
          ),
        ),
      async () =>
        library.push(await measure("library", (items) => hub.request(items as never, { targetLocales: ["es"] }))),
    ];
    for (const turn of round % 2 === 0 ? turns : turns.toReversed()) await turn();
  }
  const ratio = quantile(
    http.map((rate, round) => rate / (library[round] ?? 1)),
    0.5,
  );
  report({
    name: "chunks of 1,000 through HTTP",
    ours: `${quantile(http, 0.5).toFixed(0)} texts/s`,
    theirs: `${quantile(library, 0.5).toFixed(0)} texts/s in process`,
    ratio,
    goal: "≥ 0.8",
    reached: ratio >= 0.8,
  });
}

/** Two hundred requests of one text at once: how many rows a statement of registering has. */
async function joins(ours: Side): Promise<void> {
  const calls = async () => {
    const { rows } = await admin.query(
      "select coalesce(sum(calls), 0)::int as calls from pg_stat_statements where query like '%trans_hub.register(%'",
    );
    return Number(rows[0].calls);
  };
  const before = await calls();
  const agent = new Agent({ keepAlive: true, maxSockets: 200 });
  const post = (n: number) =>
    new Promise<void>((resolve, reject) => {
      const body = JSON.stringify({ items: [`A single text ${n}`], targetLocales: ["it"] });
      const headers = { "content-type": "application/json", "content-length": String(Buffer.byteLength(body)) };
      request(
        { host: "127.0.0.1", port: ours.port, method: "POST", path: `${PROJECT}/requests`, headers, agent },
        (response) => {
          response.resume();
          response.on("end", resolve);
        },
      )
        .on("error", reject)
        .end(body);
    });
  const rounds = 10;
  for (let round = 0; round < rounds; round += 1) {
    await Promise.all(Array.from({ length: 200 }, (_, n) => post(round * 1_000 + n)));
  }
  agent.destroy();
  const statements = (await calls()) - before;
  const rows = (rounds * 200) / Math.max(1, statements);
  report({
    name: "200 single requests at once join",
    ours: `${rows.toFixed(1)} rows a statement (${statements} of ${rounds * 200} requests)`,
    theirs: "",
    goal: "≥ 10",
    reached: rows >= 10,
  });
}

/** One text at a time, idle: by HTTP and by the library. */
async function latency(ours: Side, hub: Coordinator): Promise<void> {
  const [http, library] = [[] as number[], [] as number[]];
  const timed = async (into: number[], act: () => Promise<unknown>) => {
    const began = performance.now();
    await act();
    into.push(performance.now() - began);
  };
  for (let n = 0; n < 600; n += 1) {
    const viaHttp = () =>
      timed(http, () =>
        ours.ask({
          method: "POST",
          path: `${PROJECT}/requests`,
          body: JSON.stringify({ items: [`Idle http ${n}`], targetLocales: ["pt"] }),
        }),
      );
    const viaLibrary = () => timed(library, () => hub.request([`Idle library ${n}`], { targetLocales: ["pt"] }));
    for (const turn of n % 2 === 0 ? [viaHttp, viaLibrary] : [viaLibrary, viaHttp]) await turn();
  }
  const [ourP99, libraryP99] = [quantile(http.slice(100), 0.99), quantile(library.slice(100), 0.99)];
  const ratio = ourP99 / libraryP99;
  report({
    name: "POST of one item, idle, p99",
    ours: `${ourP99.toFixed(2)} ms (p50 ${quantile(http.slice(100), 0.5).toFixed(2)})`,
    theirs: `${libraryP99.toFixed(2)} ms in process (p50 ${quantile(library.slice(100), 0.5).toFixed(2)})`,
    ratio,
    goal: "≤ 1.5",
    reached: ratio <= 1.5,
  });
}

function bound(name: string, ms: number, most: number): void {
  report({ name, ours: `${ms.toFixed(2)} ms`, theirs: "", goal: `≤ ${most} ms`, reached: ms <= most });
}

function report(figure: Figure): void {
  figures.push(figure);
  const { name, ours, theirs, ratio, goal, reached } = figure;
  const verdict = `${reached ? "reached" : "MISSED"} (${goal})`;
  process.stderr.write(
    `${name}: ${ours}${theirs && `, ${theirs}`}${ratio === undefined ? "" : `, ratio ${ratio.toFixed(2)}`} ${verdict}\n`,
  );
}
