import { GitHubError, notFound } from '../http/github-error.js';
import { organizationSimple, simpleUser } from '../represent/account.js';
import { representRepository } from '../represent/repository.js';
import { hasScope } from '../oauth/scopes.js';
import type { Account, Repository } from '../state/model.js';
import {
  type Answer,
  anybody,
  type Asker,
  type Call,
  type Operation,
  paged,
  type RepositoryCall,
} from './operation.js';
import { signedIn } from './people-operations.js';

/** An App's tokens ask for installations instead. */
const people: Asker[] = ['personal', 'oauth'];

function needScope(call: Call, ...scopes: string[]): void {
  const { principal } = call;
  if (principal.kind !== 'oauth' || scopes.some((scope) => hasScope(principal.token.scopes, scope))) return;
  throw notFound();
}

function seesPrivate({ principal }: Call): boolean {
  return principal.kind !== 'oauth' || hasScope(principal.token.scopes, 'repo');
}

/** What a person owns, was invited to, or has by an organisation, as `affiliation` and `visibility` ask. */
function repositories(call: Call): Answer {
  const { store, addresses } = call.world;
  const person = signedIn(call);
  const wanted = call.query.get('visibility') ?? call.query.get('type') ?? 'all';
  const found = [...store.repositories.values()]
    .filter((each) => store.explicitRoleOf(person.id, each) !== 'none')
    .filter((each) => !each.private || seesPrivate(call))
    .filter((each) => (wanted !== 'private' && wanted !== 'public') || each.private === (wanted === 'private'))
    .sort(byName((each) => store.fullName(each)));
  const { items, headers } = paged(call, found);
  const represent = (each: Repository): unknown =>
    representRepository(store, each, addresses, store.roleOf(person.id, each));
  return { status: 200, headers, body: items.map(represent) };
}

function byName<T>(nameOf: (one: T) => string): (a: T, b: T) => number {
  return (a, b) => nameOf(a).localeCompare(nameOf(b));
}

function emails(call: Call): Answer {
  needScope(call, 'user:email');
  const { email } = signedIn(call);
  return { status: 200, body: [{ email, primary: true, verified: true, visibility: 'public' }] };
}

function organizations(call: Call): Answer {
  const { store, addresses } = call.world;
  const person = signedIn(call);
  const own = [...store.accounts.values()].filter((each) => each.members.has(person.id));
  const { items, headers } = paged(call, own);
  return { status: 200, headers, body: items.map((each) => organizationSimple(each, addresses)) };
}

function organization(call: Call): Account {
  const found = call.world.store.accountByLogin(call.params['org'] ?? '');
  if (found?.type !== 'Organization') throw notFound();
  return found;
}

function membership(call: Call): Answer {
  needScope(call, 'read:org');
  const { addresses } = call.world;
  const org = organization(call);
  const person = signedIn(call);
  const role = org.members.get(person.id);
  if (!role) throw new GitHubError(404, 'Not Found');
  const body = organizationSimple(org, addresses);
  return {
    status: 200,
    body: {
      url: `${String(body['url'])}/memberships/${person.login}`,
      state: 'active',
      role,
      organization_url: body['url'],
      organization: body,
      user: simpleUser(person, addresses),
    },
  };
}

async function branches(call: RepositoryCall): Promise<Answer> {
  const { world, repository } = call;
  const refs = await world.git(repository).refs('refs/heads/');
  const { items, headers } = paged(call, [...refs]);
  const api = `${world.addresses.api}/repos/${world.store.fullName(repository)}`;
  const body = items.map(([ref, sha]) => ({
    name: ref.replace('refs/heads/', ''),
    commit: { sha, url: `${api}/commits/${sha}` },
    protected: false,
  }));
  return { status: 200, headers, body };
}

const read = { permission: 'contents', level: 'read' } as const;

/** What a server without an App asks to find a person's repositories. */
export const membershipOperations: Operation[] = [
  { method: 'GET', path: '/user/repos', askers: people, handle: repositories },
  { method: 'GET', path: '/user/emails', askers: people, handle: emails },
  { method: 'GET', path: '/user/orgs', askers: people, handle: organizations },
  { method: 'GET', path: '/user/memberships/orgs/{org}', askers: people, handle: membership },
  { method: 'GET', path: '/repos/{owner}/{repo}/branches', askers: anybody, need: read, inRepository: branches },
  {
    method: 'GET',
    path: '/repos/{owner}/{repo}/pulls',
    askers: anybody,
    need: read,
    // There are none here.
    inRepository: () => ({ status: 200, body: [] }),
  },
];
