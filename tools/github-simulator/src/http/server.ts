import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { appPages } from '../pages/app-pages.js';
import { appRoutes } from '../control/app-routes.js';
import { Unknown } from '../control/lookup.js';
import { oauthAppRoutes } from '../control/oauth-app-routes.js';
import { observeRoutes } from '../control/observe-routes.js';
import { peopleRoutes } from '../control/people-routes.js';
import { pushRoutes } from '../control/push-routes.js';
import { commitPages } from '../pages/commit-pages.js';
import { gitRequestOf, gitRoutes } from '../git/smart-http.js';
import { oauthRoutes } from '../oauth/routes.js';
import type { Dispatcher } from '../rest/dispatch.js';
import type { World } from '../world.js';
import type { RequestFault } from './faults.js';

const bodyBytesMax = 128 * 1024 * 1024;
const apiPrefix = '/api/v3';

/** Joins all routes: git, OAuth and App pages, the control API, and REST at the root and below `/api/v3`. */
export function buildServer(world: World, dispatcher: Dispatcher): FastifyInstance {
  const server = fastify({
    bodyLimit: bodyBytesMax,
    forceCloseConnections: true,
    routerOptions: { ignoreTrailingSlash: false, maxParamLength: 4096 },
  });
  readBodies(server);
  server.addHook('onRequest', (request, reply) => arrive(world, dispatcher, request, reply));
  server.addHook('onResponse', (request, reply) => depart(world, request, reply));
  server.register(
    (control) => {
      control.setErrorHandler((error, _request, reply) => {
        const message = error instanceof Error ? error.message : String(error);
        return reply.code(error instanceof Unknown ? 404 : 422).send({ error: message });
      });
      peopleRoutes(control, world);
      appRoutes(control, world);
      oauthAppRoutes(control, world);
      pushRoutes(control, world);
      observeRoutes(control, world);
    },
    { prefix: '/_control' },
  );
  gitRoutes(server, world);
  commitPages(server, world);
  oauthRoutes(server, world);
  appPages(server, world);
  server.get('/', (_request, reply) =>
    reply.type('text/plain').send('A simulated GitHub. Its control API: /_control\n'),
  );
  server.setNotFoundHandler((request, reply) => dispatcher.answer(request, reply, restPath(request.url)));
  return server;
}

function restPath(url: string): string {
  const path = url.split('?')[0] ?? '';
  return path.startsWith(`${apiPrefix}/`) ? path.slice(apiPrefix.length) : path;
}

function readBodies(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  const parseJson = (_request: FastifyRequest, body: Buffer): unknown => {
    if (body.length === 0) return {};
    try {
      return JSON.parse(body.toString('utf8'));
    } catch {
      throw Object.assign(new Error('Problems parsing JSON'), { statusCode: 400 });
    }
  };
  server.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'buffer' },
    async (_request: FastifyRequest, body: Buffer) => Object.fromEntries(new URLSearchParams(body.toString('utf8'))),
  );
  // git's packs go on to git unread.
  const stream = async (_request: FastifyRequest, payload: unknown): Promise<unknown> => payload;
  for (const service of ['git-upload-pack', 'git-receive-pack']) {
    server.addContentTypeParser(`application/x-${service}-request`, stream);
  }
  server.addContentTypeParser('*', { parseAs: 'buffer' }, async (request: FastifyRequest, body: Buffer) =>
    parseJson(request, body),
  );
}

/** Names like the OpenAPI description's, so that faults and the list of received requests speak its words. */
function routeOf(dispatcher: Dispatcher, request: FastifyRequest): string {
  const git = gitRequestOf(request.url);
  if (git) return git.operation;
  const own = request.routeOptions.url;
  if (own !== undefined) return own;
  try {
    return dispatcher.match(request.method, restPath(request.url))?.operation.path ?? 'unknown';
  } catch {
    return 'unknown';
  }
}

const faultOf = new WeakMap<FastifyRequest, RequestFault>();

async function arrive(
  world: World,
  dispatcher: Dispatcher,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  if (request.url.startsWith('/_control')) return;
  reply.header('date', new Date(world.clock.now()).toUTCString());
  reply.header('x-github-request-id', `SIM:${request.id}`);
  const route = routeOf(dispatcher, request);
  world.received.begin(request, route, world.clock.iso());
  if (world.faults.delayAllMs > 0) await pause(world.faults.delayAllMs);
  const fault = world.faults.take(request.method, route, request.url);
  if (!fault) return;
  faultOf.set(request, fault);
  if (fault.delayMs !== undefined) await pause(fault.delayMs);
  if (fault.reset) {
    reply.hijack();
    request.raw.socket.destroy();
  } else if (fault.status !== undefined) {
    if (fault.retryAfter !== undefined) reply.header('retry-after', String(fault.retryAfter));
    const message = fault.message ?? 'A fault of the simulator';
    await reply
      .code(fault.status)
      .headers(fault.headers ?? {})
      .send({ message, documentation_url: 'https://docs.github.com/rest', status: String(fault.status) });
  } else if (fault.lostAnswer) {
    loseAnswer(world, request, reply);
  }
}

/** Lets the request do its work and cuts the connection at the first byte of the answer. */
function loseAnswer(world: World, request: FastifyRequest, reply: FastifyReply): void {
  const raw = reply.raw;
  const cut = (): typeof raw => {
    const entry = world.received.entry(request);
    if (entry)
      Object.assign(entry, { answerLost: true, status: raw.statusCode, finishedNs: String(process.hrtime.bigint()) });
    request.raw.socket.destroy();
    return raw;
  };
  raw.writeHead = cut;
  raw.write = (() => false) as typeof raw.write;
  raw.end = cut as typeof raw.end;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function depart(world: World, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const entry = world.received.entry(request);
  if (!entry || entry.answerLost) return;
  entry.status = reply.raw.statusCode;
  entry.finishedNs = String(process.hrtime.bigint());
  const body = request.body;
  if (typeof body === 'object' && body !== null && !('pipe' in body)) entry.body = body;
}
