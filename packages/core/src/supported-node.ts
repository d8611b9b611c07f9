/**
 * Imported first by every door, so that the error on an old Node names its version and not a function that it lacks.
 *
 * All modules behind a door are read and linked before this one runs. So none may import by name a function that an older
 * Node does not export (`import module from "node:module"`, then `module.registerHooks`).
 */
import { UnsupportedNodeError } from "./contract/errors.ts";

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 18)) throw new UnsupportedNodeError(process.versions.node);
