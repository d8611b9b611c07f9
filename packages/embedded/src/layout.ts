import { join } from "node:path";

/** The environment variable that names the data folder; every error whose cure is another folder points to it. */
export const DATA_DIR_VARIABLE = "TH_DATA_DIR";

/** Name of the default data folder. */
export const DATA_DIR_NAME = ".trans-hub";

/** Where things lie in one data folder. */
export interface Layout {
  dataDir: string;
  /** Made by one rename, so that a password and the cluster that knows it always belong together. */
  cluster: string;
  /** What initdb is still writing. Making this folder is the right to run initdb. */
  newCluster: string;
  password: string;
  /** PostgreSQL's own data directory. */
  pgData: string;
  postmasterPid: string;
  /** How to reach the running server: `trans-hub.json`. */
  endpoint: string;
  /** What keepers and servers had to say. */
  log: string;
  gitignore: string;
  /** A symbolic link to the real data folder, where the server's user cannot reach this one. */
  elsewhere: string;
}

/** The names above, for the data folder `dataDir`. */
export function layoutOf(dataDir: string): Layout {
  const cluster = join(dataDir, "cluster");
  const pgData = pgDataIn(cluster);
  return {
    dataDir,
    cluster,
    newCluster: join(dataDir, "cluster.new"),
    password: passwordIn(cluster),
    pgData,
    postmasterPid: join(pgData, "postmaster.pid"),
    endpoint: join(dataDir, "trans-hub.json"),
    log: join(dataDir, "server.log"),
    gitignore: join(dataDir, ".gitignore"),
    elsewhere: join(dataDir, "elsewhere"),
  };
}

/** PostgreSQL's data directory within a cluster folder, finished or not. */
export function pgDataIn(cluster: string): string {
  return join(cluster, "postgres");
}

/** The superuser's password within a cluster folder, finished or not. */
export function passwordIn(cluster: string): string {
  return join(cluster, "password");
}

const OWN_ENTRY =
  /^(cluster|server\.log|trans-hub\.json)(\..+)?$|^(\.gitignore|demo|elsewhere|lost\+found|\.DS_Store)$/;

/**
 * Whether a data folder may hold an entry of this name. `lost+found` stands in every fresh volume; `demo` holds the catalogs
 * that the command of that name writes.
 */
export function isOwnEntry(name: string): boolean {
  return OWN_ENTRY.test(name);
}
