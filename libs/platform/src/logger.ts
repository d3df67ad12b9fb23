import { pino } from 'pino';
import type { DestinationStream, Logger as Pino } from 'pino';
import { withoutSecrets } from './redaction.js';
import { isError } from './is-error.js';
import { onStep } from './steps.js';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
export type LogFields = Readonly<Record<string, unknown>>;

/** Lines of JSON with a sentence and fields. An error goes into the field `err`; secrets do not come out. */
export class Logger {
  constructor(private readonly pino: Pino) {}

  /** A logger that says nothing. */
  static silent(): Logger {
    return new Logger(pino({ level: 'silent' }));
  }

  /** The same logger with these fields on each line. */
  child(fields: LogFields): Logger {
    return new Logger(this.pino.child(fields));
  }

  debug(message: string, fields: LogFields = {}): void {
    this.pino.debug(fields, message);
  }

  info(message: string, fields: LogFields = {}): void {
    this.pino.info(fields, message);
  }

  warn(message: string, fields: LogFields = {}): void {
    this.pino.warn(fields, message);
  }

  error(message: string, fields: LogFields = {}): void {
    this.pino.error(fields, message);
  }

  fatal(message: string, fields: LogFields = {}): void {
    this.pino.fatal(fields, message);
  }
}

export interface LogSettings {
  readonly level: LogLevel;
  readonly format: 'json' | 'pretty';
}

/** @param destination where the lines go instead of standard output */
export async function createLogger(
  config: { readonly log: LogSettings },
  service: string,
  destination?: DestinationStream,
): Promise<Logger> {
  const stream = destination ?? (await streamFor(config.log.format));
  const options = {
    level: config.log.level,
    base: { service, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: describeError },
    hooks: { streamWrite: withoutSecrets },
  };
  const logger = new Logger(pino(options, stream));
  if (config.log.level === 'debug' || config.log.level === 'trace') onStep((step) => logger.debug('step', step));
  return logger;
}

async function streamFor(format: 'json' | 'pretty'): Promise<DestinationStream> {
  if (format === 'json') return pino.destination({ fd: 1, sync: false, minLength: 0 });
  const { default: pretty } = await import('pino-pretty');
  return pretty({ colorize: process.stdout.isTTY, ignore: 'pid,hostname', translateTime: 'HH:MM:ss.l' });
}

// Only what is known to be harmless: errors of clients and databases carry parameters, bodies and headers.
function describeError(error: unknown): unknown {
  if (!isError(error)) return { message: String(error) };
  const extra = error as Error & { code?: unknown; status?: unknown };
  return {
    type: error.name,
    message: error.message,
    stack: error.stack,
    ...(typeof extra.code === 'string' || typeof extra.code === 'number' ? { code: extra.code } : {}),
    ...(typeof extra.status === 'number' ? { status: extra.status } : {}),
    ...(isError(error.cause) ? { cause: describeError(error.cause) } : {}),
  };
}
