import type { LoggerService } from '@nestjs/common';
import type { Logger } from './logger.js';
import { isError } from './is-error.js';

/** What Nest itself has to say, in our log; its chatter about modules and routes is at level debug. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, context?: unknown): void {
    this.logger.debug(String(message), { context });
  }

  error(message: unknown, stack?: unknown, context?: unknown): void {
    if (isError(message)) this.logger.error(message.message, { err: message, context });
    else this.logger.error(String(message), { stack, context });
  }

  warn(message: unknown, context?: unknown): void {
    this.logger.warn(String(message), { context });
  }

  debug(message: unknown, context?: unknown): void {
    this.logger.debug(String(message), { context });
  }

  fatal(message: unknown, context?: unknown): void {
    this.logger.fatal(String(message), { context });
  }
}
