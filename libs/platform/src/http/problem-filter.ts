import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import { Catch, HttpException, NotFoundException } from '@nestjs/common';
import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ConnectionDropped } from '../fault-points.js';
import type { Logger } from '../logger.js';
import { Problem, Unavailable } from '../problem.js';
import { notServed } from './not-served.js';
import { isError } from '../is-error.js';

/** Shows a Problem as it is, and nothing of any other error but a reference under which the log has it. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    if (host.getType() !== 'http') throw error;
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    if (error instanceof ConnectionDropped) {
      reply.hijack();
      // The request itself may be read to its end; then destroying it leaves the connection open.
      request.raw.socket.destroy();
      return;
    }
    if (reply.sent) return;
    const problem = absence(error, request) ?? problemOf(error) ?? this.broken(error, request);
    if (problem.status === 503) this.logger.warn('could not serve a request', { err: error, requestId: request.id });
    void reply.status(problem.status).headers(problem.headers).type('application/json').send(problem.body);
  }

  private broken(error: unknown, request: FastifyRequest): Problem {
    const reference = randomUUID().slice(0, 8);
    const route = request.routeOptions.url;
    this.logger.error('a request broke', { err: error, reference, requestId: request.id, route });
    return new Problem(500, { message: '500 Internal Server Error', reference }, 'broken');
  }
}

/** No route: for what GitLab has and this server has not, clients show the sentence. */
function absence(error: unknown, { url }: FastifyRequest): Problem | null {
  const what = error instanceof NotFoundException ? notServed(url) : null;
  if (what === null) return null;
  return new Problem(404, { message: `404 Not Found - not part of Crosstie: ${what}` }, 'not_served');
}

/** The answer that an error stands for; null for one that must not be shown. */
export function problemOf(error: unknown): Problem | null {
  if (error instanceof Problem) return error;
  if (holdsNul(error)) return new Problem(400, { error: 'A value holds a NUL character' }, 'bad_request');
  if (databaseIsAway(error)) return new Unavailable('503 Service Unavailable', 5, 'database_away');
  if (error instanceof NotFoundException) return new Problem(404, { error: '404 Not Found' }, 'no_route');
  if (error instanceof HttpException) return ofHttpException(error);
  const status = fastifyStatusOf(error);
  if (status === null) return null;
  return new Problem(status, { message: `${status} ${STATUS_CODES[status] ?? 'Error'}` }, 'refused');
}

function ofHttpException(error: HttpException): Problem | null {
  const status = error.getStatus();
  if (status >= 500 && status !== 503) return null;
  if (status === 400) return new Problem(400, { error: error.message }, 'bad_request');
  return new Problem(status, { message: `${status} ${STATUS_CODES[status] ?? 'Error'}` }, 'refused');
}

// Fastify's own refusals: too large, unknown type, bad address, a client that went away.
function fastifyStatusOf(error: unknown): number | null {
  if (!isError(error) || !('statusCode' in error) || typeof error.statusCode !== 'number') return null;
  const own = 'code' in error && typeof error.code === 'string' && error.code.startsWith('FST_');
  return own && error.statusCode >= 400 && error.statusCode < 500 ? error.statusCode : null;
}

// PostgreSQL's text and JSON have no NUL. Only what a caller sent can bring one there, in any of its parameters.
function holdsNul(error: unknown): boolean {
  return isError(error) && 'code' in error && (error.code === '22021' || error.code === '22P05');
}

/** What PostgreSQL says when it did nothing and may do it later: no way to it, no room, a standby, a lost conflict. */
const awayCodes = new Set([
  'ECONNREFUSED',
  'ENOENT',
  'ECONNRESET',
  '57P01',
  '57P02',
  '57P03',
  '53300',
  '08001',
  '08006',
  '25006',
  '40001',
  '40P01',
  '53100',
  '53200',
  '55P03',
]);

/** Whether PostgreSQL could not be reached or cannot do anything now, so that nothing was done. */
export function databaseIsAway(error: unknown): boolean {
  if (!isError(error)) return false;
  const syscall = 'syscall' in error ? String(error.syscall) : '';
  if ('code' in error && awayCodes.has(String(error.code)) && (syscall === '' || syscall === 'connect')) return true;
  if (error.name === 'AggregateError' && 'errors' in error && Array.isArray(error.errors)) {
    return error.errors.some(databaseIsAway);
  }
  return /timeout exceeded when trying to connect|Connection terminated due to connection timeout/.test(error.message);
}
