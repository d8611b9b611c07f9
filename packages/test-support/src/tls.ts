/** Self-made certificates, where openssl is installed. */
import { spawnSync } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export function hasOpenssl(): boolean {
  return spawnSync("openssl", ["version"]).status === 0;
}

export interface Authority {
  /** Path of its own certificate. */
  readonly certificate: string;
  /** Makes the certificate of a host, identified by its DNS name only. */
  issue(host: string): { certificate: string; key: string };
}

/** A CA that no system trusts. Its files are in the folder, named after it. */
export function makeAuthority(folder: string, name: string): Authority {
  const at = (file: string) => join(folder, `${name}-${file}`);
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  openssl(
    "req",
    "-x509",
    ...curve,
    ...["-keyout", at("ca.key"), "-out", at("ca.pem"), "-days", "2", "-subj", `/CN=${name}`],
    ...["-addext", "basicConstraints=critical,CA:TRUE"],
  );
  return {
    certificate: at("ca.pem"),
    issue(host) {
      openssl("req", ...curve, "-keyout", at("host.key"), "-out", at("host.csr"), "-subj", `/CN=${host}`);
      writeFileSync(at("host.ext"), `subjectAltName=DNS:${host}\n`);
      openssl(
        ...["x509", "-req", "-in", at("host.csr"), "-CA", at("ca.pem"), "-CAkey", at("ca.key"), "-days", "2"],
        ...["-out", at("host.pem"), "-extfile", at("host.ext"), "-CAcreateserial"],
      );
      chmodSync(at("host.key"), 0o600);
      return { certificate: at("host.pem"), key: at("host.key") };
    },
  };
}

function openssl(...args: string[]): void {
  const { status, stderr } = spawnSync("openssl", args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`openssl ${args[0]}: ${stderr}`);
}
