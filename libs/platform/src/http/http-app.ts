import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { DynamicModule, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { CrosstieConfig } from '../configuration.js';
import type { Logger } from '../logger.js';
import { metrics } from '../metrics.js';
import { NestLogger } from '../nest-logger.js';
import { parseNested, readBodies } from './body-parsers.js';
import { ProblemFilter, problemOf } from './problem-filter.js';
import { enforceRouteLimits } from './route-limits.js';
import { validationPipe } from './validation.js';

export interface HttpAppOptions {
  readonly config: CrosstieConfig;
  readonly logger: Logger;
  /** While it answers true, all but health is answered 503. */
  readonly draining?: () => boolean;
}

const keepAliveMs = 95_000;
const pathParameterMax = 1_000;
const headerBytesMax = 32 * 1024;
const bodyBytesDefault = 1024 * 1024;

/**
 * A Nest app on Fastify as every service has it; not listening yet. Nothing of what comes in is believed: no proxy
 * header, no request id.
 */
export async function createHttpApp(
  rootModule: DynamicModule | Type,
  options: HttpAppOptions,
): Promise<NestFastifyApplication> {
  const adapter = makeAdapter();
  const fastify: FastifyInstance = adapter.getInstance();
  answerHeaders(fastify, options);
  measureRequests(fastify, options.logger);
  closeUnusedConnections(fastify);
  enforceRouteLimits(fastify);
  await readBodies(fastify);
  const app = await NestFactory.create<NestFastifyApplication>(rootModule, adapter, {
    logger: new NestLogger(options.logger),
    bodyParser: false,
    abortOnError: false,
  });
  app.useGlobalFilters(new ProblemFilter(options.logger));
  app.useGlobalPipes(validationPipe());
  return app;
}

function makeAdapter(): FastifyAdapter {
  return new FastifyAdapter({
    bodyLimit: bodyBytesDefault,
    keepAliveTimeout: keepAliveMs,
    // Held requests and uploads may take as long as they like; a slow header may not (Node's own 60 s).
    requestTimeout: 0,
    connectionTimeout: 0,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    trustProxy: false,
    genReqId: () => randomUUID(),
    http: { maxHeaderSize: headerBytesMax },
    routerOptions: { maxParamLength: pathParameterMax, querystringParser: parseNested },
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
      const problem = problemOf(error);
      void reply.header('x-request-id', request.id);
      void reply.status(problem?.status ?? 400).send(problem?.body ?? { message: '400 Bad Request' });
    },
    multipart: false,
  });
}

// Browsers and HTTP clients connect ahead of need. To Node such a connection is not idle, and it would hold up the end.
function closeUnusedConnections(fastify: FastifyInstance): void {
  const unused = new Set<Socket>();
  fastify.server.on('connection', (socket: Socket) => {
    unused.add(socket);
    socket.once('close', () => unused.delete(socket));
  });
  fastify.server.on('request', (request: IncomingMessage) => unused.delete(request.socket));
  fastify.addHook('preClose', async () => {
    for (const socket of unused) socket.destroy();
  });
}

function answerHeaders(fastify: FastifyInstance, { draining, config }: HttpAppOptions): void {
  const secure = config.url.startsWith('https:');
  fastify.addHook('onRequest', async (request, reply) => {
    reply.headers({
      'x-request-id': request.id,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      ...(secure && { 'strict-transport-security': 'max-age=31536000; includeSubDomains' }),
    });
    if (draining?.() && !/^\/(healthz|readyz)$/.test(request.url)) {
      reply.headers({ connection: 'close', 'retry-after': '5' });
      await reply.status(503).send({ message: '503 Service Unavailable' });
    }
  });
}

function measureRequests(fastify: FastifyInstance, logger: Logger): void {
  const seconds = metrics.histogram('http_request_seconds', 'Time to answer a request', ['method', 'route', 'status']);
  fastify.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'unknown';
    const { method } = request;
    seconds.observe({ method, route, status: String(reply.statusCode) }, reply.elapsedTime / 1000);
    const fields = {
      method,
      route,
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime),
      requestId: request.id,
    };
    logger.debug('request answered', fields);
  });
}
