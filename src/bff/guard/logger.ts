import { type Bindings, type DestinationStream, type Logger, pino, stdTimeFunctions } from 'pino';

/**
 * A structured log: one JSON object on each line. Usual fields are requestID, upstreamRequestID, personID, accountID, method, route
 * (the pattern, never the address), status and ms. Whatever a caller passes in, a line holds no body, cookie, key, token or
 * email address.
 * @param destination standard output if left out
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
          // Without a message of ours pino would log the error's own message, which may quote what somebody sent.
          const error = first instanceof Error ? first : errorIn(first);
          if (typeof first === 'string') write.call(this, scrubText(first), ...texts);
          else if (error === undefined) write.call(this, first, ...texts);
          else write.call(this, first === error ? { err: error } : first, ...(texts.length > 0 ? texts : ['an error']));
        },
      },
    },
    output,
  );
  // Pino does not run the `log` formatter on the fields of a child logger, so they are scrubbed here. Children of children inherit this.
  const child: (this: Logger, bindings: Bindings) => Logger = log.child;
  return Object.assign(log, {
    child(this: Logger, bindings: Bindings): Logger {
      return child.call(this, scrubFields(bindings));
    },
  });
}

/** How many characters are kept while the log cannot be written; lines beyond that are lost. */
const mostKept = 4 * 1024 * 1024;
/**
 * A file or a pipe as the destination of a log. While it cannot be written, for example because the disk is full, the portal goes on.
 * @param written is called once it can be written again, with the error code and the number of lines that were lost
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
  // pino calls `flushSync` when the process ends, and it would try for ever while the log cannot be written: the process would hang.
  const flush = output.flushSync.bind(output);
  output.flushSync = () => {
    if (code === undefined) flush();
  };
  return output;
}

/** A log whose lines carry the id of one request, and the person and the account as soon as they are known (`about`). */
export class RequestLog {
  readonly about: Record<string, string>;
  readonly #log: Logger;
  /** It makes no child of pino's log: that would take four times as long as the one line that most requests write. */
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

/** Names of fields that may hold secrets or what people wrote. At any depth, only numbers and booleans under such a name are logged. */
const secret =
  /^(?:.*(?:token|secret|password|passwd|cookie|authorization|credential|signature|verifier|nonce|apikey|api_key).*|session|sessionid|body|payload|html|title|detail|content|text|message|contact|email|headers|params|parameters|query|fields|url|databaseurl|connectionstring)$/i;
/** Ids and names of metrics in this form are logged as they are, although they may be long and look random (see `suspicious`). */
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
/** A text with email addresses, credentials, JWTs and long random strings replaced, cut to 500 characters. */
export function scrubText(text: string): string {
  if (!suspicious.test(text)) return text.slice(0, longest);
  return (
    text
      .slice(0, 4 * longest)
      // One pattern for both: a password in a URL may contain an @, and the pattern for email addresses would remove only a part of it.
      .replace(/:\/\/[^\s/]+@|[^\s@<>"'(),:;]+@[^\s@<>"'(),:;]+/g, (found) =>
        found.startsWith('://') ? '://[removed]@' : '[email]',
      )
      .replace(/\b(bearer|basic)\s+[\w.~+/=-]+/gi, '$1 [removed]')
      .replace(/\beyJ[\w-]+\.[\w-]+\.?[\w-]*/g, gone)
      .replace(/[\w-]{40,}/g, gone)
      .slice(0, longest)
  );
}

/** The form of an OAuth error code (RFC 6749 5.2), which is safe to log: `invalid_client` means a wrong or expired secret. */
const oauthError = /^[a-z_]{1,40}$/;
const safeDetails = ['code', 'errno', 'syscall', 'severity', 'schema', 'table', 'column', 'constraint', 'routine'];

/**
 * An error for the log: its type, where it happened, and its message without what the message may quote (the parameters of a query,
 * a text that could not be parsed, values that the database refused).
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

/** The message of an error, without what it may quote. */
export function safeMessage(error: Error): string {
  // drizzle-orm: "Failed query: <SQL with placeholders>\nparams: <values>".
  const message = error.message.replace(/\nparams: [\s\S]*$/, '');
  const quotesInput = error instanceof SyntaxError || 'severity' in error;
  return scrubText(quotesInput ? message.replace(/"[\s\S]*"/, '"…"').replace(/'[\s\S]*'/, "'…'") : message);
}
