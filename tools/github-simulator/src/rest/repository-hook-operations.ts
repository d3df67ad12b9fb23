import { announceRepositoryPing } from '../webhooks/announce.js';
import { hookOfRepository } from '../webhooks/hook-owner.js';
import { GitHubError, notFound } from '../http/github-error.js';
import { announceLatest } from '../git/push-events.js';
import { representRepository } from '../represent/repository.js';
import type { Account, RepositoryHook } from '../state/model.js';
import { changeConfig, getDelivery, listDeliveries, redeliver, representConfig } from './delivery-answers.js';
import {
  type Answer,
  anyToken,
  type Operation,
  paged,
  type RepositoryCall,
  type RepositoryOperation,
} from './operation.js';
import { isPerson } from './principal.js';

/** More hooks than this cannot listen to one event. */
const hooksOfEventMax = 20;

function invalid(field: string, message: string): GitHubError {
  return new GitHubError(422, 'Validation Failed', [{ resource: 'Hook', code: 'custom', field, message }]);
}

function hookOf(call: RepositoryCall): RepositoryHook {
  const hook = call.world.store.repositoryHooks.get(Number(call.params['hook_id']));
  if (hook?.repositoryId !== call.repository.id) throw notFound();
  return hook;
}

function represent(call: RepositoryCall, hook: RepositoryHook): Record<string, unknown> {
  const { world, repository } = call;
  const url = `${world.addresses.api}/repos/${world.store.fullName(repository)}/hooks/${hook.id}`;
  return {
    type: 'Repository',
    id: hook.id,
    name: 'web',
    active: hook.active,
    events: hook.events,
    config: representConfig(hookOfRepository(hook)),
    created_at: world.clock.iso(hook.createdAt),
    updated_at: world.clock.iso(hook.updatedAt),
    url,
    test_url: `${url}/test`,
    ping_url: `${url}/pings`,
    deliveries_url: `${url}/deliveries`,
    last_response: lastResponse(call, hook),
  };
}

function lastResponse(call: RepositoryCall, hook: RepositoryHook): Record<string, unknown> {
  const [last] = call.world.hooks.log.ofHook(hook.id, call.world.clock.now());
  if (!last) return { code: null, status: 'unused', message: null };
  const arrived = last.statusCode >= 200 && last.statusCode < 300;
  return { code: last.statusCode, status: arrived ? 'active' : 'failed', message: last.status };
}

function sender(call: RepositoryCall): Account {
  const { principal, world } = call;
  if (isPerson(principal)) return world.store.account(principal.token.userId);
  return world.store.account(call.repository.ownerId);
}

function ping(call: RepositoryCall, hook: RepositoryHook): void {
  const { world, repository } = call;
  announceRepositoryPing(world, repository, hook, {
    hook: represent(call, hook),
    repository: representRepository(world.store, repository, world.addresses),
    sender: sender(call),
  });
}

function eventsOf(body: Record<string, unknown>): string[] | null {
  const { events } = body;
  return Array.isArray(events) ? [...new Set(events.map(String))] : null;
}

function refuseTooMany(call: RepositoryCall, events: string[]): void {
  for (const event of events) {
    const listening = call.world.store.hooksOf(call.repository).filter((hook) => hook.events.includes(event));
    if (listening.length >= hooksOfEventMax) {
      throw invalid('base', `The "${event}" event cannot have more than ${hooksOfEventMax} hooks`);
    }
  }
}

function create(call: RepositoryCall): Answer {
  const { world, repository, body } = call;
  const config = (body['config'] ?? {}) as Record<string, unknown>;
  if (body['name'] !== undefined && body['name'] !== 'web') throw invalid('name', 'name must be web');
  if (typeof config['url'] !== 'string' || !/^https?:\/\//.test(config['url'])) throw invalid('url', 'url is missing');
  const events = eventsOf(body) ?? ['push'];
  const twin = world.store
    .hooksOf(repository)
    .some((hook) => hook.url === config['url'] && hook.events.toSorted().join() === events.toSorted().join());
  if (twin) throw new GitHubError(422, 'Validation Failed', [hookExists]);
  refuseTooMany(call, events);
  const now = world.clock.now();
  const hook: RepositoryHook = {
    id: world.store.id(),
    repositoryId: repository.id,
    url: '',
    active: body['active'] !== false,
    secret: null,
    // GitHub's own default.
    contentType: 'form',
    insecureSsl: '0',
    events,
    createdAt: now,
    updatedAt: now,
  };
  changeConfig(hookOfRepository(hook), config);
  world.store.repositoryHooks.set(hook.id, hook);
  ping(call, hook);
  return { status: 201, body: represent(call, hook) };
}

const hookExists = { resource: 'Hook', code: 'custom', message: 'Hook already exists on this repository' };

function change(call: RepositoryCall): Answer {
  const { world, body } = call;
  const hook = hookOf(call);
  const named = (list: string): string[] => (Array.isArray(body[list]) ? (body[list] as string[]) : []);
  const events = new Set([...(eventsOf(body) ?? hook.events), ...named('add_events')]);
  for (const event of named('remove_events')) events.delete(event);
  refuseTooMany(
    call,
    [...events].filter((event) => !hook.events.includes(event)),
  );
  hook.events = [...events];
  if (typeof body['active'] === 'boolean') hook.active = body['active'];
  if (body['config'] !== undefined) {
    // What a new config does not name is taken away, the secret as well.
    Object.assign(hook, { secret: null, contentType: 'form', insecureSsl: '0' });
    changeConfig(hookOfRepository(hook), body['config'] as Record<string, unknown>);
  }
  hook.updatedAt = world.clock.now();
  return { status: 200, body: represent(call, hook) };
}

function remove(call: RepositoryCall): Answer {
  call.world.store.repositoryHooks.delete(hookOf(call).id);
  return { status: 204 };
}

function list(call: RepositoryCall): Answer {
  const { items, headers } = paged(call, call.world.store.hooksOf(call.repository));
  return { status: 200, headers, body: items.map((hook) => represent(call, hook)) };
}

function pinged(call: RepositoryCall): Answer {
  ping(call, hookOf(call));
  return { status: 204 };
}

/** The latest push once more, to this hook alone; nothing for a hook that does not hear pushes. */
async function tested(call: RepositoryCall): Promise<Answer> {
  const hook = hookOf(call);
  const hears = hook.events.includes('push') || hook.events.includes('*');
  if (hears) await announceLatest(call.world, call.repository, hook, sender(call));
  return { status: 204 };
}

function changedConfig(call: RepositoryCall): Answer {
  const hook = hookOf(call);
  changeConfig(hookOfRepository(hook), call.body);
  hook.updatedAt = call.world.clock.now();
  return { status: 200, body: representConfig(hookOfRepository(hook)) };
}

type Handler = RepositoryOperation['inRepository'];

function operation(method: Operation['method'], rest: string, inRepository: Handler): RepositoryOperation {
  const level = method === 'GET' ? 'read' : 'write';
  return {
    method,
    path: `/repos/{owner}/{repo}/hooks${rest}`,
    askers: anyToken,
    need: { permission: 'repository_hooks', level },
    inRepository,
  };
}

const one = '/{hook_id}';

/** Hooks of a repository: how a server without an App hears of pushes. */
export const repositoryHookOperations: Operation[] = [
  operation('GET', '', list),
  operation('POST', '', create),
  operation('GET', one, (call) => ({ status: 200, body: represent(call, hookOf(call)) })),
  operation('PATCH', one, change),
  operation('DELETE', one, remove),
  operation('POST', `${one}/pings`, pinged),
  operation('POST', `${one}/tests`, tested),
  operation('GET', `${one}/config`, (call) => ({
    status: 200,
    body: representConfig(hookOfRepository(hookOf(call))),
  })),
  operation('PATCH', `${one}/config`, changedConfig),
  operation('GET', `${one}/deliveries`, (call) => listDeliveries(call, hookOfRepository(hookOf(call)))),
  operation('GET', `${one}/deliveries/{delivery_id}`, (call) => getDelivery(call, hookOfRepository(hookOf(call)))),
  operation('POST', `${one}/deliveries/{delivery_id}/attempts`, (call) =>
    redeliver(call, hookOfRepository(hookOf(call))),
  ),
];
