/** The function of docs/webhooks.md that verifies a message without a library, run as it stands there. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { signedHeaders, webhookSecret } from "../../packages/server/src/webhooks/signature.ts";

const page = readFileSync(join(resolve(import.meta.dirname, "../.."), "docs/webhooks.md"), "utf8");
const hasPython = spawnSync("python3", ["--version"], { stdio: "ignore" }).error === undefined;
if (!hasPython) console.warn("No python3: the example in Python is left out");

test.skipIf(!hasPython)("its Python takes a genuine message, also while two secrets sign, and no other one", () => {
  const [, code = ""] = /^```python\n([\s\S]*?)^```$/m.exec(page) ?? [];
  const key = Buffer.alloc(32, 7).toString("base64");
  const [secret, next] = [webhookSecret(key, "wh_1", 1), webhookSecret(key, "wh_1", 2)];
  const now = Math.floor(Date.now() / 1_000);
  const body = JSON.stringify({ type: "webhook.test", data: { project: "caf\u00e9" } });
  const signed = (timestamp: number) => signedHeaders({ id: "evt_1", timestamp, body }, [next, secret]);
  const cases = [
    { secret, headers: signed(now), body },
    { secret, headers: signed(now), body: `${body} ` },
    { secret: webhookSecret(key, "wh_2", 1), headers: signed(now), body },
    { secret, headers: signed(now - 600), body },
    { secret, headers: {}, body },
  ];
  const program = `${code}
import json, sys
cases = json.load(sys.stdin)
print(json.dumps([is_genuine(each["secret"], each["headers"], each["body"].encode()) for each in cases]))`;
  const { stdout, stderr } = spawnSync("python3", ["-c", program], { input: JSON.stringify(cases), encoding: "utf8" });
  expect(stderr).toBe("");
  expect(JSON.parse(stdout)).toEqual([true, false, false, false, false]);
});
