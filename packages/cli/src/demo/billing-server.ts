/** A local server of Chat Completions that bills, for `demo --budget`: its translations are marked copies, its bill is its own. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { z } from "zod";

/** Dollars a million tokens. */
export const DEMO_PRICES = {
  currency: "USD",
  asOf: new Date().toISOString().slice(0, 10),
  engines: { openai: { "*": { inputPerMillion: 1, outputPerMillion: 4 } } },
};

const BYTES_A_TOKEN = 4;

const Body = z.object({ messages: z.array(z.object({ role: z.string(), content: z.string() })) });
const Asked = z.object({ target: z.string(), items: z.array(z.object({ id: z.string(), text: z.string() })) });

export interface BillingServer {
  readonly url: string;
  /** Millionths of a dollar, a whole number. */
  readonly bill: number;
  readonly calls: number;
  close(): Promise<void>;
}

export async function startBillingServer(): Promise<BillingServer> {
  let [bill, calls] = [0, 0];
  const server = createServer(async (request, response) => {
    try {
      let body = "";
      for await (const part of request.setEncoding("utf8")) body += part;
      const { messages } = Body.parse(JSON.parse(body));
      const { target, items } = Asked.parse(JSON.parse(messages.at(-1)?.content ?? ""));
      const content = JSON.stringify({ items: items.map(({ id, text }) => ({ id, text: marked(text, target) })) });
      const [input, output] = [tokensOf(JSON.stringify(messages)), tokensOf(content)];
      bill += input + 4 * output;
      calls += 1;
      const answer = {
        ...{ id: `call-${calls}`, object: "chat.completion", created: 0, model: "billed" },
        choices: [{ index: 0, finish_reason: "stop", message: { role: "assistant", content } }],
        usage: { prompt_tokens: input, completion_tokens: output, total_tokens: input + output },
      };
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
    } catch {
      response.writeHead(400).end();
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    get bill() {
      return bill;
    },
    get calls() {
      return calls;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function tokensOf(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / BYTES_A_TOKEN);
}

/** The whole text, so that no check finds a placeholder lost. */
function marked(text: string, target: string): string {
  return text.replace(/^(\s*)/, `$1[${target}] `);
}
