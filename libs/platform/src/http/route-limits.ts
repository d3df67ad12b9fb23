import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { Problem, Unavailable } from '../problem.js';

/** What a route accepts, beyond the limits that hold for all. */
export interface RouteLimits {
  /** More bytes are answered 413 while they are being read. Default 1 MiB. */
  readonly bodyBytesMax?: number;
  /** A body that is not there by then is answered 408 and its connection closed. */
  readonly bodyDeadlineMs?: number;
  /** Bytes of bodies that this route holds at once, over all requests; beyond it 503. */
  readonly inFlightBytesMax?: number;
  /** Requests at once from one network address; beyond it 503. */
  readonly perAddressMax?: number;
  /** The media types taken; others are answered 415 with `mediaTypeHint` before the body is read. */
  readonly mediaTypes?: readonly string[];
  readonly mediaTypeHint?: string;
  /** The handler gets the body as a Buffer, not parsed, whatever its type. */
  readonly rawBody?: boolean;
  /** The handler reads multipart parts itself, from `request.parts()`. */
  readonly streamsParts?: boolean;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    limits?: RouteLimits;
  }
}

/** Sets a route's limits; the only way to them, so that no service touches the shared HTTP server. */
export const LimitRoute = (limits: RouteLimits): MethodDecorator & ClassDecorator => RouteConfig({ limits });

/** The limits of the route that this request is for. */
export function limitsOf(request: FastifyRequest): RouteLimits {
  return request.routeOptions.config.limits ?? {};
}

/** Makes the limits hold. Call it before any route is declared. */
export function enforceRouteLimits(fastify: FastifyInstance): void {
  fastify.addHook('onRoute', (route) => {
    if (route.config?.limits) applyLimits(route, route.config.limits);
  });
}

function applyLimits(route: RouteOptions, limits: RouteLimits): void {
  if (limits.bodyBytesMax) route.bodyLimit = limits.bodyBytesMax;
  const addresses = new Map<string, number>();
  let bytesHeld = 0;

  const onRequest = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    if (request.method === 'GET' || request.method === 'HEAD') return;
    if (limits.mediaTypes) refuseOtherTypes(request, reply, limits);
    if (limits.perAddressMax) admitAddress(addresses, request, reply, limits.perAddressMax);
  };
  const preParsing = async (request: FastifyRequest, reply: FastifyReply, payload: NodeJS.ReadableStream) => {
    if (limits.bodyDeadlineMs) endAt(limits.bodyDeadlineMs, request, reply, payload);
    if (limits.inFlightBytesMax) {
      const most = limits.inFlightBytesMax;
      let mine = 0;
      payload.on('data', (part: Buffer) => {
        mine += part.length;
        bytesHeld += part.length;
        if (bytesHeld > most) breakOff(request, reply, new Unavailable('Too much is being received at once.'));
      });
      whenOver(reply, () => (bytesHeld -= mine));
    }
    return payload;
  };
  route.onRequest = [...asList(route.onRequest), onRequest];
  route.preParsing = [...asList(route.preParsing), preParsing];
}

function refuseOtherTypes(request: FastifyRequest, reply: FastifyReply, limits: RouteLimits): void {
  const type = (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (limits.mediaTypes?.includes(type)) return;
  void reply.header('connection', 'close');
  throw new Problem(415, { message: limits.mediaTypeHint ?? '415 Unsupported Media Type' }, 'media_type');
}

function admitAddress(
  addresses: Map<string, number>,
  request: FastifyRequest,
  reply: FastifyReply,
  most: number,
): void {
  const address = request.ip;
  const present = addresses.get(address) ?? 0;
  if (present >= most) {
    void reply.header('connection', 'close');
    throw new Unavailable('Too many requests at once from this address.');
  }
  addresses.set(address, present + 1);
  whenOver(reply, () => {
    const left = (addresses.get(address) ?? 1) - 1;
    if (left > 0) addresses.set(address, left);
    else addresses.delete(address);
  });
}

function endAt(ms: number, request: FastifyRequest, reply: FastifyReply, payload: NodeJS.ReadableStream): void {
  const late = new Problem(408, { message: '408 Request Timeout' }, 'body_too_slow');
  const timer = setTimeout(() => breakOff(request, reply, late), ms);
  payload.once('end', () => clearTimeout(timer));
  whenOver(reply, () => clearTimeout(timer));
}

// The rest of the body is not wanted: answer, then close the connection under it.
function breakOff(request: FastifyRequest, reply: FastifyReply, problem: Problem): void {
  if (reply.sent) return;
  reply.hijack();
  const body = JSON.stringify(problem.body);
  reply.raw.writeHead(problem.status, { ...problem.headers, 'content-type': 'application/json', connection: 'close' });
  reply.raw.end(body, () => request.raw.socket.destroySoon());
}

// `close` comes once, whether the answer was sent or the client went away.
function whenOver(reply: FastifyReply, act: () => void): void {
  reply.raw.once('close', act);
}

function asList<T>(hooks: T | T[] | undefined): T[] {
  if (hooks === undefined) return [];
  return Array.isArray(hooks) ? hooks : [hooks];
}
