import { GitHubError, notFound } from '../http/github-error.js';
import type { App } from '../state/model.js';
import type { Delivery } from '../webhooks/delivery-log.js';
import type { Answer, Call, Operation } from './operation.js';

/** Digits of a number that JavaScript cannot hold go out as they are. */
function exactInteger(value: bigint): unknown {
  return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(String(value));
}

function appOf(call: Call): App {
  if (call.principal.kind !== 'app') throw new GitHubError(401, 'A JSON web token could not be decoded');
  return call.principal.app;
}

function representItem(call: Call, delivery: Delivery): Record<string, unknown> {
  return {
    id: exactInteger(delivery.id),
    guid: delivery.guid,
    delivered_at: new Date(delivery.deliveredAt).toISOString(),
    redelivery: delivery.redelivery,
    duration: Math.round(delivery.durationS * 100) / 100,
    status: delivery.status,
    status_code: delivery.statusCode,
    event: delivery.event,
    action: delivery.action,
    installation_id: delivery.installationId,
    repository_id: delivery.repositoryId,
    throttled_at: null,
    ...(call.params['delivery_id'] ? { url: delivery.url } : {}),
  };
}

function listDeliveries(call: Call): Answer {
  const { world, query } = call;
  const perPage = Math.min(100, Math.max(1, Number(query.get('per_page') ?? 30) || 30));
  let all = world.hooks.log.ofApp(appOf(call).id, world.clock.now());
  const status = query.get('status');
  if (status === 'failure') all = all.filter((each) => each.statusCode >= 400 && each.statusCode < 600);
  if (status === 'success') all = all.filter((each) => each.statusCode >= 200 && each.statusCode < 400);
  const cursor = query.get('cursor');
  if (cursor !== null) all = all.filter((each) => each.id < BigInt(/^v1_(\d+)$/.exec(cursor)?.[1] ?? '0'));
  const page = all.slice(0, perPage);
  const last = page.at(-1);
  const headers: Record<string, string> = {};
  if (last && all.length > perPage) {
    const next = new URLSearchParams(query);
    next.set('cursor', `v1_${last.id}`);
    headers['link'] = `<${world.addresses.api}/app/hook/deliveries?${next.toString()}>; rel="next"`;
  }
  return { status: 200, headers, body: page.map((each) => representItem(call, each)) };
}

function ownDelivery(call: Call): Delivery {
  const text = call.params['delivery_id'] ?? '';
  const found = /^\d+$/.test(text) && call.world.hooks.log.find(appOf(call).id, BigInt(text), call.world.clock.now());
  if (!found) throw notFound();
  return found;
}

function getDelivery(call: Call): Answer {
  const delivery = ownDelivery(call);
  return {
    status: 200,
    body: {
      ...representItem(call, delivery),
      request: { headers: delivery.requestHeaders, payload: parsed(delivery) },
      response: { headers: delivery.responseHeaders, payload: delivery.responseBody },
    },
  };
}

function parsed(delivery: Delivery): unknown {
  try {
    return JSON.parse(delivery.payload.toString('utf8'));
  } catch {
    return null;
  }
}

function redeliver(call: Call): Answer {
  void call.world.hooks.redeliver(appOf(call), ownDelivery(call));
  return { status: 202, body: {} };
}

function hookConfig(call: Call): Record<string, unknown> {
  const { hook } = appOf(call);
  return {
    content_type: hook.contentType,
    insecure_ssl: hook.insecureSsl,
    url: hook.url,
    ...(hook.secret ? { secret: '********' } : {}),
  };
}

function changeHookConfig(call: Call): Answer {
  const { hook } = appOf(call);
  const { url, content_type: contentType, secret, insecure_ssl: insecure } = call.body;
  if (typeof url === 'string') hook.url = url;
  if (contentType === 'json' || contentType === 'form') hook.contentType = contentType;
  if (typeof secret === 'string') hook.secret = secret;
  if (insecure !== undefined) hook.insecureSsl = insecure === 1 || insecure === '1' ? '1' : '0';
  return { status: 200, body: hookConfig(call) };
}

/** The delivery log and the settings of an App's hook. */
export const hookOperations: Operation[] = [
  { method: 'GET', path: '/app/hook/deliveries', askers: ['app'], handle: listDeliveries },
  { method: 'GET', path: '/app/hook/deliveries/{delivery_id}', askers: ['app'], handle: getDelivery },
  { method: 'POST', path: '/app/hook/deliveries/{delivery_id}/attempts', askers: ['app'], handle: redeliver },
  {
    method: 'GET',
    path: '/app/hook/config',
    askers: ['app'],
    handle: (call) => ({ status: 200, body: hookConfig(call) }),
  },
  { method: 'PATCH', path: '/app/hook/config', askers: ['app'], handle: changeHookConfig },
];
