import { type Bindings, type DestinationStream, type Logger, pino, stdTimeFunctions } from 'pino';

/**
 * A structured log: one JSON object a line, under the names requestID, upstreamRequestID, personID, accountID, method, route
 * (the pattern, never the address), status and ms, on standard output unless another destination is given. Whatever is
 * passed in, a line holds no body, cookie, key, token or email address.
 */
export function createLogger(options: { level: string }, destination?: DestinationStream): Logger {
  const output = destination ?? openOutput(1, (about) => log.warn(about, 'the log could not be written for a while'));
  const log: Logger = pino(
    {
      level: options.level,
      timestamp: stdTimeFunctions.isoTime,
      serializers: { err: describeError },
      formatters: { level: (label) => ({ level: label }), log: scrubFields },
      hooks: {
        logMethod(given, write) {
          const [first, ...rest] = given;
          const texts = rest.map((value) => scrubText(String(value)));
          // Left alone, pino takes an error's own message, which may quote what was sent.
          const error = first instanceof Error ? first : errorIn(first);
          if (typeof first === 'string') write.call(this, scrubText(first), ...texts);
          else if (error === undefined) write.call(this, first, ...texts);
          else write.call(this, first === error ? { err: error } : first, ...(texts.length > 0 ? texts : ['an error']));
        },
      },
    },
    output,
  );
  // Pino passes what a child carries by every formatter; children of children inherit this.
  const child: (this: Logger, bindings: Bindings) => Logger = log.child;
  return Object.assign(log, {
    child(this: Logger, bindings: Bindings): Logger {
      return child.call(this, scrubFields(bindings));
    },
  });
}

/** How many characters are kept while they cannot be written; what comes after them is lost. */
const mostKept = 4 * 1024 * 1024;
/**
 * A file or a pipe as the destination of a log. While it cannot be written, its disk being full, the portal serves on.
 * @param written is told, once it can be written again, why it could not, and how many lines were lost
 */
export function openOutput(fd: number, written: (about: { code: string; lost: number }) => void) {
  const output = pino.destination({ fd, sync: false, maxLength: mostKept });
  let code: string | undefined;
  let lost = 0;
  output.on('error', (error: NodeJS.ErrnoException) => {
    code = error.code ?? 'unknown';
  });
  output.on('drop', () => {
    lost += 1;
  });
  output.on('write', () => {
    if (code === undefined) return;
    setImmediate(written, { code, lost });
    [code, lost] = [undefined, 0];
  });
  // It tries for ever: a process that is about to end would neither serve nor end.
  const flush = output.flushSync.bind(output);
  output.flushSync = () => {
    if (code === undefined) flush();
  };
  return output;
}

/** A log whose lines say which request they are about, and who makes it for which account once that is known. */
export class RequestLog {
  readonly about: Record<string, string>;
  readonly #log: Logger;
  /** Makes no child of the log: that would take four times as long as writing the one line that most requests write. */
  constructor(log: Logger, about: Record<string, string>) {
    this.#log = log;
    this.about = about;
  }
  isLevelEnabled(level: 'info' | 'warn' | 'error'): boolean {
    return this.#log.isLevelEnabled(level);
  }
  info(fields: object, message: string) {
    this.#log.info({ ...this.about, ...fields }, message);
  }
  warn(fields: object, message: string) {
    this.#log.warn({ ...this.about, ...fields }, message);
  }
  error(fields: object, message: string) {
    this.#log.error({ ...this.about, ...fields }, message);
  }
}

const errorIn = (fields: unknown): Error | undefined =>
  typeof fields === 'object' && fields !== null && 'err' in fields && fields.err instanceof Error
    ? fields.err
    : undefined;

/** Fields that hold what people wrote or what opens doors, wherever they turn up. */
const secret =
  /^(?:.*(?:token|secret|password|passwd|cookie|authorization|credential|signature|verifier|nonce|apikey|api_key).*|session|sessionid|body|payload|html|title|detail|content|text|message|contact|email|headers|params|parameters|query|fields|url|databaseurl|connectionstring)$/i;
/** Ids, and names of metrics, may be long and look random. */
const id = /^[\w.:-]{1,128}$/;
const gone = '[removed]';
const deepest = 4;

function scrubFields(fields: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, scrub(name, value, 0)]));
}

function scrub(name: string, value: unknown, depth: number): unknown {
  if (value === undefined || value === null || typeof value === 'number' || typeof value === 'boolean') return value;
  if (secret.test(name)) return gone;
  if (typeof value === 'string')
    return (name.endsWith('ID') || name === 'metric') && id.test(value) ? value : scrubText(value);
  if (value instanceof Error) return depth === 0 && name === 'err' ? value : describeError(value);
  if (value instanceof Date) return value;
  if (typeof value !== 'object') return typeof value === 'bigint' ? String(value) : gone;
  if (depth >= deepest || ArrayBuffer.isView(value)) return gone;
  if (Array.isArray(value)) return value.slice(0, 50).map((item) => scrub('', item, depth + 1));
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, scrub(key, inner, depth + 1)]));
}

const longest = 500;
const suspicious = /@|eyJ|bearer|basic|[\w-]{40}/i;
/** A text without email addresses, credentials, JWTs or long random strings, at most 500 characters long. */
export function scrubText(text: string): string {
  if (!suspicious.test(text)) return text.slice(0, longest);
  return (
    text
      .slice(0, 4 * longest)
      // Together: what is an email address within a password would leave the rest of the password behind.
      .replace(/:\/\/[^\s/]+@|[^\s@<>"'(),:;]+@[^\s@<>"'(),:;]+/g, (found) =>
        found.startsWith('://') ? '://[removed]@' : '[email]',
      )
      .replace(/\b(bearer|basic)\s+[\w.~+/=-]+/gi, '$1 [removed]')
      .replace(/\beyJ[\w-]+\.[\w-]+\.?[\w-]*/g, gone)
      .replace(/[\w-]{40,}/g, gone)
      .slice(0, longest)
  );
}

/** What an identity provider calls a failure (RFC 6749 5.2): `invalid_client` where the secret is wrong or has run out. */
const oauthError = /^[a-z_]{1,40}$/;
const safeDetails = ['code', 'errno', 'syscall', 'severity', 'schema', 'table', 'column', 'constraint', 'routine'];

/**
 * An error for the log: what kind, where, and a message without what it may quote (a query's parameters, the text that
 * failed to parse, values that the database refused).
 */
function describeError(error: unknown, depth = 0): Record<string, unknown> {
  if (!(error instanceof Error)) return { type: typeof error };
  const frames = error.stack?.split('\n').filter((line) => /^\s+at /.test(line));
  const details = Object.entries(error).filter(
    ([name, value]) =>
      (safeDetails.includes(name) && (typeof value === 'string' || typeof value === 'number')) ||
      (name === 'error' && typeof value === 'string' && oauthError.test(value)),
  );
  return {
    type: error.name === 'Error' ? error.constructor.name : error.name,
    message: safeMessage(error),
    ...Object.fromEntries(details),
    stack: frames?.slice(0, 12).join('\n'),
    ...(error.cause instanceof Error && depth < 3 && { cause: describeError(error.cause, depth + 1) }),
    ...(error instanceof AggregateError &&
      depth < 3 && { errors: error.errors.slice(0, 5).map((inner) => describeError(inner, depth + 1)) }),
  };
}

/** What an error says, without what it may quote. */
export function safeMessage(error: Error): string {
  // drizzle-orm: "Failed query: <SQL with placeholders>\nparams: <values>".
  const message = error.message.replace(/\nparams: [\s\S]*$/, '');
  const quotesInput = error instanceof SyntaxError || 'severity' in error;
  return scrubText(quotesInput ? message.replace(/"[\s\S]*"/, '"…"').replace(/'[\s\S]*'/, "'…'") : message);
}
