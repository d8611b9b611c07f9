/** Requests that a provider cannot have billed, although no answer says so. */

/** The system's words for a connection that never stood. */
const UNREACHED: ReadonlySet<unknown> = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EADDRNOTAVAIL",
  "UND_ERR_CONNECT_TIMEOUT",
  "CERT_HAS_EXPIRED",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "ERR_TLS_CERT_ALTNAME_INVALID",
]);

/** Whether an error of a request says that the request never left: no connection stood. */
export function isUnreached(error: unknown): boolean {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if (UNREACHED.has((cause as { code?: unknown }).code)) return true;
  }
  return false;
}

/**
 * Whether a request that was answered with this status is not billed: an error of the provider itself. The words of a gateway
 * (502, 504, those of Cloudflare) say only that it heard nothing: the provider behind it may have done the work.
 */
export function isUnbilledStatus(status: number): boolean {
  return status >= 300 && status !== 408 && status !== 502 && status !== 504 && !(status >= 520 && status <= 527);
}
