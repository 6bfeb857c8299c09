import { codeOf } from '../guard/error-code.ts';

/** Errors of a connection that cannot be made or has broken: codes of the operating system, and messages of `pg` that have no code. */
const ofConnections = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  // This process has no file descriptor left.
  'EMFILE',
  'The server does not support SSL connections',
  'Connection terminated',
  'Connection terminated unexpectedly',
  'Connection terminated due to connection timeout',
  'timeout exceeded when trying to connect',
  'timeout expired',
  'Query read timeout',
  'Client has encountered a connection error and is not queryable',
  'Client was closed and is not queryable',
]);
/** Codes of Node for a certificate that is not trusted: it has run out, is for another host, or its authority is not known. */
const ofCertificates = /^(CERT|ERR_TLS_CERT|UNABLE_TO|SELF_SIGNED|DEPTH_ZERO)_[A-Z_]+$/;
/** Whether a code means that the server's certificate is not trusted. */
export const isOfCertificate = (code: string) => ofCertificates.test(code);
/**
 * PostgreSQL's error codes (appendix A of its manual) for a server that starts or stops, lets nobody in, has no connection or disk
 * space left, only follows another server, or ended a statement that took too long or waited too long for somebody else's lock.
 */
const ofServers = /^(08...|28...|3D000|53...|55000|55P03|57014|57P0.|25006)$/;

/**
 * Whether an error, or one of its causes, means that the database cannot be used at the moment but may work again soon.
 * @returns the error's code, or its message if it has no code; undefined for any other error
 */
export function outageOf(error: unknown): string | undefined {
  for (let one = error; one instanceof Error; one = one.cause) {
    const code = codeOf(one) ?? one.message;
    if (ofConnections.has(code) || ofServers.test(code) || isOfCertificate(code)) return code;
  }
  return undefined;
}
