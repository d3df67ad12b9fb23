import { notFound } from '../http/github-error.js';
import type { Delivery } from '../webhooks/delivery-log.js';
import type { HookOwner } from '../webhooks/hook-owner.js';
import type { Answer, Call } from './operation.js';

/** Digits of a number that JavaScript cannot hold go out as they are. */
function exactInteger(value: bigint): unknown {
  return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(String(value));
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

/** A hook's delivery log, newest first, page by page over a cursor. */
export function listDeliveries(call: Call, { hook }: HookOwner): Answer {
  const { world, query } = call;
  const perPage = Math.min(100, Math.max(1, Number(query.get('per_page') ?? 30) || 30));
  let all = world.hooks.log.ofHook(hook.id, world.clock.now());
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
    headers['link'] = `<${world.addresses.api}${call.path}?${next.toString()}>; rel="next"`;
  }
  return { status: 200, headers, body: page.map((each) => representItem(call, each)) };
}

function ownDelivery(call: Call, { hook }: HookOwner): Delivery {
  const text = call.params['delivery_id'] ?? '';
  const found = /^\d+$/.test(text) && call.world.hooks.log.find(hook.id, BigInt(text), call.world.clock.now());
  if (!found) throw notFound();
  return found;
}

/** One delivery with what was sent and answered. */
export function getDelivery(call: Call, owner: HookOwner): Answer {
  const delivery = ownDelivery(call, owner);
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
    return JSON.parse(delivery.json.toString('utf8'));
  } catch {
    return null;
  }
}

/** As the button: the same delivery once more. */
export function redeliver(call: Call, owner: HookOwner): Answer {
  void call.world.hooks.redeliver(owner, ownDelivery(call, owner));
  return { status: 202, body: {} };
}

/** `config` as it is answered: a secret never, only that there is one. */
export function representConfig({ hook }: HookOwner): Record<string, unknown> {
  return {
    content_type: hook.contentType,
    insecure_ssl: hook.insecureSsl,
    url: hook.url,
    ...(hook.secret ? { secret: '********' } : {}),
  };
}

/** Takes over what a `config` names, and leaves the rest. */
export function changeConfig({ hook }: HookOwner, config: Record<string, unknown>): void {
  const { url, content_type: contentType, secret, insecure_ssl: insecure } = config;
  if (typeof url === 'string') hook.url = url;
  if (contentType === 'json' || contentType === 'form') hook.contentType = contentType;
  if (typeof secret === 'string') hook.secret = secret === '' ? null : secret;
  if (insecure !== undefined) hook.insecureSsl = insecure === 1 || insecure === '1' ? '1' : '0';
}
