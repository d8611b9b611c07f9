/** A folder with catalogs, as a team has it, and `translate` in it: on its own database, with a server as engine. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Commands, type Ended, testOnDatabase } from "./command.ts";
import { type OpenaiServer, startOpenaiServer } from "./openai-server.ts";

export interface CatalogRepo {
  /** What the command needs to call the server. */
  env: Record<string, string>;
  /** Writes files, in folders that are made. An object is written as JSON. */
  write(files: Record<string, string | object>): Promise<void>;
  text(file: string): Promise<string>;
  json(file: string): Promise<Record<string, unknown>>;
  /** `translate --json`. */
  translate(args?: string[], code?: number): Promise<Record<string, unknown>>;
  /** `translate`, as a person runs it. */
  run(...args: string[]): Promise<Ended>;
}

export const test = testOnDatabase
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads a fixture's needs from the pattern; this one has none
  .extend("server", async ({}, { onCleanup }): Promise<OpenaiServer> => {
    const server = await startOpenaiServer();
    onCleanup(() => server.close());
    return server;
  })
  .extend("repo", ({ commands, server }: { commands: Commands; server: OpenaiServer }): CatalogRepo => {
    const env = { TH_ENGINES: "openai", TH_OPENAI_ENDPOINT: server.url };
    const path = (file: string) => join(commands.cwd, file);
    return {
      env,
      write: async (files) => {
        for (const [file, content] of Object.entries(files)) {
          await mkdir(dirname(path(file)), { recursive: true });
          await writeFile(path(file), typeof content === "string" ? content : `${JSON.stringify(content, null, 2)}\n`);
        }
      },
      text: (file) => readFile(path(file), "utf8"),
      json: async (file) => JSON.parse(await readFile(path(file), "utf8")),
      translate: (args = [], code = 0) => commands.json(["translate", ...args], { env, code }),
      run: (...args) => commands.run(["translate", ...args], { env }),
    };
  });
