#!/usr/bin/env node
/**
 * The command of `image-root.ts`. JavaScript and not TypeScript, because it is called on the machine's own Node, which may be
 * a 20 and can only be told so by a file that it can read.
 */
import { resolve } from "node:path";

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(
    `error: Node ${process.versions.node} is too old\nhint: Run \`npm run image-root -- FOLDER\`, which uses the repository's own Node 24.`,
  );
  process.exit(1);
}
const [target] = process.argv.slice(2);
if (target === undefined) {
  console.error("usage: npm run image-root -- FOLDER");
  process.exit(2);
}
try {
  const { makeImageRoot } = await import("./image-root.ts");
  makeImageRoot(resolve(target));
} catch (error) {
  console.error(`error: ${error.message}`);
  process.exit(1);
}
