import { type Logger, pino } from 'pino';

/** A structured log on standard output. */
export function createLogger(options: { level: string }): Logger {
  return pino({ level: options.level });
}
