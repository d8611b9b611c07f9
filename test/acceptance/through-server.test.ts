/**
 * The tests of the commands about catalogs once more, with those commands behind a server: a real `trans-hub serve` and a real worker
 * stand beside them, and they have no database. Those about files and locks alone only with `TH_TEST_ALL=1`.
 */
import { goThroughServer } from "@trans-hub/test-support/through-server";

goThroughServer();
await import("./import.test.ts");
await import("./translate.test.ts");
