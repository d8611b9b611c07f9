/** The HTTP servers of the proof of the feed: real `trans-hub serve` processes, which keep their ports over a kill. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const BIN = fileURLToPath(new URL("../../../packages/cli/src/bin.js", import.meta.url));

/** From which the secrets of webhooks are derived. */
export const WEBHOOK_KEY = "chaos".repeat(9);

export class FeedServer {
  readonly #databaseUrl: string;
  #port = 0;
  #child: ChildProcess | undefined;

  private constructor(databaseUrl: string) {
    this.#databaseUrl = databaseUrl;
  }

  static async start(databaseUrl: string): Promise<FeedServer> {
    const server = new FeedServer(databaseUrl);
    await server.#start();
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Kills it at any point of its work; resolves when another one listens in its place. */
  async replace(): Promise<void> {
    this.kill();
    if (this.#child !== undefined && this.#child.signalCode === null) await once(this.#child, "exit");
    await this.#start();
  }

  /** Stops it as an operator does. Gives its exit code, and the milliseconds that it took. */
  async stop(): Promise<{ code: number | null; ms: number }> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return { code: null, ms: 0 };
    const startedAt = performance.now();
    child.kill("SIGTERM");
    const [code] = (await once(child, "exit")) as [number | null];
    return { code, ms: performance.now() - startedAt };
  }

  kill(): void {
    this.#child?.kill("SIGKILL");
  }

  async #start(): Promise<void> {
    const { PATH = "", HOME = "" } = process.env;
    const child = spawn(process.execPath, [BIN, "serve", "--port", String(this.#port), "--json"], {
      env: {
        ...{ PATH, HOME, TH_DATABASE_URL: this.#databaseUrl, TH_MAX_CONNECTIONS: "5", TH_LOG_FORMAT: "json" },
        ...{ TH_WEBHOOK_KEY: WEBHOOK_KEY, TH_WEBHOOK_ALLOW: "127.0.0.1", TH_SOURCE_LOCALE: "en" },
        TH_LOG_LEVEL: "error",
      },
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.#child = child;
    let said = "";
    child.stdout?.setEncoding("utf8");
    await new Promise<void>((resolve, reject) => {
      child.stdout?.on("data", (text: string) => {
        said += text;
        const [, port] = /"port":(\d+)/.exec(said) ?? [];
        if (port === undefined) return;
        this.#port = Number(port);
        resolve();
      });
      child.once("exit", (code, signal) => reject(new Error(`trans-hub serve ended (${code ?? signal})`)));
    });
  }
}
