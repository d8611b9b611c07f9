import { connect } from "node:net";
import { SettingsError } from "@trans-hub/core";
import { expect, test } from "vitest";
import { startHealthServer } from "./health.ts";

async function ask(port: number, path: string, method = "GET") {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { method });
  return { status: response.status, line: (await response.text()).trim() };
}

test("a worker is alive from the start, and ready only after it has reported so", async () => {
  const health = await startHealthServer(0);
  try {
    expect(await ask(health.port, "/livez")).toEqual({ status: 200, line: "alive" });
    expect(await ask(health.port, "/readyz")).toEqual({ status: 503, line: "starting" });
    health.ready();
    expect(await ask(health.port, "/readyz?verbose")).toEqual({ status: 200, line: "ready" });
    health.notReady("the database does not answer");
    expect(await ask(health.port, "/readyz")).toEqual({ status: 503, line: "the database does not answer" });
    expect(await ask(health.port, "/livez")).toMatchObject({ status: 200 });
    expect(await ask(health.port, "/")).toMatchObject({ status: 404 });
    expect(await ask(health.port, "/livez", "POST")).toMatchObject({ status: 405 });
  } finally {
    await health.close();
    await health.close();
  }
});

test("a stopping worker stays not ready, even when the database comes back meanwhile", async () => {
  const health = await startHealthServer(0);
  try {
    health.ready();
    health.stopping();
    health.ready();
    expect(await ask(health.port, "/readyz")).toEqual({ status: 503, line: "stopping" });
    health.notReady("the database does not answer");
    expect(await ask(health.port, "/readyz")).toEqual({ status: 503, line: "stopping" });
    expect(await ask(health.port, "/livez")).toMatchObject({ status: 200 });
  } finally {
    await health.close();
  }
});

test("a port in use is reported as a wrong setting", async () => {
  const first = await startHealthServer(0);
  try {
    const second = startHealthServer(first.port);
    await expect(second).rejects.toThrow(SettingsError);
    await expect(second).rejects.toThrow(/TH_METRICS_PORT.*in use/);
  } finally {
    await first.close();
  }
});

test("the metrics are served, and their failure does not end the process", async () => {
  let isBroken = false;
  const health = await startHealthServer(0, async () => {
    if (isBroken) throw new Error("no");
    return { contentType: "text/plain; version=0.0.4", body: "trans_hub_ready 0\n" };
  });
  try {
    expect(await ask(health.port, "/metrics")).toEqual({ status: 200, line: "trans_hub_ready 0" });
    isBroken = true;
    expect(await ask(health.port, "/metrics")).toEqual({ status: 500, line: "the metrics could not be read" });
    expect(await ask(health.port, "/livez")).toMatchObject({ status: 200 });
    expect(health.isReady).toBe(false);
    health.ready();
    expect(health.isReady).toBe(true);
  } finally {
    await health.close();
  }
});

test("a thousand concurrent requests for the metrics gather them once", async () => {
  let gathered = 0;
  const health = await startHealthServer(0, async () => {
    gathered += 1;
    await new Promise(setImmediate);
    return { contentType: "text/plain", body: "trans_hub_ready 0\n" };
  });
  try {
    const socket = connect(health.port, "127.0.0.1").setEncoding("utf8");
    const request = "GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n";
    socket.write(request.repeat(999) + request.replace("\r\n\r\n", "\r\nconnection: close\r\n\r\n"));
    const answers = (await socket.toArray()).join("").match(/HTTP\/1.1 200 OK/g);
    expect(answers).toHaveLength(1_000);
    expect(gathered).toBeLessThan(10);
    expect(await ask(health.port, "/metrics")).toMatchObject({ status: 200 });
  } finally {
    await health.close();
  }
});
