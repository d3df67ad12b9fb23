import type { FastifyInstance } from 'fastify';
import type { RequestFault } from '../http/faults.js';
import type { NarrowedKind } from '../state/wide.js';
import type { Switches } from '../state/switches.js';
import type { DeliveryFaultRule } from '../webhooks/delivery-faults.js';
import type { Delivery } from '../webhooks/delivery-log.js';
import { type HookOwner, hookOfApp, hookOfRepository } from '../webhooks/hook-owner.js';
import type { World } from '../world.js';
import { issuedSecrets } from './secrets.js';
import type { SentDelivery } from './wire.js';

/** The clock, the switches, faults, and everything that was seen, sent and issued. */
export function observeRoutes(server: FastifyInstance, world: World): void {
  server.get('/clock', () => ({ now: world.clock.iso(), nowMs: world.clock.now() }));
  server.post<{ Body: { ms: number } }>('/clock/advance', (request) => {
    world.clock.advance(request.body.ms);
    return { now: world.clock.iso(), nowMs: world.clock.now() };
  });

  server.get('/switches', () => world.switches);
  server.patch<{ Body: Partial<Switches> }>('/switches', (request) => Object.assign(world.switches, request.body));

  server.get<{ Querystring: { since?: string; method?: string; route?: string; path?: string } }>(
    '/received',
    (request) => {
      const { since, ...rest } = request.query;
      return world.received.list({ ...rest, ...(since === undefined ? {} : { since: Number(since) }) });
    },
  );
  server.get('/contract-violations', () => world.received.contractViolations);
  server.delete('/received', (_request, reply) => {
    world.received.clear();
    return reply.code(204).send();
  });

  server.get<{ Querystring: { event?: string; guid?: string } }>('/deliveries', (request) =>
    world.hooks.log
      .all()
      .filter((each) => request.query.event === undefined || each.event === request.query.event)
      .filter((each) => request.query.guid === undefined || each.guid === request.query.guid)
      .map((each) => represent(world, each)),
  );
  server.post('/deliveries/settle', async (_request, reply) => {
    await world.hooks.settled();
    return reply.code(204).send();
  });
  server.post<{ Params: { id: string } }>('/deliveries/:id/redeliver', async (request, reply) => {
    const earlier = world.hooks.log.all().find((each) => String(each.id) === request.params.id);
    const owner = earlier && ownerOf(world, earlier);
    if (!owner) return reply.code(404).send({ error: `There is no delivery ${request.params.id}` });
    return represent(world, await world.hooks.redeliver(owner, earlier));
  });

  server.post<{ Body: { value: string } }>('/tokens/end', (request, reply) => {
    const access = world.tokens.access.get(request.body.value);
    const refresh = world.tokens.refresh.get(request.body.value);
    if (access) world.tokens.end(access);
    if (refresh) refresh.endedAt ??= world.clock.now();
    return reply.code((access ?? refresh) ? 204 : 404).send();
  });

  server.get('/secrets', () => issuedSecrets(world));

  faultRoutes(server, world);
}

function faultRoutes(server: FastifyInstance, world: World): void {
  server.get('/faults', () =>
    world.faults.list().map(({ left, ...fault }) => ({ ...fault, left: left === Infinity ? null : left })),
  );
  server.post<{ Body: RequestFault }>('/faults', (request) => ({ id: world.faults.add(request.body) }));
  server.delete('/faults', (_request, reply) => {
    world.faults.clear();
    world.hooks.faults.clear();
    world.wide.clear();
    return reply.code(204).send();
  });
  server.delete<{ Params: { id: string } }>('/faults/:id', (request, reply) => {
    world.faults.remove(Number(request.params.id));
    return reply.code(204).send();
  });
  server.put<{ Body: { ms: number } }>('/delay', (request, reply) => {
    world.faults.delayAllMs = request.body.ms;
    return reply.code(204).send();
  });
  server.post<{ Body: DeliveryFaultRule }>('/delivery-faults', (request, reply) => {
    world.hooks.faults.add(request.body);
    return reply.code(204).send();
  });
  server.post<{ Body: { kind: NarrowedKind; times?: number } }>('/wide-tokens', (request, reply) => {
    world.wide.arm(request.body.kind, request.body.times ?? 1);
    return reply.code(204).send();
  });
  server.put<{ Params: { budget: string }; Body: { perHour: number } }>('/rate-limits/:budget', (request, reply) => {
    world.limits.setLimit(request.params.budget, request.body.perHour);
    return reply.code(204).send();
  });
  server.delete('/rate-limits', (_request, reply) => {
    world.limits.reset();
    return reply.code(204).send();
  });
}

/** Whose hook it went to, where that is still there. */
function ownerOf(world: World, delivery: Delivery): HookOwner | undefined {
  const app = world.store.apps.get(delivery.appId ?? 0);
  const hook = world.store.repositoryHooks.get(delivery.hookId);
  return app ? hookOfApp(app) : hook && hookOfRepository(hook);
}

function represent(world: World, delivery: Delivery): SentDelivery {
  return {
    id: String(delivery.id),
    guid: delivery.guid,
    app: world.store.apps.get(delivery.appId ?? 0)?.slug ?? '',
    hookId: delivery.hookId,
    event: delivery.event,
    action: delivery.action,
    redelivery: delivery.redelivery,
    deliveredAt: new Date(delivery.deliveredAt).toISOString(),
    sentNs: delivery.sentNs === null ? null : String(delivery.sentNs),
    answeredNs: delivery.answeredNs === null ? null : String(delivery.answeredNs),
    statusCode: delivery.statusCode,
    status: delivery.status,
    done: delivery.done,
    payload: parsed(delivery.json),
    requestHeaders: delivery.requestHeaders,
    responseBody: delivery.responseBody,
  };
}

function parsed(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString('utf8'));
  } catch {
    return { base64: payload.toString('base64') };
  }
}
