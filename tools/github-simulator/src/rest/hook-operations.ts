import { GitHubError } from '../http/github-error.js';
import { type HookOwner, hookOfApp } from '../webhooks/hook-owner.js';
import { changeConfig, getDelivery, listDeliveries, redeliver, representConfig } from './delivery-answers.js';
import type { Answer, Call, Operation } from './operation.js';

function own(call: Call): HookOwner {
  if (call.principal.kind !== 'app') throw new GitHubError(401, 'A JSON web token could not be decoded');
  return hookOfApp(call.principal.app);
}

function changed(call: Call): Answer {
  changeConfig(own(call), call.body);
  return { status: 200, body: representConfig(own(call)) };
}

const log = '/app/hook/deliveries';

/** The delivery log and the settings of an App's hook. */
export const hookOperations: Operation[] = [
  { method: 'GET', path: log, askers: ['app'], handle: (call) => listDeliveries(call, own(call)) },
  { method: 'GET', path: `${log}/{delivery_id}`, askers: ['app'], handle: (call) => getDelivery(call, own(call)) },
  {
    method: 'POST',
    path: `${log}/{delivery_id}/attempts`,
    askers: ['app'],
    handle: (call) => redeliver(call, own(call)),
  },
  {
    method: 'GET',
    path: '/app/hook/config',
    askers: ['app'],
    handle: (call) => ({ status: 200, body: representConfig(own(call)) }),
  },
  { method: 'PATCH', path: '/app/hook/config', askers: ['app'], handle: changed },
];
