import { GitHubError } from '../http/github-error.js';
import { nodeId, simpleUser } from '../represent/account.js';
import { representRepository } from '../represent/repository.js';
import type { Account, CommitState, Status } from '../state/model.js';
import { type Answer, anybody, anyToken, type Operation, paged, type RepositoryCall } from './operation.js';
import { noCommit, visibleCommit } from './revisions.js';

const descriptionMax = 140;
const perContextMax = 1000;

function asker(call: RepositoryCall): Account {
  const { store } = call.world;
  switch (call.principal.kind) {
    case 'installation':
      return store.account(store.apps.get(call.principal.token.appId)?.botId ?? 0);
    case 'user':
    case 'personal':
    case 'oauth':
      return store.account(call.principal.token.userId);
    case 'anonymous':
    case 'app':
    case 'client':
      throw new GitHubError(401, 'Requires authentication');
  }
}

function invalid(field: string, message: string): GitHubError {
  return new GitHubError(422, 'Validation Failed', [{ resource: 'Status', code: 'custom', field, message }]);
}

async function createStatus(call: RepositoryCall): Promise<Answer> {
  const { world, repository } = call;
  const sha = call.params['sha'] ?? '';
  const commit = /^[0-9a-f]{40}$/.test(sha) ? await visibleCommit(world, repository, sha) : null;
  if (commit === null) throw noCommit(sha);
  const { state, description, target_url: targetUrl, context } = call.body;
  if (typeof description === 'string' && [...description].length > descriptionMax) {
    throw invalid('description', `description is too long (maximum is ${descriptionMax} characters)`);
  }
  const name = typeof context === 'string' && context !== '' ? context : 'default';
  const ofCommit = repository.statusesOf.get(commit) ?? [];
  const sameContext = ofCommit.filter((each) => sameName(each.context, name));
  if (sameContext.length >= perContextMax) {
    throw invalid('base', 'This SHA and context has reached the maximum number of statuses.');
  }
  const status: Status = {
    id: world.store.id(),
    sha: commit,
    state: state as CommitState,
    context: name,
    description: typeof description === 'string' ? description : null,
    targetUrl: typeof targetUrl === 'string' ? targetUrl : null,
    creatorId: asker(call).id,
    createdAt: world.clock.now(),
    receivedNs: process.hrtime.bigint(),
  };
  repository.statuses.push(status);
  repository.statusesOf.set(commit, [...ofCommit, status]);
  return { status: 201, body: represent(call, status) };
}

function sameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

function represent(call: RepositoryCall, status: Status): Record<string, unknown> {
  const { world, repository } = call;
  const creator = world.store.account(status.creatorId);
  return {
    url: `${world.addresses.api}/repos/${world.store.fullName(repository)}/statuses/${status.sha}`,
    avatar_url: `${world.addresses.web}/avatars/${creator.id}`,
    id: status.id,
    node_id: nodeId('SC', status.id),
    state: status.state,
    description: status.description,
    target_url: status.targetUrl,
    context: status.context,
    created_at: world.clock.iso(status.createdAt),
    updated_at: world.clock.iso(status.createdAt),
    creator: simpleUser(creator, world.addresses),
  };
}

async function of(call: RepositoryCall): Promise<{ sha: string; newestFirst: Status[] }> {
  const revision = call.params['ref'] ?? '';
  const sha = await visibleCommit(call.world, call.repository, revision);
  if (sha === null) throw new GitHubError(404, `No commit found for SHA: ${revision}`);
  return { sha, newestFirst: [...(call.repository.statusesOf.get(sha) ?? [])].reverse() };
}

async function listStatuses(call: RepositoryCall): Promise<Answer> {
  const { items, headers } = paged(call, (await of(call)).newestFirst);
  return { status: 200, headers, body: items.map((each) => represent(call, each)) };
}

/** The newest of each context, and the state that they make together. */
async function combined(call: RepositoryCall): Promise<Answer> {
  const { sha, newestFirst } = await of(call);
  const latest = newestFirst.filter(
    (each, index) => newestFirst.findIndex((other) => sameName(other.context, each.context)) === index,
  );
  const states = new Set(latest.map((each) => each.state));
  const failed = states.has('failure') || states.has('error');
  const pending = states.has('pending') || latest.length === 0;
  const api = `${call.world.addresses.api}/repos/${call.world.store.fullName(call.repository)}`;
  const { items, headers } = paged(call, latest);
  return {
    status: 200,
    headers,
    body: {
      state: failed ? 'failure' : pending ? 'pending' : 'success',
      statuses: items.map((each) => represent(call, each)),
      sha,
      total_count: latest.length,
      repository: representRepository(call.world.store, call.repository, call.world.addresses),
      commit_url: `${api}/commits/${sha}`,
      url: `${api}/commits/${sha}/status`,
    },
  };
}

const read = { permission: 'statuses', level: 'read' } as const;
const write = { permission: 'statuses', level: 'write' } as const;
const repo = '/repos/{owner}/{repo}';

export const statusOperations: Operation[] = [
  {
    method: 'POST',
    path: `${repo}/statuses/{sha}`,
    askers: anyToken,
    need: write,
    content: true,
    inRepository: createStatus,
  },
  { method: 'GET', path: `${repo}/commits/{ref}/statuses`, askers: anybody, need: read, inRepository: listStatuses },
  { method: 'GET', path: `${repo}/commits/{ref}/status`, askers: anybody, need: read, inRepository: combined },
];
