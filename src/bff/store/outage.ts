/** What the operating system, and the library in words of its own, say of a connection that cannot be made or has broken. */
const ofConnections = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'Connection terminated',
  'Connection terminated unexpectedly',
  'Connection terminated due to connection timeout',
  'timeout exceeded when trying to connect',
  'timeout expired',
  'Query read timeout',
  'Client has encountered a connection error and is not queryable',
  'Client was closed and is not queryable',
]);
/**
 * What PostgreSQL says while it starts, stops, lets nobody in, has no connection or room left, or follows another server
 * (appendix A of its manual): classes 08, 53 and 57P, and two single codes.
 */
const ofServers = /^(08...|53...|57P0.|55000|25006)$/;

/** Whether an error, or what caused it, means that the database cannot be used just now and may be again soon. */
export function isOutage(error: unknown): boolean {
  for (let one = error; one instanceof Error; one = one.cause) {
    const code = 'code' in one && typeof one.code === 'string' ? one.code : one.message;
    if (ofConnections.has(code) || ofServers.test(code)) return true;
  }
  return false;
}
