import { join } from "node:path";

/** The environment variable of the data folder; every error that another folder would cure points to it. */
export const DATA_DIR_VARIABLE = "TH_DATA_DIR";

/** Name of the default data folder. */
export const DATA_DIR_NAME = ".trans-hub";

/** The paths within one data folder. */
export interface Layout {
  dataDir: string;
  /** Made by one rename, so that the password and its cluster always belong together. */
  cluster: string;
  /** The unfinished output of initdb. The keeper that makes this folder has the right to run initdb. */
  newCluster: string;
  password: string;
  /** PostgreSQL's own data directory. */
  pgData: string;
  postmasterPid: string;
  /** The address of the running server: `trans-hub.json`. */
  endpoint: string;
  /** The log of keepers and servers. */
  log: string;
  gitignore: string;
  /** A symbolic link to the real data folder, when the server's user cannot reach this one. */
  elsewhere: string;
}

/** The paths within the data folder `dataDir`. */
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
 * Whether a data folder may hold an entry of this name. Every fresh volume holds `lost+found`; `demo` holds the
 * catalogs written by the command of that name.
 */
export function isOwnEntry(name: string): boolean {
  return OWN_ENTRY.test(name);
}
