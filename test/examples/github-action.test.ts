/** examples/github-action: an approval becomes a pull request, by a real repository, server, worker and webhook; GitHub is a stand-in. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join, resolve } from "node:path";
import { type Commands, testOnDatabase as test } from "@trans-hub/test-support/command";
import { expect, onTestFinished } from "vitest";
import { createDispatcher } from "../../examples/github-action/dispatch.ts";

const root = resolve(import.meta.dirname, "../..");
const script = join(root, "examples/github-action/open-pull-request.sh");
const bin = join(root, "packages/cli/src/bin.js");

const webhooks = { TH_WEBHOOK_KEY: "a-key-that-is-long-enough-for-a-test", TH_WEBHOOK_ALLOW: "127.0.0.1" };

/** A clone whose `origin` is a bare repository, with a catalog of two texts. */
async function openRepository({ cwd }: Commands) {
  const clone = join(cwd, "clone");
  const git = (...args: string[]) =>
    execFileSync("git", args, { cwd: clone, env: { PATH: process.env.PATH, HOME: cwd }, stdio: "pipe" }).toString();
  await mkdir(clone);
  execFileSync("git", ["init", "--quiet", "--bare", join(cwd, "origin.git")]);
  git("init", "--quiet", "--initial-branch", "main");
  git("config", "user.name", "mia");
  git("config", "user.email", "mia@example.com");
  git("remote", "add", "origin", join(cwd, "origin.git"));
  await mkdir(join(clone, "locales"));
  await writeFile(join(clone, "locales/en.json"), '{ "pay": "Pay", "back": "Back" }\n');
  const files = [{ in: "locales/en.json", out: "locales/{locale}.json" }];
  const config = { source: "en", targets: ["fr"], project: "shop", files };
  await writeFile(join(clone, "trans-hub.config.json"), JSON.stringify(config));
  git("add", "--all");
  git("commit", "--quiet", "--message", "Begin");
  git("push", "--quiet", "origin", "main");
  return { clone, git };
}

/** A `gh` that knows one pull request, and writes its calls to a file. */
async function installGh({ cwd }: Commands) {
  const folder = join(cwd, "bin");
  await mkdir(folder);
  const calls = join(cwd, "gh.txt");
  await writeFile(calls, "");
  const text = `#!/bin/sh
echo "$*" >> ${calls}
case "$2" in
  create) touch ${cwd}/open ;;
  list) if [ -f ${cwd}/open ]; then echo 7; fi ;;
esac
`;
  await writeFile(join(folder, "gh"), text);
  await chmod(join(folder, "gh"), 0o755);
  return { path: `${folder}:${process.env.PATH}`, calls: () => readFile(calls, "utf8") };
}

test("an approval becomes a pull request, and the next one renews its branch", { timeout: 120_000 }, async ({
  commands,
}) => {
  const { clone, git } = await openRepository(commands);
  const gh = await installGh(commands);
  const { token } = await commands.json<{ token: string }>(
    "tokens create --projects shop --scopes catalog,request,read --label ci".split(" "),
  );
  const [server, worker] = [
    commands.start(["serve", "--port", "0", "--json"], { env: webhooks }),
    commands.start(["worker"]),
  ];
  await worker.says(/worker\.ready/);
  await expect.poll(() => server.stdout, { timeout: 20_000 }).toMatch(/"port":\d+/);
  const [, port] = /"port":(\d+)/.exec(server.stdout) ?? [];
  // The runner's surroundings: an address and a token, and no database.
  const env = {
    ...{ PATH: gh.path, HOME: commands.cwd, TH_SERVER: `http://127.0.0.1:${port}`, TH_TOKEN: token },
    TRANS_HUB: `${process.execPath} ${bin}`,
  };
  const runAction = async () => {
    // As a runner checks it out.
    git("checkout", "--quiet", "-B", "main", "origin/main");
    const child = spawn("sh", [script], { cwd: clone, env, stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        said += text;
      });
    }
    const [code] = await once(child, "close");
    return { code, said };
  };
  const branch = "trans-hub/translations";
  const onBranch = () => JSON.parse(git("show", `origin/${branch}:locales/fr.json`)) as Record<string, string>;

  const first = await runAction();
  expect(first, first.said).toMatchObject({ code: 0 });
  git("fetch", "--quiet", "origin");
  expect(Object.keys(onBranch())).toEqual(["pay", "back"]);
  expect(await gh.calls()).toContain(`pr create --base main --head ${branch}`);
  expect(first.said).not.toContain(token);
  git("push", "--quiet", "origin", `origin/${branch}:main`);
  git("fetch", "--quiet", "origin");
  expect(await runAction()).toMatchObject({ code: 0, said: expect.stringContaining("up to date") });

  // A person approves another text: the webhook reaches the dispatcher, and it starts the workflow.
  const started: string[] = [];
  const github = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    started.push(`${request.method} ${request.url} ${request.headers.authorization} ${body}`);
    response.writeHead(204).end();
  }).listen(0, "127.0.0.1");
  await once(github, "listening");
  onTestFinished(() => void github.close());
  const secrets: string[] = [];
  const dispatcher = createDispatcher({
    ...{ secrets, repository: "acme/shop", githubToken: "of-github" },
    apiUrl: `http://127.0.0.1:${(github.address() as AddressInfo).port}`,
  }).listen(0, "127.0.0.1");
  await once(dispatcher, "listening");
  onTestFinished(() => void dispatcher.close());
  const url = `http://127.0.0.1:${(dispatcher.address() as AddressInfo).port}/`;
  const create = ["webhooks", "create", "--project", "shop", "--url", url, "--kinds", "approved"];
  const { secret } = await commands.json<{ secret: string }>(create, { env: webhooks });
  secrets.push(secret);
  const forged = await fetch(url, { method: "POST", body: '{"type":"translations.settled"}' });
  expect(forged.status).toBe(401);

  const approval = ["approve", "Pay", "--from", "en", "--to", "fr", "--project", "shop", "--text", "Payer"];
  await commands.json([...approval, "--by", "mia"]);
  await expect
    .poll(() => started, { timeout: 20_000 })
    .toEqual(['POST /repos/acme/shop/dispatches Bearer of-github {"event_type":"trans-hub"}']);
  expect(await runAction()).toMatchObject({ code: 0 });
  git("fetch", "--quiet", "origin");
  expect(onBranch()).toMatchObject({ pay: "Payer" });
  // The branch has one commit on top of main, and the pull request that is open shows it.
  expect(git("rev-list", "--count", `origin/main..origin/${branch}`).trim()).toBe("1");
  expect((await gh.calls()).match(/pr create/g)).toHaveLength(1);
});
