import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { expect, test } from "vitest";
import { openSession } from "./session.ts";

test("a foreign server that asks for the password in clear text does not get it", async () => {
  const heard: Buffer[] = [];
  const thief = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.on("data", (data) => {
      heard.push(data);
      socket.write(Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3])); // AuthenticationCleartextPassword
    });
  }).listen(0, "127.0.0.1");
  await once(thief, "listening");
  const { port } = thief.address() as AddressInfo;
  await expect(openSession({ port, password: "the secret" }, "test")).rejects.toThrow("clear text");
  expect(Buffer.concat(heard).toString()).not.toContain("the secret");
  thief.close();
});

test("a program on the port that does not speak PostgreSQL's protocol is an error, not a crash", async () => {
  const web = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
  }).listen(0, "127.0.0.1");
  await once(web, "listening");
  const { port } = web.address() as AddressInfo;
  await expect(openSession({ port, password: "the secret" }, "test")).rejects.toThrow();
  web.close();
});
