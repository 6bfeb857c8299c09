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
 * What PostgreSQL says while it starts, stops, lets nobody in, has no connection or room left, follows another server, or ends
 * a statement that has waited too long for somebody else's lock (appendix A of its manual): classes 08, 28, 53 and 57P, and
 * single codes.
 */
const ofServers = /^(08...|28...|3D000|53...|55000|55P03|57014|57P0.|25006)$/;

/**
 * Whether an error, or what caused it, means that the database cannot be used just now and may be again soon.
 * @returns its code, or the library's words where it has none; undefined for any other error
 */
export function outageOf(error: unknown): string | undefined {
  for (let one = error; one instanceof Error; one = one.cause) {
    const code = 'code' in one && typeof one.code === 'string' ? one.code : one.message;
    if (ofConnections.has(code) || ofServers.test(code)) return code;
  }
  return undefined;
}
